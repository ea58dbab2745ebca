package io.tallystick.forward.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HttpReceiverTest {
  @TempDir Path directory;

  private HttpReceiver receiver(Map<String, ?> values) throws Exception {
    return new HttpReceiver(TestReceiver.settings(directory, "native", values), "Bearer");
  }

  private static HttpAnswer ask(HttpReceiver receiver) throws Exception {
    return receiver.post("/x?a=b", "text/plain", new byte[] {1}, Map.of());
  }

  private static HttpAnswer answered(Reply reply) throws Exception {
    try (TestReceiver server = new TestReceiver((request, body) -> reply);
        HttpReceiver receiver =
            new HttpReceiver(
                TestReceiver.settings(Path.of("."), "native", Map.of("url", server.url())),
                "Bearer")) {
      return ask(receiver);
    }
  }

  @Test
  void whoeverDoesNotAnswerOrStopsInTheMiddleEndsTheRequestInTime() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(() -> {
            try {
              while (true) {
                Socket socket = silent.accept();
                socket
                    .getOutputStream()
                    .write("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf".getBytes(UTF_8));
              }
            } catch (IOException e) {
              // The test is over.
            }
          });
      Map<String, Object> values =
          Map.of("url", "http://127.0.0.1:" + silent.getLocalPort(), "timeout_seconds", 1);
      try (HttpReceiver receiver = receiver(values)) {
        assertThatThrownBy(() -> ask(receiver))
            .isInstanceOf(SinkException.class)
            .hasMessageContaining("did not answer in 1 s");
        try (InputStream answer = receiver.stream("/", "text/plain", new byte[0])) {
          assertThat(answer.readNBytes(4)).hasSize(4);
          assertThatThrownBy(answer::read).isInstanceOf(IOException.class);
        }
      }
    }
    try (HttpReceiver receiver = receiver(Map.of("url", "http://127.0.0.1:1"))) {
      assertThatThrownBy(() -> ask(receiver)).hasMessage("127.0.0.1:1 can't be connected to");
    }
  }

  @Test
  void credentialsGoIntoTheHeaderThatTheSettingsName() throws Exception {
    Path secret = directory.resolve("secret");
    Files.writeString(secret, "s3cret\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    AtomicReference<String> seen = new AtomicReference<>();
    try (TestReceiver server =
        new TestReceiver((request, body) -> {
          seen.set(
              request.getRequestURI()
                  + " "
                  + request.getRequestHeaders().getFirst("Authorization")
                  + " "
                  + request.getRequestHeaders().getFirst("Api-Key"));
          return new Reply(200, "");
        })) {
      String url = server.url() + "/base/?q=1";
      try (HttpReceiver receiver = receiver(Map.of("url", url, "token_file", "secret"))) {
        assertThat(ask(receiver).isSuccess()).isTrue();
        assertThat(seen.get()).isEqualTo("/base/x?a=b&q=1 Bearer s3cret null");
      }
      try (HttpReceiver receiver =
          receiver(Map.of("url", url, "token_file", "secret", "token_header", "Api-Key"))) {
        assertThat(ask(receiver).isSuccess()).isTrue();
        assertThat(seen.get()).isEqualTo("/base/x?a=b&q=1 null s3cret");
      }
      try (HttpReceiver receiver =
          receiver(Map.of("url", url, "username", "u", "password_file", "secret"))) {
        assertThat(ask(receiver).isSuccess()).isTrue();
        assertThat(seen.get()).isEqualTo("/base/x?a=b&q=1 Basic dTpzM2NyZXQ= null");
      }
    }
  }

  @Test
  void retryAfterIsANumberOfSecondsOrADate() throws Exception {
    Clock clock = Clock.fixed(Instant.parse("2026-11-23T03:05:00Z"), ZoneOffset.UTC);
    for (Map.Entry<String, Duration> each :
        Map.of(
                "5", Duration.ofSeconds(5),
                "999999999", Duration.ofHours(1),
                "Mon, 23 Nov 2026 03:06:00 GMT", Duration.ofMinutes(1),
                "Mon, 23 Nov 2026 03:00:00 GMT", Duration.ZERO)
            .entrySet()) {
      HttpAnswer answer = answered(new Reply(503, "", Map.of("Retry-After", each.getKey())));
      assertThat(answer.retryAfter(clock)).isEqualTo(each.getValue());
    }
    assertThat(answered(new Reply(503, "", Map.of("Retry-After", "soon"))).retryAfter(clock))
        .isNull();
  }

  @Test
  void aRedirectIsNotFollowed() throws Exception {
    HttpAnswer answer = answered(new Reply(302, "", Map.of("Location", "http://127.0.0.1:1/")));
    assertThat(answer.failure()).hasMessageContaining("redirects are not followed");
  }

  @Test
  void entriesDoNotCrossANetworkInTheClear() {
    assertThatThrownBy(() -> receiver(Map.of("url", "http://collector.example.com")))
        .isInstanceOf(SettingException.class)
        .hasMessageContaining("insecure_http");
  }
}
