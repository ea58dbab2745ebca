package io.tallystick.ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.ingest.Intake;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Objection;
import io.tallystick.ingest.receiver.Receiver;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookReceiversTest {
  @TempDir Path folder;

  private static final Mappings AUTO = Mappings.named("auto");

  private final Intake intake = new Intake("w", AUTO);

  private Path file(String text) throws IOException {
    Path file = folder.resolve("secret");
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private Secrets secrets(String text) throws IOException {
    return new Secrets(file(text));
  }

  private static Delivery delivery(Map<String, String> headers, String body) {
    return new Delivery("", Map.of(), headers, "", body.getBytes(UTF_8));
  }

  private static boolean isGenuine(Receiver receiver, Delivery delivery) {
    return receiver.objection(delivery) == null;
  }

  private Event event(Receiver receiver, Delivery delivery) {
    return intake.read(receiver.receive(delivery).documents().getFirst(), null, Map.of());
  }

  /** The example of GitHub's documentation. */
  @Test
  void gitHubsPublishedSignatureIsRight() throws Exception {
    GitHubReceiver receiver =
        new GitHubReceiver(secrets("an old secret of it\nIt's a Secret to Everybody\n"));
    String right = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    assertThat(isGenuine(receiver, delivery(Map.of("x-hub-signature-256", right), "Hello, World!")))
        .isTrue();
    for (String wrong :
        new String[] {right.replace('7', '8'), right.substring(7), "sha256=", "", right + "0"}) {
      assertThat(
              isGenuine(receiver, delivery(Map.of("x-hub-signature-256", wrong), "Hello, World!")))
          .as(wrong)
          .isFalse();
    }
    assertThat(isGenuine(receiver, delivery(Map.of("x-hub-signature-256", right), "Hello, World?")))
        .isFalse();
    assertThat(isGenuine(receiver, delivery(Map.of(), "Hello, World!"))).isFalse();
  }

  @Test
  void gitHubsEventIsMappedAndKnownByItsDelivery() throws Exception {
    GitHubReceiver receiver = new GitHubReceiver(secrets("0123456789abcdef"));
    String payload =
        "{\"action\":\"added\",\"sender\":{\"login\":\"octo\",\"id\":7,\"type\":\"User\"},"
            + "\"repository\":{\"full_name\":\"o/r\"},\"organization\":{\"login\":\"o\"}}";
    Map<String, String> headers = new HashMap<>();
    headers.put("x-github-event", "member");
    headers.put("x-github-delivery", "d-1");
    Event json = event(receiver, delivery(headers, payload));
    assertThat(json.eventType()).isEqualTo("github.member.added");
    assertThat(json.eventId()).isEqualTo("w/d-1");
    assertThat(json.actorUsername()).isEqualTo("octo");
    assertThat(json.targetId()).isEqualTo("o/r");
    headers.put("content-type", "application/x-www-form-urlencoded");
    String form = "payload=" + URLEncoder.encode(payload, UTF_8);
    assertThat(event(receiver, delivery(headers, form))).isEqualTo(json);
    assertThat(event(receiver, delivery(headers, "payload=%zz")).eventType())
        .isEqualTo("github.member");
  }

  @Test
  void gitLabShowsTheSecretItself() throws Exception {
    GitLabReceiver receiver = new GitLabReceiver(secrets("0123456789abcdef\nfedcba9876543210"));
    for (String header : new String[] {"x-gitlab-token", "x-gitlab-event-streaming-token"}) {
      assertThat(isGenuine(receiver, delivery(Map.of(header, "fedcba9876543210"), ""))).isTrue();
      assertThat(isGenuine(receiver, delivery(Map.of(header, "fedcba987654321"), ""))).isFalse();
    }
    assertThat(isGenuine(receiver, delivery(Map.of(), ""))).isFalse();

    Map<String, String> streamed = Map.of("x-gitlab-event-streaming-token", "x");
    Event audit =
        event(
            receiver,
            delivery(
                streamed,
                "{\"id\":\"u-1\",\"author_id\":1,\"author_name\":\"ann\",\"ip_address\":\"192.0.2.1\","
                    + "\"created_at\":\"2026-03-04T08:51:46Z\",\"target_type\":\"Project\",\"target_id\":3,"
                    + "\"event_type\":\"project_name_updated\"}"));
    assertThat(audit.eventType()).isEqualTo("gitlab.project_name_updated");
    assertThat(audit.eventId()).isEqualTo("w/u-1");
    assertThat(audit.actorIp()).isEqualTo("192.0.2.1");

    Map<String, String> hook = Map.of("x-gitlab-event", "Push Hook", "x-gitlab-event-uuid", "g-1");
    Event push =
        event(
            receiver,
            delivery(
                hook,
                "{\"object_kind\":\"push\",\"event_name\":\"push\",\"user_username\":\"ann\",\"project\":{\"path_with_namespace\":\"g/p\"}}"));
    assertThat(push.eventType()).isEqualTo("gitlab.push");
    assertThat(push.eventId()).startsWith("w/g-1/");
    assertThat(push.targetId()).isEqualTo("g/p");
  }

  /** The example of the specification's libraries. */
  @Test
  void standardWebhooksPublishedSignatureIsRightForFiveMinutes() throws Exception {
    Secrets secrets = secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    Map<String, String> headers = new HashMap<>();
    headers.put("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek");
    headers.put("webhook-timestamp", "1614265330");
    headers.put(
        "webhook-signature",
        "v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,x"
            + " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    String body = "{\"test\": 2432232314}";
    for (int away : new int[] {-300, 0, 300, -301, 301}) {
      StandardWebhooksReceiver receiver = at(secrets, 1614265330 + away);
      assertThat(isGenuine(receiver, delivery(headers, body)))
          .as("%s s away", away)
          .isEqualTo(Math.abs(away) <= 300);
    }
    StandardWebhooksReceiver receiver = at(secrets, 1614265330);
    assertThat(isGenuine(receiver, delivery(headers, body + " "))).isFalse();
    for (String missing : headers.keySet()) {
      Map<String, String> without = new HashMap<>(headers);
      without.remove(missing);
      assertThat(isGenuine(receiver, delivery(without, body))).as(missing).isFalse();
      without.put(missing, "x");
      assertThat(isGenuine(receiver, delivery(without, body))).as(missing).isFalse();
    }
  }

  /** A sender whose clock is wrong would look for the fault in its secret for ever. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "301 | time too old | 2021-02-25T15:02:10Z: 301 seconds before this server's, 2021-02-25T15:07:11Z, and at most 300 are allowed",
        "-301 | time too far ahead | 301 seconds ahead of this server's",
      })
  void aRightSignatureOfAnotherTimeIsNotCalledWrong(int away, String reason, String detail)
      throws Exception {
    Map<String, String> headers =
        Map.of(
            "webhook-id",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp",
            "1614265330",
            "webhook-signature",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    StandardWebhooksReceiver receiver =
        at(secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 1614265330 + away);
    Objection objection =
        Objects.requireNonNull(receiver.objection(delivery(headers, "{\"test\": 2432232314}")));
    assertThat(objection.reason()).isEqualTo(reason);
    assertThat(objection.detail()).startsWith("The signature is right").contains(detail);
    assertThat(receiver.objection(delivery(headers, "{}")))
        .as("who has no secret learns nothing of clocks")
        .isEqualTo(Objection.WRONG_SIGNATURE);
  }

  private static StandardWebhooksReceiver at(Secrets secrets, long second) {
    return new StandardWebhooksReceiver(
        secrets, Clock.fixed(Instant.ofEpochSecond(second), ZoneOffset.UTC));
  }

  /** It signs the time of each attempt, which is another one the next time. */
  @Test
  void anAttemptThatIsRepeatedIsTheSameEvent() throws Exception {
    StandardWebhooksReceiver receiver = at(secrets("whsec_MfKQ9r8GKYqrTwjUPD8ILPZI"), 0);
    String body = "{\"type\":\"user.created\",\"timestamp\":\"2026-03-04T08:51:46Z\",\"data\":{}}";
    Event first =
        event(receiver, delivery(Map.of("webhook-id", "m", "webhook-timestamp", "1"), body));
    Event again =
        event(receiver, delivery(Map.of("webhook-id", "m", "webhook-timestamp", "2"), body));
    assertThat(first).isEqualTo(again);
    assertThat(first.eventType()).isEqualTo("user.created");
    assertThat(first.eventId()).isEqualTo("w/m");
  }

  @Test
  void secretsAreReadAgainWhenTheirFileChangesAndStayWhileItIsNotRight() throws Exception {
    Path file = file("0123456789abcdef\n");
    Secrets secrets = new Secrets(file);
    Files.writeString(file, "fedcba9876543210\n\n  0123456789abcdef \n");
    Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    assertThat(secrets.good()).containsExactly("fedcba9876543210", "0123456789abcdef");
    Files.writeString(file, "short\n");
    Files.setLastModifiedTime(file, FileTime.fromMillis(2));
    assertThat(secrets.good()).hasSize(2);
    Files.delete(file);
    assertThat(secrets.good()).hasSize(2);
  }

  private List<String> whatIsLogged(Secrets secrets) {
    List<String> logged = new ArrayList<>();
    Logger logger = Logger.getLogger(Secrets.class.getName());
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            logged.add(new SimpleFormatter().formatMessage(record));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    try {
      for (int i = 0; i < 2; i++) {
        assertThat(secrets.good()).containsExactly("0123456789abcdef");
      }
    } finally {
      logger.removeHandler(handler);
    }
    return logged;
  }

  @Test
  void whyAChangedFileIsNotUsedIsLoggedOnce() throws Exception {
    Path file = file("0123456789abcdef\n");
    Secrets secrets = new Secrets(file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Files.setLastModifiedTime(file, FileTime.fromMillis(1));
    assertThat(whatIsLogged(secrets)).singleElement().asString().contains("chmod 600");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(whatIsLogged(secrets)).as("it is right again").isEmpty();
    Files.delete(file);
    assertThat(whatIsLogged(secrets))
        .singleElement()
        .asString()
        .contains("stay as they were: there is no file \"");
    Files.createDirectory(file);
    assertThat(whatIsLogged(secrets)).singleElement().asString().endsWith(" is not a file");
  }

  /** The message of such a failure is the file's name and nothing else. */
  @Test
  void aFileThatTheServerMayNotReadIsCalledThat() {
    assertThat(Secrets.reason(Path.of("s"), new AccessDeniedException("s")))
        .isEqualTo("the server may not read \"s\"; give it to the user that runs the server");
    assertThat(Secrets.reason(Path.of("s"), new FileSystemException("s", null, "Is a loop")))
        .isEqualTo("\"s\" can't be read: Is a loop");
  }

  @Test
  void aFileThatOthersCanReadOrThatHasNoSecretIsRefused() throws Exception {
    Path file = file("0123456789abcdef");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> new Secrets(file)).hasMessageContaining("chmod 600");
    assertThatThrownBy(() -> secrets("\n")).hasMessageContaining("at least one");
    assertThatThrownBy(() -> secrets("0123456789abcdef\nshort"))
        .hasMessageContaining("16 characters")
        .hasMessageNotContaining("short");
    assertThatThrownBy(() -> new Secrets(folder.resolve("none")))
        .hasMessageContaining("there is no file");
  }
}
