package io.tallystick.forward.syslog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.forward.Counterpart;
import io.tallystick.forward.Samples;
import io.tallystick.forward.format.CefFormat;
import io.tallystick.forward.format.EcsFormat;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.net.Certificates;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SyslogSinkTest {
  private static final SyslogType TYPE = new SyslogType();
  private static final Format FORMAT = new CefFormat();

  /** Entries to send while it is killed. */
  private static final int COUNT = Boolean.getBoolean("tallystick.long") ? 20_000 : 3_000;

  @TempDir static Path certificates;
  @TempDir Path directory;

  /** Once: a key of RSA, which is what every rsyslog can read, takes seconds to make. */
  @BeforeAll
  static void makeCertificate() throws Exception {
    Certificates.make(certificates, "RSA");
  }

  @BeforeEach
  void copyCertificate() throws Exception {
    Certificates.copy(certificates, directory);
  }

  private static void needRsyslog() throws Exception {
    Counterpart.need(
        "rsyslogd with gtls and RELP is missing (apt-get install rsyslog rsyslog-gnutls rsyslog-relp)",
        Path.of("."),
        Map.of(),
        "sh",
        "-c",
        "command -v rsyslogd && ls /usr/lib/*/rsyslog/imrelp.so /usr/lib/*/rsyslog/lmnsd_gtls.so");
  }

  private static Long[] upTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toArray(Long[]::new);
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!condition.call() && System.nanoTime() < end) {
      Thread.sleep(20);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "tls", "relp"})
  void rsyslogReceivesEveryRecordAsItWas(String transport) throws Exception {
    needRsyslog();
    List<Outgoing> all = new ArrayList<>(Samples.outgoing(FORMAT, 1_000));
    all.add(
        Samples.outgoing(FORMAT, 1_001, Samples.full(7, "security.suspicious", Samples.HOSTILE)));
    try (Rsyslog rsyslog = new Rsyslog(directory, transport);
        Sink sink = TYPE.open(rsyslog.settings(FORMAT))) {
      assertThat(sink.level())
          .isEqualTo(transport.equals("relp") ? Level.CONFIRMED : Level.ACCEPTED);
      assertThat(TestReceiver.deliver(sink, all, 100)).isEmpty();
      await(() -> rsyslog.lines().size() == all.size());
      assertThat(rsyslog.held(FORMAT))
          .extracting(held -> new String(held.body(), UTF_8))
          .containsExactlyElementsOf(
              all.stream()
                  .filter(out -> !out.marker())
                  .map(out -> new String(out.body(), UTF_8))
                  .toList());
      assertThat(rsyslog.lines().getLast())
          .startsWith(
              "[tallystick@32473 origin=\"log.example/audit\" sink=\"siem\" seq=\"1001\" id=\"7\" hash=\""
                  + Samples.hash(7)
                  + "\" ts=\"2026-11-23T03:05:09.123456796Z\" type=\"security.suspicious\"]");
    }
  }

  /** RELP's answer comes when rsyslog has written the message, if its queue is direct. */
  @Test
  void overRelpAKilledReceiverMissesNothing() throws Exception {
    needRsyslog();
    List<Outgoing> all = Samples.outgoing(FORMAT, COUNT);
    try (Rsyslog rsyslog = new Rsyslog(directory, "relp");
        Sink sink = TYPE.open(rsyslog.settings(FORMAT))) {
      killWhile(rsyslog, () -> TestReceiver.deliver(sink, all, 100));
      assertThat(new HashSet<>(rsyslog.held(FORMAT).stream().map(Held::seq).toList()))
          .contains(upTo(COUNT));
    }
  }

  /** What it promises is less: nothing but that it says so, and goes on. */
  @ParameterizedTest
  @ValueSource(strings = {"tcp", "tls"})
  void afterAKillItConnectsAgainAndTheEndArrives(String transport) throws Exception {
    needRsyslog();
    List<Outgoing> all = Samples.outgoing(FORMAT, COUNT);
    try (Rsyslog rsyslog = new Rsyslog(directory, transport);
        Sink sink = TYPE.open(rsyslog.settings(FORMAT))) {
      killWhile(rsyslog, () -> TestReceiver.deliver(sink, all, 100));
      await(() ->
          rsyslog
              .lines()
              .getLast()
              .contains(
                  "tallystick@32473 origin=\"log.example/audit\" sink=\"siem\" seq=\""
                      + COUNT / 1_000
                      + "\""));
      List<Long> seqs = rsyslog.held(FORMAT).stream().map(Held::seq).distinct().toList();
      System.out.printf(
          "rsyslog over %s lost %,d of %,d that were written%n",
          transport, COUNT - seqs.size(), COUNT);
      assertThat(seqs).contains(1L, (long) COUNT);
    }
  }

  private static void killWhile(Rsyslog rsyslog, Callable<?> work) throws Exception {
    Thread killer =
        Thread.ofPlatform()
            .start(() -> {
              try {
                for (int i = 0; i < 3; i++) {
                  Thread.sleep(30);
                  rsyslog.process.kill();
                  Files.deleteIfExists(rsyslog.directory().resolve("pid"));
                  rsyslog.process.start();
                }
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    Object _ = work.call();
    killer.join();
  }

  @Test
  void aReceiverThatItDoesNotTrustGetsNothing() throws Exception {
    needRsyslog();
    List<Outgoing> batch = Samples.outgoing(FORMAT, 1);
    try (Rsyslog rsyslog = new Rsyslog(directory, "tls")) {
      Path other = Files.createDirectory(directory.resolve("other"));
      Certificates.make(other, "EC");
      rsyslog.put("ca_file", "other/ca.pem");
      try (Sink sink = TYPE.open(rsyslog.settings(FORMAT))) {
        assertThatThrownBy(() -> sink.send(batch))
            .isInstanceOf(SinkException.class)
            .hasMessageContaining("has no TLS that ca_file trusts");
      }
      rsyslog.put("ca_file", "ca.pem");
      rsyslog.put("host", "127.0.0.2");
      try (Sink sink = TYPE.open(rsyslog.settings(FORMAT))) {
        assertThatThrownBy(() -> sink.send(batch)).isInstanceOf(SinkException.class);
      }
      assertThat(rsyslog.lines()).isEmpty();
    }
  }

  /** A peer that reads nothing fills the buffers between the two, and the write would not end. */
  @ParameterizedTest
  @ValueSource(strings = {"tcp", "relp"})
  void aPeerThatNeverReadsOrAnswersEndsInTime(String transport) throws Exception {
    try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Map<String, Object> values =
          Map.of(
              "host",
              "127.0.0.1",
              "port",
              peer.getLocalPort(),
              "transport",
              transport,
              "timeout_seconds",
              1);
      List<Outgoing> all = Samples.outgoing(new EcsFormat(), 10_000);
      long start = System.nanoTime();
      try (Sink sink = TYPE.open(TestReceiver.settings(directory, "ecs", values))) {
        assertThatThrownBy(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    sink.send(all);
                  }
                })
            .isInstanceOf(SinkException.class);
      }
      assertThat(System.nanoTime() - start).isLessThan(20_000_000_000L);
    }
  }

  @Test
  void theHeaderIsThatOfRfc5424AndMessagesAreCounted() throws Exception {
    try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Map<String, Object> values =
          Map.of(
              "host",
              "127.0.0.1",
              "port",
              peer.getLocalPort(),
              "transport",
              "tcp",
              "hostname",
              "log-1",
              "enterprise",
              4_711);
      Outgoing out = Samples.outgoing(FORMAT, 3, Samples.bare(7, "auth.login.failed"));
      Outgoing longer =
          Samples.outgoing(FORMAT, 4, Samples.bare(8, "a.type.that.is.longer.than.32.characters"));
      String received;
      try (Sink sink = TYPE.open(TestReceiver.settings(directory, "cef", values))) {
        assertThat(sink.send(List.of(out, longer)).rejected()).isEmpty();
      }
      try (Socket socket = peer.accept();
          InputStream in = socket.getInputStream()) {
        received = new String(in.readAllBytes(), UTF_8);
      }
      int space = received.indexOf(' ');
      int length = Integer.parseInt(received.substring(0, space));
      assertThat(received.substring(space + 1, space + 1 + length))
          .startsWith(
              "<108>1 2026-11-23T03:05:09.123456Z log-1 tallystick - auth.login.failed [tallystick@4711 origin=")
          .endsWith(new String(out.body(), UTF_8));
      assertThat(received.substring(space + 1 + length))
          .contains("<110>1 2026-11-23T03:05:09.123456Z log-1 tallystick - - [tallystick@4711 ")
          .contains(" type=\"a.type.that.is.longer.than.32.characters\"] CEF:0|");
    }
  }

  /** What such ports do: close, answer in clear, or wait for a line. */
  @ParameterizedTest
  @ValueSource(strings = {"close", "reset", "clear", "silence"})
  void tlsToAPortWithoutItNamesTheHandshake(String answer) throws Exception {
    try (ServerSocket peer = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread answering =
          Thread.ofVirtual()
              .start(() -> {
                try (Socket socket = peer.accept()) {
                  switch (answer) {
                    case "reset" -> socket.setSoLinger(true, 0);
                    case "clear" ->
                        socket.getOutputStream().write("what?\n".repeat(9).getBytes(UTF_8));
                    case "silence" -> Thread.sleep(2_500);
                    default -> {}
                  }
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      Map<String, Object> values =
          Map.of(
              "host",
              "localhost",
              "port",
              peer.getLocalPort(),
              "transport",
              "tls",
              "timeout_seconds",
              1);
      try (Sink sink = TYPE.open(TestReceiver.settings(directory, "cef", values))) {
        assertThatThrownBy(
                () -> sink.send(List.of(Samples.outgoing(FORMAT, 1, Samples.bare(7, "deploy")))))
            .isInstanceOf(SinkException.class)
            .hasMessageContaining("TLS handshake failed; does that port speak TLS?");
      }
      answering.join();
    }
  }

  @Test
  void wrongSettingsAreSaid() {
    for (Map<String, Object> wrong :
        List.<Map<String, Object>>of(
            Map.of("port", 1),
            Map.of("host", "h", "transport", "udp"),
            Map.of("host", "h", "facility", 24),
            Map.of("host", "h", "app_name", "with space"),
            Map.of("host", "h", "cert_file", "missing.pem"))) {
      assertThatThrownBy(() -> TYPE.check(TestReceiver.settings(directory, "cef", wrong)))
          .isInstanceOf(SettingException.class);
    }
  }
}
