package io.tallystick.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.EntryField;
import io.tallystick.ingest.audit.KubernetesReceiver;
import io.tallystick.ingest.audit.VaultReceiver;
import io.tallystick.ingest.cloudevents.CloudEventsReceiver;
import io.tallystick.ingest.config.IngestFile;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.ingest.hec.HecReceiver;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.otlp.OtlpReceiver;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever comes, a receiver has an answer of its protocol, and each document that it takes in
 * becomes a valid event.
 */
class ReceiverFuzzTest {
  private static final int INPUTS = Boolean.getBoolean("tallystick.long") ? 100_000 : 4_000;

  private static final String[] WORDS = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "{}",
    "[]",
    "null",
    "true",
    "1",
    "-1.5e300",
    "1e999999999",
    "9223372036854775808",
    "\"\"",
    "\"x\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"event\"",
    "\"time\"",
    "\"fields\"",
    "\"resourceLogs\"",
    "\"scopeLogs\"",
    "\"logRecords\"",
    "\"body\"",
    "\"attributes\"",
    "\"key\"",
    "\"value\"",
    "\"stringValue\"",
    "\"intValue\"",
    "\"arrayValue\"",
    "\"values\"",
    "\"kvlistValue\"",
    "\"timeUnixNano\"",
    "\"items\"",
    "\"auditID\"",
    "\"stage\"",
    "\"kind\"",
    "\"apiVersion\"",
    "\"audit.k8s.io/v1\"",
    "\"id\"",
    "\"source\"",
    "\"type\"",
    "\"specversion\"",
    "\"data\"",
    "\"request\"",
    "\"acks\"",
    "\"protocol\"",
    "\"otlp\"",
    " ",
    "\n",
    "\u0000",
    "\ufeff",
    "é",
  };

  private static final String[] TYPES = {
    "",
    "application/json",
    "application/x-protobuf",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/x-www-form-urlencoded",
    "text/plain;;",
  };

  private static final String[] WHOLE = {
    "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1\",\"body\":{\"stringValue\":\"x\"},\"attributes\":[{\"key\":\"k\",\"value\":{\"intValue\":\"1\"}}]}]}]}]}",
    "{\"time\":1,\"event\":{\"event_type\":\"a\"},\"fields\":{\"a\":1}}",
    "{\"kind\":\"EventList\",\"items\":[{\"auditID\":\"a\",\"stage\":\"s\",\"verb\":\"get\"}]}",
    "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"data\":{}}",
    "{\"type\":\"request\",\"request\":{\"id\":\"r\"},\"auth\":{}}",
  };

  @TempDir Path folder;

  private List<Receiver> receivers() throws Exception {
    Path secret = folder.resolve("s");
    Files.writeString(secret, "0123456789abcdef\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path file = folder.resolve("i.yaml");
    StringBuilder yaml = new StringBuilder("receivers:\n");
    for (String type : List.of("github", "gitlab", "standard-webhooks")) {
      yaml.append("  - {name: " + type + ", type: " + type + ", key: k, secret_file: s}\n");
    }
    Files.writeString(file, yaml);
    List<Receiver> all =
        new ArrayList<>(
            List.of(
                new OtlpReceiver(),
                new HecReceiver(false),
                new HecReceiver(true),
                new CloudEventsReceiver(),
                new KubernetesReceiver(),
                new VaultReceiver()));
    IngestFile.read(file).stream().map(ReceiverSpec::receiver).forEach(all::add);
    return all;
  }

  private static byte[] body(Random random) {
    return switch (random.nextInt(5)) {
      case 0 -> {
        byte[] bytes = new byte[random.nextInt(60)];
        random.nextBytes(bytes);
        yield bytes;
      }
      case 1 -> mutated(random, WHOLE[random.nextInt(WHOLE.length)].getBytes(UTF_8));
      case 2 -> protobuf(random, 0);
      case 3 ->
          WORDS[random.nextInt(2)]
              .concat(WORDS[2 * random.nextInt(2)].repeat(random.nextInt(2_000)))
              .getBytes(UTF_8);
      default -> {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(40); i > 0; i--) {
          text.append(WORDS[random.nextInt(WORDS.length)]);
        }
        yield text.toString().getBytes(UTF_8);
      }
    };
  }

  private static byte[] mutated(Random random, byte[] bytes) {
    for (int i = random.nextInt(4); i > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return random.nextInt(4) == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes;
  }

  /**
   * Fields of all numbers that logs have, messages in messages, and now and then a wrong length.
   */
  private static byte[] protobuf(Random random, int depth) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = random.nextInt(6); i > 0; i--) {
      int type = new int[] {0, 1, 2, 2, 2, 5, 3}[random.nextInt(random.nextInt(20) == 0 ? 7 : 6)];
      out.write(((1 + random.nextInt(12)) << 3) | type);
      byte[] value =
          depth < 8 && random.nextInt(3) > 0 ? protobuf(random, depth + 1) : "ab".getBytes(UTF_8);
      switch (type) {
        case 0 -> out.write(random.nextInt(128));
        case 1 -> out.writeBytes(new byte[] {1, 2, 3, 4, 5, 6, 7, (byte) random.nextInt(256)});
        case 5 -> out.writeBytes(new byte[] {1, 2, 3, 4});
        default -> {
          int length = Math.min(127, value.length);
          out.write(random.nextInt(40) == 0 ? random.nextInt(256) : length);
          out.write(value, 0, length);
        }
      }
    }
    return out.toByteArray();
  }

  private static Delivery delivery(Random random, Receiver receiver) {
    List<Receiver.Route> routes = receiver.routes();
    Map<String, String> headers = new HashMap<>();
    headers.put("content-type", TYPES[random.nextInt(TYPES.length)]);
    for (String name :
        List.of(
            "x-splunk-request-channel",
            "ce-specversion",
            "ce-id",
            "ce-source",
            "ce-type",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "x-hub-signature-256",
            "x-github-event",
            "x-github-delivery",
            "x-gitlab-token",
            "x-gitlab-event-uuid",
            "idempotency-key",
            "webhook-request-origin")) {
      if (random.nextBoolean()) {
        headers.put(name, new String(body(random), UTF_8));
      }
    }
    return new Delivery(
        routes.get(random.nextInt(routes.size())).path(), Map.of(), headers, "k", body(random));
  }

  @Test
  void whateverComesHasAnAnswerAndBecomesValidEvents() throws Exception {
    Random random = new Random(17);
    List<Receiver> receivers = receivers();
    Intake intake = new Intake("f", Mappings.named("auto"));
    int documents = 0;
    for (int i = 0; i < INPUTS; i++) {
      Receiver receiver = receivers.get(i % receivers.size());
      Delivery delivery = delivery(random, receiver);
      assertThat(receiver.objection(delivery)).isNotNull();
      Received received = receiver.receive(delivery);
      for (Intake.Document document : received.documents()) {
        assertThat(intake.read(document, "key", Map.of(EntryField.TENANT, "t")).eventType())
            .isNotEmpty();
        documents++;
      }
      assertThat(received.reply().get().status()).isIn(200, 204, 400, 413, 415);
      assertThat(receiver.answer(delivery).status()).isBetween(200, 204);
    }
    assertThat(documents).isGreaterThan(INPUTS / 10);
    assertThat(intake.counts().mapped()).isPositive();
    System.out.printf("%d inputs, %d documents, %s%n", INPUTS, documents, intake.counts());
  }
}
