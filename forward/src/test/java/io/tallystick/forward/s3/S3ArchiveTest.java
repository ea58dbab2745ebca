package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.forward.Archived;
import io.tallystick.forward.Python;
import io.tallystick.forward.ReconciliationReport;
import io.tallystick.forward.reconcile.Finding;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is in the bucket verifies alone, and what somebody did to it is named. */
class S3ArchiveTest {
  @TempDir Path directory;

  private S3Server bucket;

  @BeforeEach
  void start() throws Exception {
    bucket = new S3Server(true);
  }

  @AfterEach
  void stop() {
    bucket.close();
  }

  private Archived archived(int orders, String more) throws Exception {
    return new Archived(directory, orders, bucket.yaml(directory, bucket.port()) + more);
  }

  /** What the checker prints, the exit code last; it has a copy of the bucket and the key alone. */
  private List<String> verify(Archived archived, String... more) throws Exception {
    Path copy = bucket.copyTo(directory.resolve("copy"));
    return Python.run(
        Path.of("../tools/verify_forwarded.py"),
        "cryptography",
        List.of(copy.toString(), "--key", archived.verifierKey()),
        more);
  }

  private List<String> objects(String suffix) {
    return bucket.keys().stream()
        .filter(key -> key.endsWith(suffix) && !key.contains("marker-"))
        .toList();
  }

  private void awaitProofs(Archived archived) throws Exception {
    archived.await(() -> !objects(".proof").isEmpty() && archived.unproved() == 0);
  }

  /** Of each a format, and whether records have the original bytes. */
  static List<Arguments> kinds() {
    Arguments ordinary = Arguments.of("native", true);
    return Boolean.getBoolean("tallystick.long")
        ? List.of(
            ordinary,
            Arguments.of("native", false),
            Arguments.of("ocsf", true),
            Arguments.of("ecs", true))
        : List.of(ordinary);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void theBucketAndAKeyAreEnoughToVerifyEveryEntry(String format, boolean original)
      throws Exception {
    try (Archived archived =
        archived(100, "format: " + format + "\noriginal: " + original + "\nbatch: 40\n")) {
      awaitProofs(archived);
      assertThat(objects(".ndjson.gz")).hasSizeGreaterThanOrEqualTo(3);
      List<String> said = verify(archived, "--unfiltered");
      assertThat(said.getLast()).as(said.toString()).isEqualTo("0");
      assertThat(String.join("\n", said)).contains("everything holds");
      assertThat(String.join("\n", said).contains("without the original bytes"))
          .isEqualTo(!original);
    }
  }

  /** Others are in between, of which the bucket knows nothing but a few hashes. */
  @Test
  void aSelectionOfTheLogVerifiesToo() throws Exception {
    try (Archived archived = archived(0, "original: true\nfilter: {event_type: auth.*}\n")) {
      for (int i = 0; i < 20; i++) {
        archived.append("order.placed", 7);
        archived.append("auth.logout", 2);
      }
      awaitProofs(archived);
      assertThat(verify(archived).getLast()).isEqualTo("0");
      assertThat(String.join("\n", verify(archived, "--unfiltered")))
          .contains("entry 2: the archive does not have it");
    }
  }

  /** Whoever can write the bucket changes, forges or deletes, and names objects as they should. */
  @Test
  void whatSomebodyDidToTheBucketIsFoundWithoutTheLog() throws Exception {
    try (Archived archived = archived(100, "original: true\nbatch: 40\n")) {
      awaitProofs(archived);
      String key = objects(".ndjson.gz").getFirst();
      byte[] before = bucket.content(key);

      bucket.put(key, edited(before, text -> text.replaceFirst("step 3", "step 4")), false);
      assertThat(verify(archived)).anyMatch(line -> line.contains("another hash than that of its"));
      bucket.delete(key, null, true);

      String forged =
          put(key, edited(before, text -> text.replaceFirst("\"hash\":\"...", "\"hash\":\"abc")));
      List<String> said = verify(archived);
      assertThat(said)
          .anyMatch(line -> line.contains("is missing, or not the object that this proves"))
          .anyMatch(line -> line.contains("has another hash than its original bytes"))
          .anyMatch(line -> line.startsWith("entry 1: no proof covers it"))
          .endsWith("1");
      bucket.delete(forged, null, true);

      said = verify(archived);
      assertThat(said).contains("seq 1: no record has it").endsWith("1");
      bucket.put(key, before, false);
      assertThat(verify(archived).getLast()).isEqualTo("0");
    }
  }

  private String put(String key, byte[] content) throws Exception {
    String name = key.replaceFirst("[0-9a-f]{32}\\.", Sha256.hex(content).substring(0, 32) + ".");
    bucket.delete(key, null, true);
    bucket.put(name, content, false);
    return name;
  }

  static byte[] edited(byte[] object, UnaryOperator<String> edit) throws IOException {
    String text =
        new String(new GZIPInputStream(new ByteArrayInputStream(object)).readAllBytes(), UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(edit.apply(text).getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  @Test
  void anOverwrittenObjectAndADeleteMarkerAreNamed() throws Exception {
    try (Archived archived = archived(100, "batch: 40\nlock_mode: compliance\nlock_days: 1\n")) {
      awaitProofs(archived);
      assertThat(archived.reconcile().complete()).isTrue();
      String first = objects(".ndjson.gz").get(0);
      String second = objects(".ndjson.gz").get(1);
      String proof = objects(".proof").getFirst();
      // The same bytes: no record differs, and yet it is another version, which nobody locked.
      bucket.put(first, bucket.content(first), false);
      assertThat(bucket.delete(second, null, false)).isTrue();
      assertThat(bucket.delete(proof, null, false)).isTrue();
      ReconciliationReport report = archived.reconcile();
      assertThat(report.complete()).isFalse();
      assertThat(report.missing()).isEqualTo(40);
      assertThat(report.altered() + report.unknown() + report.duplicated()).isZero();
      assertThat(report.tampered()).isEqualTo(3);
      assertThat(report.tamperedObjects())
          .extracting(Finding::name)
          .containsExactlyInAnyOrder(name(first), name(second), name(proof));
      assertThat(report.tamperedObjects())
          .filteredOn(each -> each.name().equals(name(first)))
          .singleElement()
          .satisfies(each ->
              assertThat(each.what())
                  .startsWith("overwritten: the newest version is v+/=")
                  .endsWith(" is still there"));
      assertThat(report.tamperedObjects())
          .filteredOn(each -> each.name().equals(name(second)))
          .singleElement()
          .satisfies(each -> assertThat(each.what()).startsWith("deleted: the newest version is"));
      assertThat(archived.lastReconciliation().tampered()).isEqualTo(3);
      assertThat(bucket.delete(first, null, true)).as("it is locked").isFalse();
    }
  }

  private static String name(String key) {
    return key.substring(key.lastIndexOf('/') + 1);
  }

  @Test
  void anObjectThatIsGoneWithAllItsVersionsIsNamed() throws Exception {
    try (Archived archived = archived(10, "")) {
      awaitProofs(archived);
      String proof = objects(".proof").getFirst();
      assertThat(bucket.delete(proof, null, true)).isTrue();
      assertThat(archived.reconcile().tamperedObjects())
          .containsExactly(new Finding(name(proof), "deleted, with all its versions"));
    }
  }

  /** An object that somebody replaced before it was proved is not proved as ours. */
  @Test
  void whatIsNotAsItWasWrittenIsNotProved() throws Exception {
    try (Archived archived = archived(100, "batch: 40\nmarker_seconds: 86400\n")) {
      archived.awaitDone();
    }
    String key = objects(".ndjson.gz").getFirst();
    byte[] before = bucket.content(key);
    assertThat(bucket.delete(key, null, true)).isTrue();
    bucket.put(key, edited(before, text -> text.replaceFirst("step 3", "step 4")), false);
    try (Archived archived = archived(0, "batch: 40\n")) {
      awaitProofs(archived);
      for (String proof : objects(".proof")) {
        assertThat(new String(bucket.content(proof), UTF_8)).doesNotContain(name(key));
      }
      assertThat(archived.reconcile().tamperedObjects())
          .extracting(Finding::name)
          .containsExactly(name(key));
    }
  }

  /** What was sent and not yet proved when the server ended is proved by the next one. */
  @Test
  void proofsFollowAfterARestartAndACrashInTheMiddleOfALine() throws Exception {
    Path ledger;
    try (Archived archived = archived(100, "marker_seconds: 86400\nbatch: 40\n")) {
      archived.awaitDone();
      ledger = archived.folder().resolve("objects");
      assertThat(objects(".proof")).isEmpty();
      assertThat(Files.readString(ledger).lines()).hasSizeGreaterThanOrEqualTo(3);
    }
    Files.writeString(ledger, "0000000000000000001-00000", StandardOpenOption.APPEND);
    try (Archived archived = archived(0, "original: false\nbatch: 40\n")) {
      awaitProofs(archived);
      assertThat(verify(archived, "--unfiltered").getLast()).isEqualTo("0");
      assertThat(archived.reconcile().complete()).isTrue();
    }
    Files.writeString(ledger, "nonsense\n", StandardOpenOption.APPEND);
    try (Archived archived = archived(0, "batch: 40\n")) {
      archived.await(() -> archived.condition().equals("stopped"));
      assertThat(archived.reason())
          .contains("objects: what is at byte")
          .contains("is no object of the sink");
    }
  }

  @Test
  void aLockThatTheBucketDoesNotGiveIsAnError() throws Exception {
    bucket.close();
    bucket = new S3Server(false);
    try (Archived archived = archived(10, "lock_mode: compliance\nlock_days: 1\n")) {
      archived.await(() -> archived.condition().equals("retrying"));
      assertThat(archived.reason()).contains("no version, so it is not locked");
    }
  }
}
