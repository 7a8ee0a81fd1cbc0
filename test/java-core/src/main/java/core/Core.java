package core;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.support.TopicPartitionOffset;

/**
 * A billing core in Java that knows the wire contract and nothing else: Spring Kafka's ReplyingKafkaTemplate, Avro, and
 * the registry's HTTP API. Arguments: brokers, registry, topic prefix, folder of the schemas.
 * Prints one JSON object a verdict; ends with 1 when one did not come.
 */
public final class Core {
    private final String brokers;
    private final String verdicts;

    private Core(String brokers, String prefix) {
        this.brokers = brokers;
        this.verdicts = prefix + ".verdicts";
    }

    public static void main(String[] args) throws Exception {
        var core = new Core(args[0], args[2]);
        var wire = new Wire(args[1], args[2] + ".clients.before", Path.of(args[3]));
        var producers = core.producers();
        // As many core instances would do it: each reads a partition of its own, and names it in its requests.
        var pinned = new ContainerProperties(new TopicPartitionOffset(core.verdicts, 1));
        // The simplest setup there is: a group, the reply's key chooses the partition.
        var subscribed = new ContainerProperties(core.verdicts);
        try (var pinnedAsker = new Asker("pinned", core.template(producers, pinned, true), wire, args[2]);
                var subscribedAsker = new Asker("subscribed", core.template(producers, subscribed, false), wire, args[2])) {
            for (var asker : List.of(pinnedAsker, subscribedAsker)) {
                for (var question : Question.all) {
                    System.out.println(asker.askByRecord(question));
                    System.out.println(asker.askByMessage(question));
                }
            }
        } finally {
            producers.destroy();
        }
    }

    private DefaultKafkaProducerFactory<String, byte[]> producers() {
        // Both bounded by the deadline: a send that blocks for max.block.ms would outlast it (60 s by default).
        Map<String, Object> settings = Map.of(
                ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
                ProducerConfig.ACKS_CONFIG, "all",
                ProducerConfig.LINGER_MS_CONFIG, 0,
                ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000);
        return new DefaultKafkaProducerFactory<>(settings, new StringSerializer(), new ByteArraySerializer());
    }

    private ReplyingKafkaTemplate<String, byte[], byte[]> template(
            DefaultKafkaProducerFactory<String, byte[]> producers, ContainerProperties container, boolean binary)
            throws InterruptedException {
        Map<String, Object> settings = Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, brokers,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        container.setGroupId(verdicts + (binary ? "-pinned" : "-subscribed"));
        var consumers = new DefaultKafkaConsumerFactory<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        var template = new ReplyingKafkaTemplate<>(producers, new KafkaMessageListenerContainer<>(consumers, container));
        template.setBinaryCorrelation(binary);
        template.setSharedReplyTopic(true);
        template.setDefaultReplyTimeout(Duration.ofSeconds(20));
        template.afterPropertiesSet();
        template.start();
        if (!template.waitForAssignment(Duration.ofSeconds(20))) {
            throw new IllegalStateException("the reply container got no partitions");
        }
        return template;
    }
}
