package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordReadersTest {
  private static final String TRAIL =
      """
      {"Records":[
      {"eventVersion":"1.08","eventTime":"2026-03-04T08:44:23Z","eventSource":"ec2.amazonaws.com",
       "eventName":"RunInstances","sourceIPAddress":"192.0.2.7","eventID":"e-1","userAgent":"aws-cli"},
      {"eventVersion":"1.08","eventTime":"2026-03-04T08:44:24Z","eventSource":"s3.amazonaws.com",
       "eventName":"PutObject","eventID":"e-2"},
      "no event"]}
      """;

  @TempDir Path directory;

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(directory.resolve(name), content);
  }

  private Path file(String name, String content) throws IOException {
    return file(name, content.getBytes(UTF_8));
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    }
    return packed.toByteArray();
  }

  @Test
  void cloudTrailsFilesHaveTheirEventsInRecords() throws Exception {
    Path file = file("trail.json.gz", gzip(TRAIL));
    Read read = Read.all(ImportFormat.CLOUDTRAIL, file);
    assertThat(read.event(0).path("event_type").asText()).isEqualTo("ec2.RunInstances");
    assertThat(read.valid(0).occurredAt()).isEqualTo("2026-03-04T08:44:23Z");
    assertThat(read.ids()).startsWith("e-1", "e-2").doesNotHaveDuplicates().hasSize(3);
    assertThat(read.mapped.get(2).failure()).isEqualTo("it is no JSON object");
    assertThat(read.bytes).isEqualTo(Files.size(file));
    Read rest = Read.after(ImportFormat.CLOUDTRAIL, file, 1);
    assertThat(rest.ids()).isEqualTo(read.ids().subList(1, 3));
    assertThat(rest.doneBefore).isEqualTo(1);
  }

  @Test
  void aFileThatIsCutOffGivesWhatIsWholeAndSaysWhere() throws Exception {
    byte[] whole = gzip(TRAIL);
    Path cut = file("cut.json.gz", Arrays.copyOf(whole, whole.length - 20));
    assertThatThrownBy(() -> Read.all(ImportFormat.CLOUDTRAIL, cut))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining("cut.json.gz is damaged or cut off; ");
    Path half = file("half.json", TRAIL.substring(0, TRAIL.indexOf("\"e-2\"")));
    assertThatThrownBy(() -> Read.all(ImportFormat.CLOUDTRAIL, half))
        .isInstanceOf(UnreadableFileException.class)
        .hasMessageContaining("half.json is not JSON")
        .hasMessageContaining("the record before that is whole");
    Path other = file("other.json", "{\"eventVersion\":\"1.08\"}");
    assertThatThrownBy(() -> Read.all(ImportFormat.CLOUDTRAIL, other))
        .hasMessageContaining("is no file of CloudTrail")
        .hasMessageContaining("--format ndjson --map cloudtrail");
    Path list = file("list.json", "[]");
    assertThatThrownBy(() -> Read.all(ImportFormat.CLOUDTRAIL, list))
        .hasMessageContaining("is no file of CloudTrail");
  }

  @Test
  void recordsOfOneAuditEventBecomeOneWhereverTheyStand() throws Exception {
    Path file =
        file(
            "audit.log",
            """
            type=SYSCALL msg=audit(1772613863.243:24287): arch=c000003e syscall=257 success=no exit=-13 a0=ffffff9c items=1 ppid=1 pid=9 auid=1000 uid=1000 tty=pts0 ses=3 comm="cat" exe="/usr/bin/cat" key="shadow"\u001dARCH=x86_64 SYSCALL=openat AUID="ann" UID="ann"
            type=USER_LOGIN msg=audit(1772613863.300:24288): pid=77 uid=0 auid=4294967295 ses=4294967295 msg='op=login acct="bob" exe="/usr/sbin/sshd" hostname=? addr=198.51.100.9 terminal=ssh res=failed'\u001dUID="root" AUID="unset"
            type=CWD msg=audit(1772613863.243:24287): cwd=2F746D702F6120622F
            type=PATH msg=audit(1772613863.243:24287): item=0 name="/etc/shadow" inode=5 nametype=NORMAL
            type=PROCTITLE msg=audit(1772613863.243:24287): proctitle=636174002F6574632F736861646F77
            type=EOE msg=audit(1772613863.243:24287):
            garbage that is no record
            node=web1 type=SERVICE_START msg=audit(1772613870.001:24289): pid=1 uid=0 auid=4294967295 ses=4294967295 msg='unit=cron comm="systemd" exe="/lib/systemd/systemd" hostname=? addr=? terminal=? res=success'
            type=PATH msg=audit(1772613863.243:24287): item=1 name="/late" nametype=NORMAL
            """);
    Read read = Read.all(ImportFormat.AUDITD, file);
    assertThat(read.ids())
        .startsWith("auditd:1772613863.243:24287", "auditd:1772613863.300:24288")
        .endsWith("auditd:web1:1772613870.001:24289", "auditd:1772613863.243:24287+2")
        .hasSize(5);
    assertThat(read.event(0).toString())
        .startsWith(
            "{\"event_type\":\"auditd.SYSCALL\",\"outcome\":\"failure\",\"actor_id\":\"1000\","
                + "\"actor_username\":\"ann\",\"session_id\":\"3\",\"target_type\":\"file\","
                + "\"target_id\":\"/etc/shadow\",\"action\":\"openat\","
                + "\"occurred_at\":\"2026-03-04T08:44:23.243Z\"");
    assertThat(read.details(0).toString())
        .contains(
            "\"proctitle\":\"cat /etc/shadow\"", "\"cwd\":\"/tmp/a b/\"", "\"key\":\"shadow\"");
    assertThat(read.event(1).toString())
        .contains("\"auditd.USER_LOGIN\"", "\"actor_username\":\"bob\"")
        .contains("\"actor_ip\":\"198.51.100.9\"", "\"outcome\":\"failure\"", "\"actor_id\":\"0\"")
        .doesNotContain("\"session_id\"");
    assertThat(read.details(2).toString())
        .contains("no mapping matches it", "garbage that is no record");
    assertThat(read.event(3).path("target_name").asText()).isEqualTo("web1");
    for (int i = 0; i < 5; i++) {
      assertThat(read.valid(i).eventId()).isEqualTo(read.ids().get(i));
    }
    assertThat(Read.after(ImportFormat.AUDITD, file, 3).ids()).isEqualTo(read.ids().subList(3, 5));
  }

  private static byte[] export(boolean latin1) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = 1; i <= 2; i++) {
      out.write(
          ("__CURSOR=s=0a;i=" + i + ";b=0b;m=1;t=2;x=3\n__REALTIME_TIMESTAMP=177261386324300" + i)
              .getBytes(UTF_8));
      out.write(
          "\nPRIORITY=3\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_UID=0\nMESSAGE\n"
              .getBytes(UTF_8));
      byte[] text = "two\nlines=ü".getBytes(latin1 ? ISO_8859_1 : UTF_8);
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).array());
      out.write(text);
      out.write("\nTAG=a\nTAG=b\n\n".getBytes(UTF_8));
    }
    return out.toByteArray();
  }

  @Test
  void theJournalIsReadAsJsonAndAsExport() throws Exception {
    Path export = file("journal", export(false));
    Path json =
        file(
            "journal.json",
            """
            {"__CURSOR":"s=0a;i=1;b=0b;m=1;t=2;x=3","__REALTIME_TIMESTAMP":"1772613863243001","PRIORITY":"3","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd","_UID":"0","MESSAGE":"two\\nlines=ü","TAG":["a","b"]}
            {"__CURSOR":"s=0a;i=2;b=0b;m=1;t=2;x=3","__REALTIME_TIMESTAMP":"1772613863243002","PRIORITY":"3","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd","_UID":"0","MESSAGE":"two\\nlines=ü","TAG":["a","b"]}
            """);
    Read read = Read.all(ImportFormat.JOURNALD, export);
    assertThat(read.event(0).toString())
        .startsWith(
            "{\"event_type\":\"journald.sshd\",\"severity\":\"high\",\"actor_id\":\"0\","
                + "\"actor_host\":\"web1\",\"action\":\"two\\nlines=ü\","
                + "\"occurred_at\":\"2026-03-04T08:44:23.243001Z\",\"event_id\":\"s=0a;i=1;t=2;x=3\"")
        .contains("\"TAG\":[\"a\",\"b\"]");
    assertThat(Read.all(ImportFormat.JOURNALD, json).mapped).isEqualTo(read.mapped);
    Read binary = Read.all(ImportFormat.JOURNALD, file("latin1", export(true)));
    assertThat(binary.details(0).path("MESSAGE").isArray()).isTrue();
    byte[] whole = export(false);
    Path cut = file("cut", Arrays.copyOf(whole, whole.length - 30));
    assertThatThrownBy(() -> Read.all(ImportFormat.JOURNALD, cut))
        .hasMessageContaining("cut is damaged or cut off; the record before");
    assertThatThrownBy(() -> Read.all(ImportFormat.JOURNALD, file("text", "hello world\n")))
        .hasMessageContaining("is not what journalctl -o export or -o json writes");
  }

  private static String row(String message, int line) {
    return "2026-03-04 08:44:23.123 UTC,\"ann\",\"shop\",4711,\"192.0.2.9:5000\",69a7e927.1267,"
        + line
        + ",\"SELECT\",2026-03-04 08:40:00 UTC,3/12,0,LOG,00000,"
        + message
        + ",,,,,,,,,\"psql\",\"client backend\",,0\n";
  }

  @Test
  void pgAuditsRowsAreThoseOfTheCsvlogThatItWrote() throws Exception {
    String audit =
        "\"AUDIT: SESSION,1,1,READ,SELECT,TABLE,public.account,\"\"select \"\"\"\"a\"\"\"\",\n b from account\"\",<not logged>\"";
    Path file =
        file(
            "postgresql.csv",
            row("\"connection received\"", 1) + row(audit, 2) + row("\"AUDIT: odd\"", 3));
    Read read = Read.all(ImportFormat.PGAUDIT, file);
    assertThat(read.passedOver).isEqualTo(1);
    assertThat(read.ids()).containsExactly("pgaudit:69a7e927.1267:2", "pgaudit:69a7e927.1267:3");
    assertThat(read.event(0).toString())
        .startsWith(
            "{\"event_type\":\"pgaudit.READ.SELECT\",\"actor_username\":\"ann\",\"actor_ip\":"
                + "\"192.0.2.9\",\"session_id\":\"69a7e927.1267\",\"target_type\":\"TABLE\","
                + "\"target_id\":\"public.account\",\"target_name\":\"shop\",\"action\":\"SELECT\","
                + "\"occurred_at\":\"2026-03-04T08:44:23.123Z\"");
    assertThat(read.details(0).path("audit").path("statement").asText())
        .isEqualTo("select \"a\",\n b from account");
    assertThat(read.mapped.get(1).isRaw()).isTrue();
    assertThat(read.details(1).toString()).contains("AUDIT: odd");
    assertThatThrownBy(() -> Read.all(ImportFormat.PGAUDIT, file("x.csv", "a,b\n")))
        .hasMessageContaining("the row at line 1 has 2 columns, not 23, 24 or 26");
    assertThatThrownBy(
            () -> Read.all(ImportFormat.PGAUDIT, file("y.csv", row(audit, 2) + "\"open")))
        .hasMessageContaining("is damaged or cut off; the record before");
  }

  @Test
  void aLineThatIsNoJsonOrTooLongIsKeptRaw() throws Exception {
    String event = "{\"@timestamp\":1772613858553,\"_document_id\":\"d\",\"action\":\"a.b\"}";
    String long10 = "{\"x\":\"" + "y".repeat(10 << 20) + "\"}";
    Path file = file("e.ndjson", "\ufeff" + event + "\r\n\n{oops\n" + long10 + "\n" + event);
    Read read = Read.all(ImportFormat.NDJSON, file);
    assertThat(read.mapped).hasSize(4);
    assertThat(read.event(0)).isEqualTo(read.event(3));
    assertThat(read.records).extracting(SourceRecord::place).endsWith("line 4", "line 5");
    assertThat(read.details(1).path("failure").asText()).startsWith("it is not JSON");
    assertThat(read.details(2).path("bytes").asLong()).isEqualTo(long10.length());
    assertThat(read.details(2).path("text").asText()).hasSize(8_000);
    assertThat(read.details(2).path("sha256").asText())
        .isEqualTo(HexFormat.of().formatHex(Sha256.of(long10.getBytes(UTF_8))));
    assertThat(read.valid(2).eventId()).endsWith(":3");
  }

  @Test
  void aFileIsKnownAgainWhenItHasGrownOrMoved() throws Exception {
    Path file = file("a", "one\n");
    FileIdentity first = FileIdentity.find(file, List.of());
    Path moved = file("b", "one\ntwo\n");
    Path other = file("c", "two\n");
    assertThat(FileIdentity.find(moved, List.of(first))).isEqualTo(first);
    assertThat(FileIdentity.find(other, List.of(first))).isNotEqualTo(first);
    FileIdentity longer = FileIdentity.find(moved, List.of());
    assertThat(FileIdentity.find(moved, List.of(longer, first))).isEqualTo(longer);
  }
}
