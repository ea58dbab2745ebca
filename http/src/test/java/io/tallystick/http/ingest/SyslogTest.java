package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.http.tls.TlsFiles;
import io.tallystick.ingest.config.IngestFile;
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
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Syslog into a real server: by hand, with logger, and with rsyslog. */
@Timeout(180)
class SyslogTest {
  @TempDir Path folder;
  private TestServer server;

  private static void run(String... words) throws Exception {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
  }

  private static boolean isInstalled(String program) {
    return List.of("/usr/bin/", "/usr/sbin/", "/sbin/", "/bin/").stream()
        .anyMatch(place -> Files.isExecutable(Path.of(place + program)));
  }

  @BeforeEach
  void start() throws Exception {
    Path certificate = folder.resolve("cert.pem");
    Path key = folder.resolve("key.pem");
    run(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key.toString(),
        "-out",
        certificate.toString(),
        "-days",
        "3",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost,IP:127.0.0.1");
    Path file = folder.resolve("ingest.yaml");
    Files.writeString(
        file,
        """
        receivers:
          - {name: tcp, type: syslog, key: net, listen: "127.0.0.1:0", transport: tcp,
             max_connections_per_address: 5, max_message_bytes: 2000}
          - {name: tls, type: syslog, key: net, listen: "127.0.0.1:0", transport: tls}
          - {name: udp, type: syslog, key: net, listen: "127.0.0.1:0", transport: udp}
        """);
    ServerConfig config =
        TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()).toBuilder()
            .tls(new TlsFiles(certificate, key))
            .receivers(IngestFile.read(file))
            .build();
    server = TestServer.start(folder.resolve("data"), config);
    String _ = server.key("net", Permission.AUDIT_APPEND);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  private List<Entry> entries() throws Exception {
    return server.entriesFrom(1).stream()
        .filter(entry -> entry.event().eventType().startsWith("syslog."))
        .toList();
  }

  private List<Entry> awaitEntries(int count) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    List<Entry> entries = entries();
    while (entries.size() < count && System.nanoTime() < deadline) {
      Thread.sleep(50);
      entries = entries();
    }
    assertThat(entries).hasSize(count);
    return entries;
  }

  private void send(int port, String text) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write(text.getBytes(UTF_8));
      socket.shutdownOutput();
    }
  }

  @Test
  void messagesComeOverTcpAndUdpAndAreEventsOfTheKey() throws Exception {
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 3_000; i++) {
      String text = "<14>1 2026-03-04T08:44:23Z web1 app 7 - - number " + i;
      many.append(i % 2 == 0 ? text.length() + " " + text : text + "\n");
    }
    send(server.server.syslogPort("tcp"), many + "<14>big: " + "x".repeat(5_000) + "\n");
    List<Entry> entries = awaitEntries(3_001);
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
              new InetSocketAddress(
                  InetAddress.getLoopbackAddress(), server.server.syslogPort("udp"))));
    }
    Entry datagram = awaitEntries(3_002).getLast();
    assertThat(datagram.event().eventType()).isEqualTo("syslog.su");
    assertThat(datagram.event().text(EntryField.SEVERITY)).isEqualTo("high");
    assertThat(datagram.event().occurredAt()).isNull();
    send(
        server.server.syslogPort("tcp"),
        "<14>1 2026-03-04T08:44:23Z web1 vault 7 - - {\"type\":\"request\",\"time\":"
            + "\"2026-03-04T08:15:04.3Z\",\"request\":{\"id\":\"r\",\"operation\":\"update\"}}\n");
    Entry vault = server.entriesFrom(1).getLast();
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!vault.event().eventType().equals("vault.request.update")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Thread.sleep(20);
      vault = server.entriesFrom(1).getLast();
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
        open.add(new Socket(InetAddress.getLoopbackAddress(), server.server.syslogPort("tcp")));
        open.getLast().getOutputStream().write("99999999 <13>waits".getBytes(UTF_8));
      }
      Thread.sleep(200);
      try (Socket refused =
          new Socket(InetAddress.getLoopbackAddress(), server.server.syslogPort("tcp"))) {
        assertThat(refused.getInputStream().read()).isEqualTo(-1);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("reset");
      }
      send(server.server.syslogPort("tls"), "<13>no: tls\n");
    } finally {
      for (Socket socket : open) {
        socket.close();
      }
    }
    awaitEntries(5);
    try (Socket nonsense =
        new Socket(InetAddress.getLoopbackAddress(), server.server.syslogPort("tcp"))) {
      nonsense.getOutputStream().write("12x".getBytes(UTF_8));
      assertThat(nonsense.getInputStream().read()).isEqualTo(-1);
    }
    send(server.server.syslogPort("tcp"), "<13>app: good\n");
    assertThat(awaitEntries(6).getLast().event().eventType()).isEqualTo("syslog.app");
  }

  @Test
  void loggerSendsBothFormats() throws Exception {
    assumeTrue(isInstalled("logger"), "logger (util-linux) is not installed");
    String port = Integer.toString(server.server.syslogPort("tcp"));
    run(
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
    List<Entry> _ = awaitEntries(1);
    run(
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
    List<Entry> entries = awaitEntries(2);
    assertThat(entries.get(0).event().eventType()).isEqualTo("syslog.job.M1");
    assertThat(entries.get(0).event().text(EntryField.SEVERITY)).isEqualTo("medium");
    assertThat(String.valueOf(entries.get(0).event().details()))
        .contains("\"x@32473\":{\"k\":\"v\"}", "\"facility\":4");
    assertThat(entries.get(1).event().eventType()).isEqualTo("syslog.old");
    assertThat(entries.get(1).event().action()).isEqualTo("second");
  }

  @Test
  void rsyslogForwardsOverTcpAndTls() throws Exception {
    assumeTrue(isInstalled("rsyslogd"), "rsyslog is not installed");
    assumeTrue(
        Files.exists(Path.of("/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_ossl.so"))
            || Files.exists(Path.of("/usr/lib/aarch64-linux-gnu/rsyslog/lmnsd_ossl.so")),
        "rsyslog-openssl is not installed");
    Path input = folder.resolve("in.sock");
    Path config = folder.resolve("rsyslog.conf");
    Files.writeString(
        config,
        """
        global(workDirectory="%1$s" defaultNetstreamDriverCAFile="%1$s/cert.pem")
        module(load="imuxsock" SysSock.Use="off")
        input(type="imuxsock" Socket="%2$s" CreatePath="on" RateLimit.Interval="0" UseSysTimeStamp="off")
        template(name="new" type="string" string="<%%PRI%%>1 %%TIMESTAMP:::date-rfc3339%% %%HOSTNAME%% %%APP-NAME%% %%PROCID%% %%MSGID%% %%STRUCTURED-DATA%% %%msg%%\\n")
        action(type="omfwd" target="127.0.0.1" port="%3$d" protocol="tcp" TCP_Framing="octet-counted" template="new")
        action(type="omfwd" target="127.0.0.1" port="%4$d" protocol="tcp" TCP_Framing="octet-counted" template="new"
          StreamDriver="ossl" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost")
        """
            .formatted(
                folder, input, server.server.syslogPort("tcp"), server.server.syslogPort("tls")));
    Process rsyslog =
        new ProcessBuilder(
                "/usr/sbin/rsyslogd",
                "-n",
                "-f",
                config.toString(),
                "-i",
                folder.resolve("pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("rsyslog.out").toFile())
            .start();
    try {
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!Files.exists(input) && System.nanoTime() < deadline) {
        Thread.sleep(20);
      }
      Path lines = folder.resolve("lines");
      Files.write(lines, IntStream.range(0, 300).mapToObj(i -> "line " + i).toList());
      run("logger", "--socket", input.toString(), "--tag", "job", "--file", lines.toString());
      List<Entry> entries = awaitEntries(600);
      for (String receiver : List.of("tcp/", "tls/")) {
        List<String> texts =
            entries.stream()
                .filter(entry -> String.valueOf(entry.event().eventId()).startsWith(receiver))
                .map(entry -> String.valueOf(entry.event().action()).strip())
                .toList();
        assertThat(texts).as(receiver).hasSize(300);
        assertThat(new TreeSet<>(texts)).hasSize(300).contains("line 0", "line 299");
      }
    } finally {
      rsyslog.destroy();
      boolean _ = rsyslog.waitFor(10, TimeUnit.SECONDS);
    }
  }
}
