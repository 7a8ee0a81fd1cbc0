package core;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;

/** Asks in both forms that Spring Kafka offers, and reports each verdict as a line of JSON. */
final class Asker implements AutoCloseable {
    private static final HexFormat hex = HexFormat.of();

    private final String replies;
    private final ReplyingKafkaTemplate<String, byte[], byte[]> template;
    private final Wire wire;
    private final String topic;

    Asker(String replies, ReplyingKafkaTemplate<String, byte[], byte[]> template, Wire wire, String prefix) {
        this.replies = replies;
        this.template = template;
        this.wire = wire;
        this.topic = prefix + ".clients.before";
    }

    /** Headers as bytes. Names its own correlation id too: Spring adds one after it, and the last counts. */
    String askByRecord(Question question) throws Exception {
        byte[] value = wire.encode(question);
        String operation = UUID.randomUUID().toString();
        var record = new ProducerRecord<>(topic, "12", value);
        header(record, "ce_specversion", "1.0");
        header(record, "ce_id", UUID.randomUUID().toString());
        header(record, "ce_type", "clients.update");
        header(record, "ce_source", "/java-core");
        header(record, "ce_time", Instant.now().toString());
        header(record, "ce_subject", "12");
        header(record, "operation_id", operation);
        header(record, "attempt", "2");
        header(record, "base_version", "v7");
        header(record, "deadline_ms", Long.toString(System.currentTimeMillis() + 5_000));
        header(record, "budget_ms", "5000");
        header(record, KafkaHeaders.CORRELATION_ID, "the-core's-own");
        header(record, "unknown", "is ignored");
        var future = template.sendAndReceive(record);
        var reply = future.get(30, TimeUnit.SECONDS);
        var sent = future.getSendFuture().get().getProducerRecord();
        var names = Wire.json.createArrayNode();
        reply.headers().forEach(header -> names.add(header.key()));
        return report("record", question, value, operation, reply.value())
                .put("same_correlation_id", java.util.Arrays.equals(
                        sent.headers().lastHeader(KafkaHeaders.CORRELATION_ID).value(),
                        reply.headers().lastHeader(KafkaHeaders.CORRELATION_ID).value()))
                .put("reply_key", reply.key())
                .put("reply_partition", reply.partition())
                .set("reply_headers", names)
                .toString();
    }

    /** Headers as objects: Spring writes them as JSON, with quotes, and says so in spring_json_header_types. */
    String askByMessage(Question question) throws Exception {
        byte[] value = wire.encode(question);
        UUID operation = UUID.randomUUID();
        Message<byte[]> message = MessageBuilder.withPayload(value)
                .setHeader(KafkaHeaders.TOPIC, topic)
                .setHeader(KafkaHeaders.KEY, "12")
                .setHeader("ce_specversion", "1.0")
                .setHeader("ce_id", UUID.randomUUID())
                .setHeader("ce_type", "clients.update")
                .setHeader("ce_source", "/java-core")
                .setHeader("ce_time", Instant.parse("2026-01-01T00:00:00.123456789Z"))
                .setHeader("ce_subject", "12")
                .setHeader("operation_id", operation)
                .build();
        var future = template.sendAndReceive(message);
        var reply = future.get(30, TimeUnit.SECONDS);
        var sent = future.getSendFuture().get().getProducerRecord();
        var written = Wire.json.createObjectNode();
        sent.headers().forEach(header -> {
            if (!header.key().startsWith("kafka_")) {
                written.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
        });
        return report("message", question, value, operation.toString(), (byte[]) reply.getPayload())
                .set("written_headers", written)
                .toString();
    }

    private ObjectNode report(String form, Question question, byte[] asked, String operation, byte[] answered)
            throws Exception {
        GenericRecord verdict = wire.decodeVerdict(answered);
        var line = Wire.json.createObjectNode()
                .put("form", form)
                .put("replies", replies)
                .put("question", question.name())
                .put("same_operation", operation.equals(verdict.get("operation_id").toString()))
                .put("same_data_hash", hex.formatHex(MessageDigest.getInstance("SHA-256").digest(asked))
                        .equals(verdict.get("data_hash").toString()))
                .put("attempt", (Integer) verdict.get("attempt"))
                .put("base_version", text(verdict.get("base_version")))
                .put("decision", text(verdict.get("decision")))
                .put("decided_by", text(verdict.get("decided_by")))
                .put("handler", text(verdict.get("handler")));
        var reason = (GenericRecord) verdict.get("reason");
        line.put("reason_code", reason == null ? null : text(reason.get("code")));
        ArrayNode changes = line.putArray("changes");
        for (var change : (Collection<?>) verdict.get("changes")) {
            var changed = (GenericRecord) change;
            changes.add(text(changed.get("path")) + ": " + text(changed.get("from")) + " -> " + text(changed.get("to")));
        }
        var data = (ByteBuffer) verdict.get("data");
        if (data == null) return line.putNull("data");
        GenericRecord changed = wire.decodeData(data);
        var names = line.putObject("data")
                .put("id", (Long) changed.get("id"))
                .put("name", text(changed.get("name")))
                .putArray("changed_fields");
        for (var name : (Collection<?>) changed.get("changed_fields")) names.add(text(name));
        return line;
    }

    private static String text(Object value) {
        return value == null ? null : value.toString();
    }

    private static void header(ProducerRecord<String, byte[]> record, String name, String value) {
        record.headers().add(name, value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws Exception {
        template.stop();
        template.destroy();
    }
}
