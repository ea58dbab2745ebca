package io.tallystick.forward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.tallystick.forward.Reconciled;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.CefFormat;
import io.tallystick.forward.format.EcsFormat;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.NativeFormat;
import io.tallystick.forward.format.OcsfFormat;
import io.tallystick.forward.net.Certificates;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.LongStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker of Kafka itself. */
class KafkaIT {
  private static final KafkaType TYPE = new KafkaType();
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");

  /** How many offsets are without a record in front of and among these. */
  private static final String NOTE =
      "topic %s: %d offsets at the beginning and %d after it have no";

  @TempDir static Path directory;
  private static Broker broker;

  @BeforeAll
  static void start() throws Exception {
    broker = new Broker(directory);
    broker.createUser();
    secret("scram", Broker.SCRAM_PASSWORD);
    secret("plain", Broker.PLAIN_PASSWORD);
  }

  @AfterAll
  static void stop() throws Exception {
    if (broker != null) {
      broker.close();
    }
  }

  private static void secret(String name, String text) throws Exception {
    Path file = directory.resolve(name);
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static SinkSettings settings(Format format, String topic, Map<String, ?> more) {
    Map<String, Object> values = new HashMap<>();
    values.put("bootstrap_servers", broker.address());
    values.put("topic", topic);
    values.put("tls", false);
    values.put("timeout_seconds", 20);
    values.putAll(more);
    return TestReceiver.settings(directory, format.name(), values);
  }

  private static SinkSettings settings(String topic) {
    return settings(new NativeFormat(), topic, Map.of());
  }

  private static SinkSettings withLogin(String topic, String sasl, String passwordFile) {
    return settings(
        new NativeFormat(),
        topic,
        Map.of(
            "bootstrap_servers",
            "localhost:" + broker.tlsPort,
            "tls",
            true,
            "ca_file",
            "ca.pem",
            "sasl",
            sasl,
            "username",
            Broker.USER,
            "password_file",
            passwordFile));
  }

  private static List<Held> held(SinkSettings settings) throws Exception {
    List<Held> held = new ArrayList<>();
    try (Inventory inventory = TYPE.inventory(settings)) {
      inventory.forEach(held::add);
    }
    return held;
  }

  private static List<Outgoing> records(int count) {
    return Samples.outgoing(new NativeFormat(), count);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }

  @Test
  void everyRecordComesBackInOrderAsItWas() throws Exception {
    for (Format format :
        List.of(new NativeFormat(), new CefFormat(), new EcsFormat(), new OcsfFormat())) {
      String topic = "back-" + format.name();
      broker.createTopic(topic, Map.of());
      SinkSettings settings = settings(format, topic, Map.of());
      List<Outgoing> all = new ArrayList<>(Samples.outgoing(format, 1_000));
      all.add(Samples.outgoing(format, 1_001, Samples.full(7, "deploy", Samples.HOSTILE)));
      all.add(Samples.outgoing(format, 1_002, Samples.longest(8)));
      try (Sink sink = TYPE.open(settings)) {
        assertThat(sink.level()).isEqualTo(Level.CONFIRMED);
        assertThat(TestReceiver.deliver(sink, all, 700)).isEmpty();
      }
      assertThat(held(settings))
          .extracting(each -> text(Objects.requireNonNull(each.body())))
          .containsExactlyElementsOf(
              all.stream().filter(out -> !out.marker()).map(out -> text(out.body())).toList());
    }
  }

  @Test
  void aRecordSaysWhichItIsInItsKeyAndHeaders() throws Exception {
    broker.createTopic("headers", Map.of());
    try (Sink sink = TYPE.open(settings("headers"))) {
      assertThat(TestReceiver.deliver(sink, records(1_000), 500)).isEmpty();
    }
    List<ConsumerRecord<byte[], byte[]>> records = broker.records("headers");
    assertThat(text(records.get(6).key())).isEqualTo("siem/7");
    assertThat(Broker.headers(records.get(6)))
        .containsOnly(
            Map.entry("tallystick.origin", Samples.ORIGIN),
            Map.entry("tallystick.sink", Samples.SINK),
            Map.entry("tallystick.format", "native"),
            Map.entry("tallystick.seq", "7"),
            Map.entry("tallystick.id", "107"),
            Map.entry("tallystick.hash", Samples.hash(107).toString()));
    assertThat(text(records.get(1_000).key())).isEqualTo("siem/marker/1");
    assertThat(Broker.headers(records.get(1_000)))
        .containsEntry("tallystick.marker", "1")
        .doesNotContainKey("tallystick.seq");
  }

  @Test
  void aBrokerThatIsKilledMissesNothingThatItAcknowledged() throws Exception {
    int count = LONG ? 20_000 : 4_000;
    int kills = LONG ? 3 : 1;
    broker.createTopic("killed", Map.of());
    try (Reconciled reconciled =
        new Reconciled(directory, "killed", yaml("killed") + "batch: 20\n", count)) {
      for (int kill = 1; kill <= kills; kill++) {
        while (reconciled.seq() < (long) count * kill / (kills + 1)) {
          Thread.sleep(1);
        }
        broker.process.kill();
        long acknowledged = reconciled.seq();
        assertThat(acknowledged).isLessThan(count);
        broker.process.start();
        assertThat(broker.seqs("killed"))
            .containsAll(LongStream.rangeClosed(1, acknowledged).boxed().toList());
      }
      reconciled.awaitSent();
      ReconciliationReport report = reconciled.reconcile(false);
      assertThat(report.expected()).isEqualTo(count);
      assertThat(report.missingRecords()).isEmpty();
      assertThat(report.alteredRecords()).isEmpty();
      assertThat(report.unknownRecords()).isEmpty();
    }
    // What came twice has the seq it had, and nothing came before what is in front of it.
    Set<Long> seen = new HashSet<>();
    for (long seq : broker.seqs("killed")) {
      assertThat(seen.add(seq) ? seen.size() : seq).isEqualTo(seq);
    }
  }

  private static String yaml(String topic) {
    return """
    type: kafka
    bootstrap_servers: ["%s"]
    topic: %s
    tls: false
    timeout_seconds: 5
    """
        .formatted(broker.address(), topic);
  }

  @Test
  void aRecordThatTheTopicCanNotHoldIsRefusedAlone() throws Exception {
    broker.createTopic("small", Map.of("max.message.bytes", "8192"));
    List<Outgoing> all = new ArrayList<>(records(40));
    all.add(20, Samples.outgoing(new NativeFormat(), 41, Samples.longest(41)));
    try (Sink sink = TYPE.open(settings("small"))) {
      List<Rejected> rejected = sink.send(all).rejected();
      assertThat(rejected).extracting(Rejected::index).containsExactly(20);
      assertThat(rejected.getFirst().reason()).contains("max.message.bytes of topic small");
      assertThat(sink.send(records(2)).rejected()).isEmpty();
    }
    assertThat(new HashSet<>(broker.seqs("small")))
        .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(1, 40).boxed().toList());
  }

  @Test
  void aWrongPasswordIsNamedAndARightOneIsUsedAtOnce() throws Exception {
    broker.createTopic("login", Map.of());
    for (String sasl : List.of("scram-sha-512", "plain")) {
      secret("password", "another password");
      SinkSettings settings = withLogin("login", sasl, "password");
      try (Sink sink = TYPE.open(settings)) {
        assertThatThrownBy(() -> sink.send(records(1)))
            .isInstanceOf(SinkException.class)
            .hasMessage(
                "localhost:%d refuses our login; check sasl, username and password_file"
                    .formatted(broker.tlsPort));
        assertThatThrownBy(() -> held(settings)).hasMessageContaining("refuses our login");
        boolean scram = sasl.startsWith("scram");
        secret("password", scram ? Broker.SCRAM_PASSWORD : Broker.PLAIN_PASSWORD);
        assertThat(sink.send(records(1)).rejected()).isEmpty();
      }
      assertThat(held(settings)).isNotEmpty();
    }
    SinkSettings other = withLogin("login", "scram-sha-256", "scram");
    try (Sink sink = TYPE.open(other)) {
      assertThatThrownBy(() -> sink.send(records(1)))
          .hasMessageContaining("offers no login by SCRAM-SHA-256");
    }
  }

  @Test
  void aBrokerThatItDoesNotTrustGetsNothing() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Certificates.make(other, "EC");
    // Another authority, and the right one of a certificate that does not have this name.
    for (String[] each : new String[][] {{"localhost", "other/ca.pem"}, {"127.0.0.1", "ca.pem"}}) {
      SinkSettings settings =
          settings(
              new NativeFormat(),
              "login",
              Map.of(
                  "bootstrap_servers",
                  each[0] + ":" + broker.tlsPort,
                  "tls",
                  true,
                  "ca_file",
                  each[1]));
      try (Sink sink = TYPE.open(settings)) {
        assertThatThrownBy(() -> sink.send(records(1)))
            .isInstanceOf(SinkException.class)
            .hasMessageContaining("has no TLS that ca_file trusts for this host");
      }
    }
  }

  @Test
  void aRecordThatSomebodyWroteToAnotherPartitionIsHeldToo() throws Exception {
    broker.createTopic("parts", 3, Map.of());
    SinkSettings settings = settings(new NativeFormat(), "parts", Map.of("partition", 2));
    List<Outgoing> all = records(4);
    try (Sink sink = TYPE.open(settings);
        KafkaProducer<byte[], byte[]> other = broker.producer(Map.of())) {
      assertThat(sink.send(all.subList(0, 3)).rejected()).isEmpty();
      other.send(new ProducerRecord<>("parts", 0, null, all.getLast().body())).get();
    }
    assertThat(held(settings))
        .extracting(Held::seq, Held::place)
        .containsExactlyInAnyOrder(
            tuple(1L, "partition 2, offset 0"),
            tuple(2L, "partition 2, offset 1"),
            tuple(3L, "partition 2, offset 2"),
            tuple(4L, "partition 0, offset 0"));
  }

  @Test
  void whatKeepsItFromTheTopicIsNamed() throws Exception {
    broker.createTopic("denied", Map.of());
    broker.deny("denied");
    try (KafkaProducer<byte[], byte[]> other = broker.producer(Map.of())) {
      other.send(new ProducerRecord<>("denied", records(1).getFirst().body())).get();
    }
    SinkSettings denied = withLogin("denied", "plain", "plain");
    try (Sink sink = TYPE.open(denied)) {
      assertThatThrownBy(() -> sink.send(records(1)))
          .hasMessageContaining("does not allow us to write to the topic denied");
      assertThatThrownBy(() -> held(denied))
          .hasMessageContaining("does not allow us to read the topic denied");
    }
    SinkSettings nowhere = settings(new NativeFormat(), "nowhere", Map.of("timeout_seconds", 3));
    try (Sink sink = TYPE.open(nowhere)) {
      assertThatThrownBy(() -> sink.send(records(600)))
          .hasMessageContaining("has no topic nowhere");
      assertThatThrownBy(() -> held(nowhere)).hasMessageContaining("has no topic nowhere");
    }
    SinkSettings second = settings(new NativeFormat(), "denied", Map.of("partition", 1));
    try (Sink sink = TYPE.open(second)) {
      assertThatThrownBy(() -> sink.send(records(1)))
          .hasMessageContaining("has 1 partitions of denied, so partition must be at most 0");
    }
  }

  /** What is behind it would seem to be missing, and what it aborts was never there. */
  @Test
  void aTransactionThatSomebodyLeftOpenIsNamedAndWhatItAbortsIsNotHeld() throws Exception {
    broker.createTopic("transaction", Map.of());
    SinkSettings settings = settings("transaction");
    try (KafkaProducer<byte[], byte[]> other =
            broker.producer(Map.of("transactional.id", "other"));
        Sink sink = TYPE.open(settings)) {
      other.initTransactions();
      other.beginTransaction();
      other.send(new ProducerRecord<>("transaction", records(1).getFirst().body())).get();
      assertThat(sink.send(records(10)).rejected()).isEmpty();
      assertThatThrownBy(() -> held(settings))
          .isInstanceOf(SinkException.class)
          .hasMessageContaining("from offset 0 of partition 0 on, behind a transaction");
      other.abortTransaction();
      // It returns before the topic has the mark that ends the transaction.
      broker.awaitCommitted("transaction", 12);
    }
    try (Inventory inventory = TYPE.inventory(settings)) {
      List<Held> held = new ArrayList<>();
      inventory.forEach(held::add);
      assertThat(held).hasSize(10);
      assertThat(inventory.note()).startsWith(NOTE.formatted("transaction", 0, 2));
    }
  }

  @Test
  void whatCanNotBeDecompressedIsNamed() throws Exception {
    broker.createTopic("compressed", Map.of("compression.type", "zstd"));
    SinkSettings settings = settings("compressed");
    try (Sink sink = TYPE.open(settings)) {
      assertThat(sink.send(records(10)).rejected()).isEmpty();
    }
    assertThatThrownBy(() -> held(settings))
        .isInstanceOf(SinkException.class)
        .hasMessageContaining("compressed with zstd, lz4 or snappy");
  }

  /** Whoever could send it would fill the memory of the server that reads it. */
  @Test
  void aSmallBatchThatExpandsToAHugeRecordIsRefusedByATopicWithoutCompression() throws Exception {
    broker.createTopic("expanding", Map.of());
    broker.createTopic("plain", Map.of("compression.type", "uncompressed"));
    try (KafkaProducer<byte[], byte[]> other =
        broker.producer(Map.of("compression.type", "gzip", "max.request.size", 64 << 20))) {
      byte[] huge = new byte[20 << 20];
      assertThat(other.send(new ProducerRecord<>("expanding", huge)).get().offset()).isZero();
      assertThatThrownBy(() -> other.send(new ProducerRecord<>("plain", huge)).get())
          .hasCauseInstanceOf(RecordTooLargeException.class);
    }
  }

  @Test
  void reconciliationNamesExactlyWhatSomebodyDid() throws Exception {
    broker.createTopic("touched", Map.of());
    try (Reconciled reconciled = new Reconciled(directory, "touched", yaml("touched"))) {
      reconciled.assertComplete();
      tamper("touched");
      ReconciliationReport report = reconciled.reconcile(true);
      assertThat(Reconciled.seqs(report.missingRecords())).containsExactly(20L);
      assertThat(Reconciled.seqs(report.alteredRecords())).containsExactly(30L);
      assertThat(Reconciled.seqs(report.duplicatedRecords())).containsExactly(40L);
      assertThat(report.unknownRecords())
          .extracting(ReconciliationReport.Named::id)
          .containsExactly(100_000L, 0L);
      assertThat(report.unknownRecords().getLast().what()).startsWith("partition 0, offset ");
      assertThat(report.note()).startsWith(NOTE.formatted("touched", 100, 0));
      assertThat(reconciled.reconcile(false).missingRecords()).isEmpty();
    }
  }

  /**
   * Writes all anew without record 20, with 30 changed, 40 doubled, a forged one, and an empty one.
   */
  private static void tamper(String topic) throws Exception {
    List<ConsumerRecord<byte[], byte[]>> all = broker.records(topic);
    broker.deleteBefore(topic, all.getLast().offset() + 1);
    try (KafkaProducer<byte[], byte[]> producer = broker.producer(Map.of())) {
      for (ConsumerRecord<byte[], byte[]> record : all) {
        String line = text(record.value());
        List<String> lines = new ArrayList<>();
        if (line.contains("\"seq\":30,")) {
          lines.add(line.replace("user-", "mallory-"));
        } else if (!line.contains("\"seq\":20,")) {
          lines.add(line);
        }
        if (line.contains("\"seq\":40,")) {
          lines.add(line);
          lines.add(line.replaceFirst("\"id\":[0-9]+", "\"id\":100000"));
        }
        for (String each : lines) {
          producer.send(new ProducerRecord<>(topic, each.getBytes(UTF_8))).get();
        }
      }
      producer.send(new ProducerRecord<>(topic, null)).get();
    }
  }

  @Test
  void whatTheTopicsRetentionRemovedIsMissingAndCanBeSentAgain() throws Exception {
    broker.createTopic("retained", Map.of());
    try (Reconciled reconciled = new Reconciled(directory, "retained", yaml("retained"))) {
      broker.deleteBefore("retained", 7);
      ReconciliationReport report = reconciled.reconcile(true);
      assertThat(Reconciled.seqs(report.missingRecords()))
          .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
      assertThat(report.note()).startsWith(NOTE.formatted("retained", 7, 0));
      reconciled.assertComplete();
    }
  }
}
