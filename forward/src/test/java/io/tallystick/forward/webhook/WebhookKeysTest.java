package io.tallystick.forward.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class WebhookKeysTest {
  /** The example of the libraries of Standard Webhooks; computed with Python's hmac as well. */
  @Test
  void signsAsTheExampleDoes() {
    String secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    String signature =
        WebhookKeys.parse(List.of(secret))
            .sign(
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                1_614_265_330,
                "{\"test\": 2432232314}".getBytes(UTF_8));
    assertThat(signature).isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  @Test
  void whileOneSecretReplacesAnotherBothSign() {
    String first = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    String second = "whsec_" + "A".repeat(43) + "=";
    byte[] body = "{}".getBytes(UTF_8);
    String one = WebhookKeys.parse(List.of(first)).sign("msg_1", 7, body);
    String two = WebhookKeys.parse(List.of(second)).sign("msg_1", 7, body);
    assertThat(WebhookKeys.parse(List.of(first, second)).sign("msg_1", 7, body))
        .isEqualTo(one + " " + two);
  }
}
