package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Syslog into a real server: by hand, with logger, and with rsyslog. */
@Timeout(180)
class SyslogTest {
  @TempDir Path folder;
  private SyslogFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture =
        new SyslogFixture(
            folder,
            """
            - {name: tcp, type: syslog, key: net, listen: "127.0.0.1:0", transport: tcp,
               max_connections_per_address: 5, max_message_bytes: 2000}
            - {name: tls, type: syslog, key: net, listen: "127.0.0.1:0", transport: tls}
            - {name: udp, type: syslog, key: net, listen: "127.0.0.1:0", transport: udp}
            """);
    String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
  }

  @AfterEach
  void stop() throws IOException {
    fixture.close();
  }

  @Test
  void messagesComeOverTcpAndUdpAndAreEventsOfTheKey() throws Exception {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 3_000; i++) {
      String text = "<14>1 2026-03-04T08:44:23Z web1 app 7 - - number " + i;
      many.append(i % 2 == 0 ? text.length() + " " + text : text + "\n");
    }
    fixture.send("tcp", many + "<14>big: " + "x".repeat(5_000) + "\n");
    List<Entry> entries = fixture.awaitEntries(3_001);
    assertThat(entries.subList(0, 3_000))
        .extracting(entry -> entry.event().action())
        .isEqualTo(IntStream.range(0, 3_000).mapToObj(i -> "number " + i).toList());
    Entry first = entries.getFirst();
    assertThat(first.source()).isEqualTo("net");
    assertThat(first.event().occurredAt()).isEqualTo("2026-03-04T08:44:23Z");
    assertThat(first.event().text(EntryField.SEVERITY)).isEqualTo("informational");
    assertThat(first.event().text(EntryField.ACTOR_HOST)).isEqualTo("web1");
    assertThat(first.event().eventId()).startsWith("tcp/").endsWith(":1");
    assertThat(String.valueOf(entries.getLast().event().details()))
        .contains("\"truncated\":true", "\"bytes\":5009", "\"peer\":\"127.0.0.1\"");
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] bytes = "<11>Oct 11 22:14:15 mymachine su: failed".getBytes(UTF_8);
      socket.send(
          new DatagramPacket(
              bytes,
              bytes.length,
              new InetSocketAddress(InetAddress.getLoopbackAddress(), fixture.port("udp"))));
    }
    Entry datagram = fixture.awaitEntries(3_002).getLast();
    assertThat(datagram.event().eventType()).isEqualTo("syslog.su");
    assertThat(datagram.event().text(EntryField.SEVERITY)).isEqualTo("high");
    assertThat(datagram.event().occurredAt()).isNull();
    fixture.send(
        "tcp",
        "<14>1 2026-03-04T08:44:23Z web1 vault 7 - - {\"type\":\"request\",\"time\":"
            + "\"2026-03-04T08:15:04.3Z\",\"request\":{\"id\":\"r\",\"operation\":\"update\"}}\n");
    Entry vault = fixture.server.entriesFrom(1).getLast();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!vault.event().eventType().equals("vault.request.update")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(20);
      vault = fixture.server.entriesFrom(1).getLast();
    }
    assertThat(String.valueOf(vault.event().details()))
        .contains("\"envelope\":{\"protocol\":\"rfc5424\"");
  }

  /** Whoever sends nonsense or opens too many connections keeps nobody else from sending. */
  @Test
  void aHostileSenderIsCutOffAndOthersAreServed() throws Exception {
    List<Socket> open = new ArrayList<>();
    try {
      for (int i = 0; i < 5; i++) {
        open.add(new Socket(InetAddress.getLoopbackAddress(), fixture.port("tcp")));
        open.getLast().getOutputStream().write("99999999 <13>waits".getBytes(UTF_8));
      }
      Thread.sleep(200);
      try (Socket refused = new Socket(InetAddress.getLoopbackAddress(), fixture.port("tcp"))) {
        assertThat(refused.getInputStream().read()).isEqualTo(-1);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("reset");
      }
      fixture.send("tls", "<13>no: tls\n");
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    fixture.awaitEntries(5);
    try (Socket nonsense = new Socket(InetAddress.getLoopbackAddress(), fixture.port("tcp"))) {
      nonsense.getOutputStream().write("12x".getBytes(UTF_8));
      assertThat(nonsense.getInputStream().read()).isEqualTo(-1);
    }
    fixture.send("tcp", "<13>app: good\n");
    assertThat(fixture.awaitEntries(6).getLast().event().eventType()).isEqualTo("syslog.app");
  }

  @Test
  void loggerSendsBothFormats() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/logger")), "logger (util-linux) is not installed");
    String port = Integer.toString(fixture.port("tcp"));
    SyslogFixture.run(
        "logger",
        "--rfc5424",
        "--octet-count",
        "--tcp",
        "--server",
        "127.0.0.1",
        "--port",
        port,
        "--tag",
        "job",
        "--priority",
        "auth.warning",
        "--msgid",
        "M1",
        "--sd-id",
        "x@32473",
        "--sd-param",
        "k=\"v\"",
        "first\nline");
    // Connections are served side by side.
    List<Entry> _ = fixture.awaitEntries(1);
    SyslogFixture.run(
        "logger",
        "--rfc3164",
        "--tcp",
        "--server",
        "127.0.0.1",
        "--port",
        port,
        "--tag",
        "old",
        "second");
    List<Entry> entries = fixture.awaitEntries(2);
    assertThat(entries.get(0).event().eventType()).isEqualTo("syslog.job.M1");
    assertThat(entries.get(0).event().text(EntryField.SEVERITY)).isEqualTo("medium");
    assertThat(String.valueOf(entries.get(0).event().details()))
        .contains("\"x@32473\":{\"k\":\"v\"}", "\"facility\":4");
    assertThat(entries.get(1).event().eventType()).isEqualTo("syslog.old");
    assertThat(entries.get(1).event().action()).isEqualTo("second");
  }

  @Test
  void rsyslogForwardsOverTcpAndTls() throws Exception {
    SyslogFixture.needRsyslog("lmnsd_ossl");
    Path input =
        fixture.rsyslog(
            "rsyslog",
            "",
            """
            action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp"
              TCP_Framing="octet-counted" template="framed")
            action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp"
              TCP_Framing="octet-counted" template="framed"
              StreamDriver="ossl" StreamDriverMode="1"
              StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost")
            """
                .formatted(fixture.port("tcp"), fixture.port("tls")));
    fixture.log(input, 300);
    List<Entry> entries = fixture.awaitEntries(600);
    for (String receiver : List.of("tcp", "tls")) {
      List<String> texts = SyslogFixture.texts(entries, receiver);
      assertThat(texts).as(receiver).hasSize(300);
      assertThat(new TreeSet<>(texts)).hasSize(300).contains("line 0", "line 299");
    }
  }

  /** What a connection cuts off must not look like all that was sent. */
  @ParameterizedTest
  @CsvSource({
    "'60 ', '58 ', truncated",
    "'', '', unterminated",
  })
  void aMessageThatTheEndOfTheConnectionCutsOffSaysSo(String length, String right, String mark)
      throws Exception {
    String message = "<14>1 2026-03-04T08:44:23Z web1 app 7 - - user ann deleted";
    fixture.send("tcp", length + message);
    Entry entry = fixture.awaitEntries(1).getFirst();
    assertThat(entry.event().action()).isEqualTo("user ann deleted");
    assertThat(String.valueOf(entry.event().details())).contains("\"" + mark + "\":true");
    if (!length.isEmpty()) {
      assertThat(String.valueOf(entry.event().details()))
          .contains("\"bytes\":60", "\"bytes_received\":58");
    }
    fixture.send("tcp", right + message + "\n");
    assertThat(String.valueOf(fixture.awaitEntries(2).getLast().event().details()))
        .doesNotContain("truncated", "unterminated", "bytes");
  }

  @Test
  void aMessageThatAResetCutsOffIsKeptAndSaysSo() throws Exception {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), fixture.port("tcp"))) {
      socket.getOutputStream().write("<13>app: whole\n<13>app: ha".getBytes(UTF_8));
      List<Entry> _ = fixture.awaitEntries(1);
      socket.setSoLinger(true, 0);
    }
    Entry half = fixture.awaitEntries(2).getLast();
    assertThat(half.event().action()).isEqualTo("ha");
    assertThat(String.valueOf(half.event().details())).contains("\"truncated\":true");
  }
}
