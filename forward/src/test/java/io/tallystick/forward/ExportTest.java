package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.forward.reconcile.ExportInventory;
import io.tallystick.forward.reconcile.InvalidExportException;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.service.Actor;
import io.tallystick.service.InvalidParameterException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Exports that are not what they were said to be, or older than what was forwarded since. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExportTest {
  private static final String PLACES = "id=id,seq=seq,hash=hash,body=.";

  @TempDir static Path directory;

  private ForwardingLog log;
  private List<String> lines;

  @BeforeAll
  void forward() throws Exception {
    log = new ForwardingLog(directory);
    log.append("order.placed", 100);
    log.start(
        """
        sinks:
          - {name: copy, type: file, path: copy.ndjson, filter: {event_type: order.*},
             marker_seconds: 86400}
          - {name: marked, type: file, path: marked.ndjson, filter: {event_type: order.*},
             marker_entries: 10, marker_seconds: 86400}
        """);
    ForwardingLog.await(() -> log.forwarding().status("copy").seq() == 100);
    ForwardingLog.await(() -> log.forwarding().status("marked").markers() == 10);
    lines = Files.readAllLines(directory.resolve("copy.ndjson"));
  }

  @AfterAll
  void close() throws Exception {
    log.close();
  }

  private ReconciliationReport reconcile(byte[] export, boolean csv, String places, boolean resend)
      throws Exception {
    try (ExportInventory inventory =
        new ExportInventory(new ByteArrayInputStream(export), csv, Places.parse(places))) {
      return log.forwarding().reconcile("copy", inventory, resend, Actor.SERVER);
    }
  }

  private ReconciliationReport through(long seq, List<String> export) throws Exception {
    byte[] bytes = String.join("\n", export).getBytes(UTF_8);
    try (ExportInventory inventory =
        new ExportInventory(new ByteArrayInputStream(bytes), false, Places.parse(PLACES))) {
      return log.forwarding().reconcile("copy", inventory, seq, false, Actor.SERVER);
    }
  }

  private ReconciliationReport reconcile(List<String> export) throws Exception {
    return reconcile(String.join("\n", export).getBytes(UTF_8), false, PLACES, false);
  }

  /** It is refused, and neither recorded nor taken for a reason to send everything again. */
  private void assertRefused(byte[] export, boolean csv, String places, String... reasons)
      throws Exception {
    long size = Files.size(directory.resolve("copy.ndjson"));
    List<String> recorded = log.recorded();
    LastReconciliation last = log.forwarding().status("copy").reconciliation();
    assertThatThrownBy(() -> reconcile(export, csv, places, true))
        .isInstanceOf(InvalidExportException.class)
        .hasMessageContainingAll(reasons);
    assertThat(Files.size(directory.resolve("copy.ndjson"))).isEqualTo(size);
    assertThat(log.recorded()).isEqualTo(recorded);
    assertThat(log.forwarding().status("copy").reconciliation()).isEqualTo(last);
  }

  private void assertRefused(String export, String places, String... reasons) throws Exception {
    assertRefused(export.getBytes(UTF_8), false, places, reasons);
  }

  @Test
  void aMapToTheWrongPlacesIsRefused() throws Exception {
    String all = String.join("\n", lines);
    assertRefused(
        all,
        "id=_source.id,seq=_source.seq,hash=_source.hash",
        "0 of 100 records",
        "id=_source.id, seq=_source.seq, hash=_source.hash",
        "line 1 ");
    assertRefused(all, "id=id,seq=sequence,hash=hash", "0 of 100 records", "seq=sequence");
    assertRefused(all, "id=id,seq=seq,hash=sha256", "0 of 100 records", "hash=sha256");
  }

  @Test
  void whatAreNoJsonLinesIsRefused() throws Exception {
    assertRefused("[" + String.join(",", lines) + "]", PLACES, "0 of 1 records", "\"[{");
    assertRefused("[" + String.join(",\n", lines) + "]", PLACES, "of 100 records");
    assertRefused("{\"hits\":[" + String.join(",", lines) + "]}", PLACES, "0 of 1 records");
    assertRefused(ForwardingLog.JSON.readTree(lines.getFirst()).toPrettyString(), PLACES, "0 of");
    assertRefused("no export at all\n".repeat(7), PLACES, "0 of 7 records", "\"no export at all\"");
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(zipped)) {
      out.write(String.join("\n", lines).getBytes(UTF_8));
    }
    assertRefused(zipped.toByteArray(), false, PLACES, "is compressed");
    assertRefused("", PLACES, "has no record of an entry that the sink was sent");
  }

  /** A whole answer of a search engine in one line has markers in it, and is none. */
  @Test
  void anAnswerWithAllRecordsInOneObjectIsNoMarker() throws Exception {
    String all = String.join(",", Files.readAllLines(directory.resolve("marked.ndjson")));
    assertThat(all).contains("audit.forward.marker");
    for (String answer :
        List.of("{\"hits\":[" + all + "]}", "{\"hits\":{\"hits\":[{\"a\":[" + all + "]}]}}")) {
      byte[] bytes = answer.getBytes(UTF_8);
      try (ExportInventory inventory =
          new ExportInventory(new ByteArrayInputStream(bytes), false, Places.parse(PLACES))) {
        assertThatThrownBy(
                () -> log.forwarding().reconcile("marked", inventory, 90, true, Actor.SERVER))
            .isInstanceOf(InvalidExportException.class)
            .hasMessageContaining("0 of 1 records");
      }
    }
  }

  @Test
  void anExportOfWhichMostRecordsHaveNoIdIsRefusedAndOneOfWhichFewHaveNoneIsNot() throws Exception {
    List<String> most = new ArrayList<>(lines.subList(0, 10));
    most.addAll(Collections.nCopies(11, "{\"x\":1}"));
    assertRefused(String.join("\n", most), PLACES, "10 of 21 records", "line 11 ");
    List<String> few = new ArrayList<>(lines);
    few.add(3, "");
    few.add(4, "{\"x\":1}");
    ReconciliationReport report = reconcile(few);
    assertThat(report.unknownRecords())
        .containsExactly(new ReconciliationReport.Named(0, 0, "line 5"));
    assertThat(report.missing()).isZero();
  }

  @Test
  void aCsvThatEndsInAQuotedCellIsRefused() throws Exception {
    StringBuilder csv = new StringBuilder("Id,Seq,Note\n");
    for (int i = 1; i <= 100; i++) {
      csv.append(i + 1).append(',').append(i).append(i == 40 ? ",\"oops\n" : ",fine\n");
    }
    assertRefused(
        csv.toString().getBytes(UTF_8), true, "id=Id,seq=Seq", "line 41", "is not closed");
    String blank = "Id,Seq\n" + ",\n".repeat(9);
    assertRefused(blank.getBytes(UTF_8), true, "id=Id,seq=Seq", "0 of 9 records", "line 2 ");
  }

  @Test
  void whatWasForwardedAfterTheExportIsNotMissing() throws Exception {
    ReconciliationReport report = reconcile(lines.subList(0, 60));
    assertThat(report.missing()).isZero();
    assertThat(report.complete()).isTrue();
    assertThat(report.throughSeq()).isEqualTo(60);
    assertThat(report.expected()).isEqualTo(60);
    assertThat(log.forwarding().status("copy").reconciledSeq()).isEqualTo(60);
  }

  /** Somebody deletes the newest records: only a higher seq that is asked for shows that. */
  @Test
  void aTailThatWasDeletedIsMissingThroughTheSeqThatIsAskedFor() throws Exception {
    ReconciliationReport report = through(80, lines.subList(0, 60));
    assertThat(report.missing()).isEqualTo(20);
    assertThat(report.throughSeq()).isEqualTo(80);
    assertThat(report.forwardedSeq()).isEqualTo(100);
    assertThat(report.expected()).isEqualTo(80);
    assertThat(report.complete()).isFalse();
    assertThat(through(5, lines.subList(0, 60)).throughSeq()).isEqualTo(60);
    assertThat(through(70, List.of()).missing()).isEqualTo(70);
    assertThatThrownBy(() -> through(101, lines))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessage(
            "through_seq must be at most 100, the last that the sink forwarded, but was 101");
  }

  /** A record that says a high seq, or is of no entry, does not move how far is compared. */
  @Test
  void aForgedSeqDoesNotSayHowFarToCompare() throws Exception {
    List<String> forged = new ArrayList<>(lines.subList(0, 60));
    forged.set(10, forged.get(10).replaceFirst("\"seq\":[0-9]+", "\"seq\":99"));
    ReconciliationReport report = reconcile(forged);
    assertThat(report.throughSeq()).isEqualTo(60);
    assertThat(report.altered()).isEqualTo(1);
  }
}
