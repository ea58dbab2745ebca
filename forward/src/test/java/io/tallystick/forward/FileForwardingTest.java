package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.format.Marker;
import io.tallystick.forward.reconcile.ExportInventory;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.service.Actor;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forwarding to a file, and what reconciliation says of it. */
class FileForwardingTest {
  private static final String ALL =
      """
      sinks:
        - name: copy
          type: file
          path: copy.ndjson
      """;

  @TempDir Path directory;

  @Test
  void everyEntryIsForwardedOnceWithADenseSeqAndItsHash() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 2_500);
      log.start(ALL);
      SinkStatus status = log.awaitDone("copy");
      List<JsonNode> entries = entries();
      assertThat(entries).hasSize((int) status.seq()).hasSizeGreaterThan(2_500);
      for (int i = 0; i < entries.size(); i++) {
        JsonNode entry = entries.get(i);
        assertThat(entry.get("seq").asLong()).isEqualTo(i + 1);
        assertThat(entry.get("id").asLong()).isEqualTo(i + 1);
        assertThat(entry.get("origin").asText()).isEqualTo(log.origin());
        assertThat(entry.get("hash").asText())
            .isEqualTo(log.log.reader().read(i + 1).orElseThrow().hash().toString());
      }
      assertThat(entries.get(2_000).get("actor_username").asText()).startsWith("user-");
      assertThat(status.level()).isEqualTo("confirmed");
      assertThat(log.recorded()).containsExactly("audit.forward.started");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void markersLeadToTheRootOverTheForwardedHashesAndNameEachOther() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 2_500);
      log.start(ALL + "    marker_seconds: 1\n");
      ForwardingLog.await(() -> log.forwarding().status("copy").markers() >= 4);
      CompactRange tree = new CompactRange(new Hasher());
      String previous = Marker.NONE.toString();
      List<Long> counts = new ArrayList<>();
      for (JsonNode record : ForwardingLog.records(file())) {
        if (record.get("event_type").asText().equals("audit.forward.marker")) {
          assertThat(record.get("count").asLong()).isEqualTo(tree.size());
          assertThat(record.get("root").asText()).isEqualTo(tree.root().toString());
          assertThat(record.get("previous_marker").asText()).isEqualTo(previous);
          assertThat(record.get("number").asLong()).isEqualTo(counts.size() + 1);
          assertThat(record.has("id") || record.has("seq")).isFalse();
          previous = record.get("marker_hash").asText();
          counts.add(tree.size());
        } else {
          tree.append(Hash.parseHex(record.get("hash").asText()));
        }
      }
      // Others are there because time passed.
      assertThat(counts).contains(1_000L, 2_000L).hasSizeGreaterThanOrEqualTo(4).isSorted();
    }
  }

  @Test
  void aFilteredSinkCountsOnlyWhatPasses() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      for (int i = 0; i < 20; i++) {
        log.append("auth.login.failed", 3);
        log.append("order.placed", 40);
      }
      log.start(ALL + "    filter: {event_type: [auth.*, never.seen], source: test}\n");
      SinkStatus status = log.awaitDone("copy");
      assertThat(status.seq()).isEqualTo(60);
      List<JsonNode> entries = entries();
      assertThat(entries)
          .extracting(entry -> entry.get("seq").asLong())
          .hasSize(60)
          .last()
          .isEqualTo(60L);
      ReconciliationReport report = log.forwarding().reconcile("copy", null, false, Actor.SERVER);
      assertThat(report.complete()).isTrue();
      assertThat(report.expected()).isEqualTo(60);
    }
  }

  @Test
  void reconciliationNamesWhatWasDeletedAlteredDuplicatedAndForged() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 300);
      log.start(ALL);
      log.awaitDone("copy");
      Forwarding forwarding = log.forwarding();
      ReconciliationReport before = forwarding.reconcile("copy", null, false, Actor.SERVER);
      assertThat(before.complete()).isTrue();
      assertThat(before.uncompared()).isZero();
      assertThat(forwarding.status("copy").reconciledSeq()).isEqualTo(before.throughSeq());
      log.awaitDone("copy");
      forwarding.pause("copy", Actor.SERVER);

      tamper();
      check(forwarding.reconcile("copy", null, false, Actor.SERVER), "query");
      try (InputStream in = Files.newInputStream(file())) {
        Places places = Places.parse("id=id,seq=seq,hash=hash,body=.");
        check(
            forwarding.reconcile(
                "copy", new ExportInventory(in, false, places), false, Actor.SERVER),
            "export");
      }
      Path csv = directory.resolve("export.csv");
      Files.write(csv, csv());
      try (InputStream in = Files.newInputStream(csv)) {
        Places places = Places.parse("id=Entry,seq=Seq,hash=Hash,body=Raw");
        check(
            forwarding.reconcile(
                "copy", new ExportInventory(in, true, places), false, Actor.SERVER),
            "export");
      }
      assertThat(log.recorded())
          .filteredOn(type -> type.equals("audit.forward.reconciled"))
          .hasSize(4);
      LastReconciliation last = forwarding.status("copy").reconciliation();
      assertThat(last).isNotNull();
      assertThat(Objects.requireNonNull(last).complete()).isFalse();
      assertThat(forwarding.status("copy").reconciledSeq()).isZero();
    }
  }

  /** Deletes entry 20, alters 30, doubles 40, forges one of entry 100,000. */
  private void tamper() throws Exception {
    edit(lines -> {
      List<String> kept = new ArrayList<>();
      for (String line : lines) {
        if (line.contains("\"id\":30,")) {
          kept.add(line.replaceFirst("user-[0-9]+", "mallory"));
        } else if (!line.contains("\"id\":20,")) {
          kept.add(line);
        }
        if (line.contains("\"id\":40,")) {
          kept.add(line);
          kept.add(
              line.replace("\"id\":40,", "\"id\":100000,")
                  .replaceFirst("\"seq\":40,", "\"seq\":77,"));
        }
      }
      return kept;
    });
  }

  private static void check(ReconciliationReport report, String by) {
    assertThat(report.by()).isEqualTo(by);
    assertThat(report.complete()).isFalse();
    assertThat(report.missingRecords()).containsExactly(named(20, 20, null));
    assertThat(report.alteredRecords()).containsExactly(named(30, 30, "body"));
    assertThat(report.duplicatedRecords()).containsExactly(named(40, 40, null));
    assertThat(report.unknownRecords()).containsExactly(named(100_000, 77, null));
  }

  private static ReconciliationReport.Named named(long id, long seq, @Nullable String what) {
    return new ReconciliationReport.Named(id, seq, what);
  }

  private List<String> csv() throws Exception {
    List<String> rows = new ArrayList<>(List.of("Seq,Raw,\"Hash\",Entry"));
    for (JsonNode record : ForwardingLog.records(file())) {
      rows.add(
          record.path("seq").asText()
              + ",\""
              + record.toString().replace("\"", "\"\"")
              + "\","
              + record.path("hash").asText()
              + ","
              + record.path("id").asText());
    }
    return rows;
  }

  @Test
  void aChangedHashSeqOrBodyIsAnAlteration() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 50);
      log.start(ALL);
      log.awaitDone("copy");
      edit(lines ->
          lines.stream()
              .map(line ->
                  line.contains("\"id\":5,")
                      ? line.replaceFirst("\"hash\":\".", "\"hash\":\"x")
                      : line.replace("\"seq\":6,", "\"seq\":60,"))
              .toList());
      ReconciliationReport report = log.forwarding().reconcile("copy", null, false, Actor.SERVER);
      assertThat(report.alteredRecords()).containsExactly(named(5, 5, "hash"), named(6, 60, "seq"));
      assertThat(report.missing() + report.unknown() + report.duplicated()).isZero();
    }
  }

  @Test
  void aReconciliationOnScheduleFindsAndRecordsALoss() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 50);
      SinkConfig config =
          ForwardingFile.parse("f", ALL, log.origin(), directory).sinks().getFirst();
      SinkConfig often =
          new SinkConfig(
              config.type(),
              config.format(),
              config.filter(),
              config.settings(),
              config.redaction(),
              config.original(),
              config.batch(),
              config.maxRecordBytes(),
              config.markerEntries(),
              config.markerEvery(),
              config.disableAfter(),
              Duration.ofMillis(200));
      log.start(new ForwardingFile(List.of(often)));
      ForwardingLog.await(() -> {
        LastReconciliation last = log.forwarding().status("copy").reconciliation();
        return last != null && last.complete() && last.throughSeq() > 50;
      });
      edit(lines -> lines.stream().filter(line -> !line.contains("\"id\":20,")).toList());
      ForwardingLog.await(() -> {
        LastReconciliation last = log.forwarding().status("copy").reconciliation();
        return last != null && last.missing() == 1;
      });
      assertThat(log.forwarding().status("copy").reconciledSeq()).isZero();
      ForwardingLog.await(() ->
          log.details("audit.forward.reconciled").stream()
              .anyMatch(details -> details.contains("\"missing_ids\":[20]")));
    }
  }

  @Test
  void whatIsMissingIsSentAgainWithItsSeq() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 2_000);
      log.start(ALL);
      log.awaitDone("copy");
      edit(lines -> lines.stream().filter(line -> !line.contains("\"id\":1")).toList());
      ReconciliationReport lost = log.forwarding().reconcile("copy", null, true, Actor.SERVER);
      assertThat(lost.complete()).isFalse();
      assertThat(lost.missing()).isEqualTo(lost.resent()).isGreaterThan(1_000);
      ReconciliationReport mended = log.forwarding().reconcile("copy", null, false, Actor.SERVER);
      assertThat(mended.complete()).isTrue();
      Set<Long> seqs = new HashSet<>();
      entries().forEach(entry -> seqs.add(entry.get("seq").asLong()));
      assertThat(Collections.max(seqs) - Collections.min(seqs) + 1).isEqualTo(seqs.size());
    }
  }

  @Test
  void aFileThatIsRotatedIsReconciledAsAWhole() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 1_000);
      log.start(ALL + "    rotate_bytes: 65536\n    batch: 100\n");
      log.awaitDone("copy");
      assertThat(Files.exists(directory.resolve("copy.ndjson.000003"))).isTrue();
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
      Files.delete(directory.resolve("copy.ndjson.000002"));
      ReconciliationReport report = log.forwarding().reconcile("copy", null, false, Actor.SERVER);
      assertThat(report.missing()).isGreaterThanOrEqualTo(100);
    }
  }

  @Test
  void halfALineThatACrashLeftIsDroppedAndSentAgain() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 10);
      log.start(ALL);
      log.awaitDone("copy");
      log.stop();
      Files.writeString(file(), "{\"origin\":\"half a rec", StandardOpenOption.APPEND);
      log.append("order.placed", 10);
      log.start(ALL);
      log.awaitDone("copy");
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
    }
  }

  @Test
  void anEntryThatIsTooLongIsAStubWithItsHash() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed." + "x".repeat(100), 3);
      log.start(ALL + "    max_record_bytes: 600\n    original: true\n");
      log.awaitDone("copy");
      JsonNode stub = entries().getLast();
      assertThat(entries().get(1).path("truncated").asBoolean()).isTrue();
      assertThat(entries().get(1).get("hash").asText())
          .isEqualTo(log.log.reader().read(2).orElseThrow().hash().toString());
      assertThat(entries().get(1).get("bytes").asLong())
          .isEqualTo(log.log.reader().read(2).orElseThrow().bytes().length);
      assertThat(stub.has("seq")).isTrue();
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).complete()).isTrue();
      edit(lines ->
          lines.stream().map(line -> line.replaceFirst("\"bytes\":", "\"bytes\":9")).toList());
      assertThat(log.forwarding().reconcile("copy", null, false, Actor.SERVER).altered())
          .isPositive();
    }
  }

  @Test
  void whatIsNewerThanThePositionIsNotForged() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", 10);
      log.start(ALL);
      log.awaitDone("copy");
      Instant until = Instant.now().plusSeconds(2);
      Thread appending = Thread.ofVirtual().start(() -> appendUntil(log, until));
      while (Instant.now().isBefore(until)) {
        ReconciliationReport report = log.forwarding().reconcile("copy", null, false, Actor.SERVER);
        assertThat(report.unknownRecords()).isEmpty();
        assertThat(report.complete()).isTrue();
      }
      appending.join();
    }
  }

  private static void appendUntil(ForwardingLog log, Instant until) {
    try {
      while (Instant.now().isBefore(until)) {
        log.append("order.placed", 50);
        Thread.sleep(5);
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private void edit(UnaryOperator<List<String>> change) throws Exception {
    Files.write(file(), change.apply(Files.readAllLines(file())));
  }

  private List<JsonNode> entries() throws Exception {
    return ForwardingLog.records(file()).stream().filter(record -> record.has("id")).toList();
  }

  private Path file() {
    return directory.resolve("copy.ndjson");
  }
}
