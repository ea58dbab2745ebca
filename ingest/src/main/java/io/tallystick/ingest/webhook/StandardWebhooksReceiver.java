package io.tallystick.ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Objection;
import io.tallystick.tlog.Quoted;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives webhooks that are signed as standardwebhooks.com says: {@code v1} signatures, perhaps
 * several while keys are replaced, and a time that is at most five minutes away.
 */
public final class StandardWebhooksReceiver extends WebhookReceiver {
  private static final Duration TOLERANCE = Duration.ofMinutes(5);
  private static final String KEY_PREFIX = "whsec_";
  private static final String VERSION = "v1,";
  private static final int MAX_SIGNATURES = 10;

  private final Secrets secrets;
  private final Clock clock;

  public StandardWebhooksReceiver(Secrets secrets, Clock clock) {
    super("standard-webhooks");
    this.secrets = secrets;
    this.clock = clock;
  }

  @Override
  public @Nullable Objection objection(Delivery delivery) {
    String id = delivery.header("webhook-id");
    String time = delivery.header("webhook-timestamp");
    String signatures = delivery.header("webhook-signature");
    if (id == null || time == null || signatures == null) {
      return Objection.WRONG_SIGNATURE;
    }
    List<byte[]> signed = List.of((id + "." + time + ".").getBytes(UTF_8), delivery.body());
    String[] sent = signatures.split(" ", MAX_SIGNATURES + 1);
    boolean genuine = false;
    for (String secret : secrets.good()) {
      String expected =
          VERSION + Base64.getEncoder().encodeToString(Signatures.hmac(key(secret), signed));
      for (int i = 0; i < Math.min(sent.length, MAX_SIGNATURES); i++) {
        genuine |= Signatures.isEqual(expected.getBytes(UTF_8), sent[i].getBytes(UTF_8));
      }
    }
    return genuine ? objection(time) : Objection.WRONG_SIGNATURE;
  }

  /** What is wrong with the time, which only somebody who knows the secret learns. */
  private @Nullable Objection objection(String seconds) {
    if (!seconds.matches("[0-9]{1,12}")) {
      return new Objection(
          "no time",
          "The signature is right, but webhook-timestamp must be a number of seconds since 1970,"
              + " and was "
              + Quoted.of(seconds)
              + ".");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    Instant sent = Instant.ofEpochSecond(Long.parseLong(seconds));
    Duration away = Duration.between(sent, now);
    if (away.abs().compareTo(TOLERANCE) <= 0) {
      return null;
    }
    return new Objection(
        away.isNegative() ? "time too far ahead" : "time too old",
        "The signature is right, but its time, webhook-timestamp, is %s: %,d seconds %s this server's, %s, and at most %,d are allowed. Check the clocks of both; an event that waited must be signed again."
            .formatted(
                sent,
                away.abs().toSeconds(),
                away.isNegative() ? "ahead of" : "before",
                now,
                TOLERANCE.toSeconds()));
  }

  private static byte[] key(String secret) {
    if (!secret.startsWith(KEY_PREFIX)) {
      return secret.getBytes(UTF_8);
    }
    String base64 = secret.substring(KEY_PREFIX.length());
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return base64.getBytes(UTF_8);
    }
  }

  @Override
  void describe(Delivery delivery, ObjectNode content) {
    // Not the time: it is that of the attempt, and another one has the same id.
    copy(delivery, "webhook-id", content, "id");
  }

  @Override
  @Nullable String id(Delivery delivery, JsonNode payload) {
    return delivery.header("webhook-id");
  }
}
