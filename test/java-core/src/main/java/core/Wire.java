package core;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.generic.GenericRecordBuilder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/** The registry's wire format by hand: 0, the schema id in 4 bytes big-endian, the record in Avro. */
final class Wire {
    static final ObjectMapper json = new ObjectMapper();
    private static final GenericData data = new GenericData();

    static {
        data.addLogicalTypeConversion(new Conversions.DecimalConversion());
    }

    private final HttpClient http = HttpClient.newHttpClient();
    private final String registry;
    private final Schema update;
    private final int updateId;
    private final Schema verdict;

    Wire(String registry, String topic, Path schemas) throws IOException, InterruptedException {
        this.registry = registry;
        var file = schemas.resolve("clients/ClientsUpdate.avsc");
        update = new Schema.Parser().parse(file.toFile());
        verdict = new Schema.Parser().parse(schemas.resolve("verdicts/Verdict.avsc").toFile());
        var schema = json.writeValueAsString(Map.of("schema", json.readTree(Files.readString(file)).toString()));
        updateId = call("/subjects/" + topic + "-" + update.getFullName(), schema).get("id").intValue();
    }

    byte[] encode(Question question) throws IOException {
        var record = new GenericRecordBuilder(update)
                .set("id", 12L)
                .set("changed_fields", List.of(question.field()))
                .set(question.field(), question.value())
                .build();
        var bytes = new ByteArrayOutputStream();
        var header = new DataOutputStream(bytes);
        header.writeByte(0);
        header.writeInt(updateId);
        var encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
        new GenericDatumWriter<GenericRecord>(update, data).write(record, encoder);
        return bytes.toByteArray();
    }

    GenericRecord decodeVerdict(byte[] value) throws IOException, InterruptedException {
        var writer = new Schema.Parser().parse(call("/schemas/ids/" + idOf(value), null).get("schema").textValue());
        return decode(value, writer, verdict);
    }

    /** The changed record has the schema of the request: the core needs no look-up to read it. */
    GenericRecord decodeData(ByteBuffer buffer) throws IOException {
        byte[] value = new byte[buffer.remaining()];
        buffer.duplicate().get(value);
        if (idOf(value) != updateId) throw new IOException("the data has another schema than the request: " + idOf(value));
        return decode(value, update, update);
    }

    private static GenericRecord decode(byte[] value, Schema writer, Schema reader) throws IOException {
        var decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, null);
        return new GenericDatumReader<GenericRecord>(writer, reader, data).read(null, decoder);
    }

    private static int idOf(byte[] value) throws IOException {
        if (value.length < 5 || value[0] != 0) throw new IOException("not in the registry's wire format");
        return ByteBuffer.wrap(value, 1, 4).getInt();
    }

    private JsonNode call(String path, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(registry + path)).timeout(Duration.ofSeconds(10));
        if (body != null) {
            request.header("content-type", "application/vnd.schemaregistry.v1+json")
                    .POST(HttpRequest.BodyPublishers.ofString(body));
        }
        var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) throw new IOException(path + ": " + response.statusCode() + " " + response.body());
        return json.readTree(response.body());
    }
}
