package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Entry;
import io.tallystick.service.access.Permission;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** RELP into a real server: by hand, and with rsyslog. */
@Timeout(180)
class RelpTest {
  @TempDir Path folder;
  private SyslogFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture =
        new SyslogFixture(
            folder,
            """
            - {name: relp, type: syslog, key: net, listen: "127.0.0.1:0", transport: relp}
            - {name: safe, type: syslog, key: net, listen: "127.0.0.1:0", transport: relp-tls}
            """);
  }

  @AfterEach
  void stop() throws IOException {
    fixture.close();
  }

  /** A sender as librelp is one, without its memory. */
  private final class Client implements AutoCloseable {
    private final Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), fixture.port("relp"));
    private final BufferedReader answers =
        new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
    private int number;

    Client() throws IOException {
      socket.setSoTimeout(20_000);
      send("open", "relp_version=0\nrelp_software=test\ncommands=syslog");
      assertThat(answer()).startsWith("1 rsp ").endsWith(" 200 OK");
      for (int i = 0; i < 3; i++) {
        answer();
      }
    }

    void send(String command, String data) throws IOException {
      number++;
      String space = data.isEmpty() ? "" : " ";
      socket
          .getOutputStream()
          .write(
              (number + " " + command + " " + data.length() + space + data + "\n")
                  .getBytes(US_ASCII));
    }

    void log(int from, int to) throws IOException {
      for (int i = from; i < to; i++) {
        send("syslog", "<14>1 2026-03-04T08:44:23.%06dZ web1 app 7 - - number %d".formatted(i, i));
      }
    }

    String answer() throws IOException {
      return String.valueOf(answers.readLine());
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void aMessageThatIsAnsweredIsInTheLog() throws Exception {
    String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
    try (Client client = new Client()) {
      client.log(0, 50);
      for (int i = 2; i <= 51; i++) {
        assertThat(client.answer()).isEqualTo(i + " rsp 6 200 OK");
        assertThat(fixture.server.log.lastId()).isGreaterThanOrEqualTo(i - 1);
      }
      assertThat(fixture.entries()).hasSize(50);
      client.send("close", "");
      assertThat(client.answer()).isEqualTo("52 rsp 6 200 OK");
      assertThat(client.answer()).isEqualTo("0 serverclose 0");
      assertThat(client.answer()).isEqualTo("null");
    }
    Entry first = fixture.entries().getFirst();
    assertThat(first.event().eventId()).matches("relp/[0-9a-f]{64}");
    assertThat(first.event().occurredAt()).isEqualTo("2026-03-04T08:44:23.000000Z");
    assertThat(String.valueOf(first.event().details())).contains("\"peer\":\"127.0.0.1\"");
  }

  /** The answers were lost with the connection, and librelp sends all again under new numbers. */
  @Test
  void whatIsSentAgainAfterTheConnectionBrokeIsInTheLogOnce() throws Exception {
    String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
    try (Client client = new Client()) {
      client.log(0, 100);
      List<Entry> _ = fixture.awaitEntries(100);
      client.socket.setSoLinger(true, 0);
    }
    try (Client client = new Client()) {
      client.log(30, 120);
      for (int i = 30; i < 120; i++) {
        assertThat(client.answer()).endsWith(" rsp 6 200 OK");
      }
    }
    assertThat(fixture.entries()).hasSize(120);
  }

  /** Its sender must go on holding it. */
  @Test
  void whatIsNotInTheLogIsNotAnswered() throws Exception {
    try (Client client = new Client()) {
      client.log(0, 1);
      client.socket.setSoTimeout(1_000);
      assertThatThrownBy(client::answer).isInstanceOf(SocketTimeoutException.class);
      fixture.awaitLogged("there is no key with the name net");
      String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
      client.socket.setSoTimeout(20_000);
      assertThat(client.answer()).isEqualTo("2 rsp 6 200 OK");
    }
    assertThat(fixture.entries()).hasSize(1);
  }

  @Test
  void aSenderThatSpeaksNoRelpIsCutOffAndOthersAreServed() throws Exception {
    String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
    try (Socket plain = new Socket(InetAddress.getLoopbackAddress(), fixture.port("relp"))) {
      plain.getOutputStream().write("<13>app: no RELP\n".getBytes(UTF_8));
      assertThat(plain.getInputStream().read()).isEqualTo(-1);
    }
    fixture.awaitLogged("it does not speak RELP");
    try (Client client = new Client()) {
      client.log(0, 1);
      assertThat(client.answer()).isEqualTo("2 rsp 6 200 OK");
    }
    assertThat(fixture.entries()).hasSize(1);
  }

  @Test
  void rsyslogDelivers() throws Exception {
    SyslogFixture.needRsyslog("omrelp");
    String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
    Path input =
        fixture.rsyslog(
            "rsyslog",
            "module(load=\"omrelp\" tls.tlslib=\"openssl\")",
            """
            action(type="omrelp" target="127.0.0.1" port="%d" template="new"
              queue.type="LinkedList" queue.size="10000")
            action(type="omrelp" target="127.0.0.1" port="%d" template="new"
              queue.type="LinkedList" queue.size="10000"
              tls="on" tls.caCert="%s/cert.pem" tls.authMode="name" tls.permittedPeer=["localhost"])
            """
                .formatted(fixture.port("relp"), fixture.port("safe"), folder));
    fixture.log(input, 1_000);
    List<Entry> entries = fixture.awaitEntries(2_000);
    for (String receiver : List.of("relp", "safe")) {
      List<String> texts = SyslogFixture.texts(entries, receiver);
      assertThat(texts).as(receiver).hasSize(1_000);
      assertThat(new HashSet<>(texts)).hasSize(1_000).contains("line 0", "line 999");
    }
  }
}
