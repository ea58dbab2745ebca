package io.tallystick.ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Objection;
import java.net.URLDecoder;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives GitHub's webhooks, signed in {@code X-Hub-Signature-256}. A delivery that somebody has
 * GitHub send again has the id that it had.
 */
public final class GitHubReceiver extends WebhookReceiver {
  private static final String PREFIX = "sha256=";
  private static final String FORM = "payload=";

  private final Secrets secrets;

  public GitHubReceiver(Secrets secrets) {
    super("github");
    this.secrets = secrets;
  }

  @Override
  public @Nullable Objection objection(Delivery delivery) {
    String sent = delivery.header("X-Hub-Signature-256");
    if (sent == null || !sent.matches("sha256=[0-9a-fA-F]{64}")) {
      return Objection.WRONG_SIGNATURE;
    }
    byte[] signature = HexFormat.of().parseHex(sent.substring(PREFIX.length()));
    boolean genuine = false;
    for (String secret : secrets.good()) {
      byte[] expected = Signatures.hmac(secret.getBytes(UTF_8), List.of(delivery.body()));
      genuine |= Signatures.isEqual(expected, signature);
    }
    return genuine ? null : Objection.WRONG_SIGNATURE;
  }

  @Override
  void describe(Delivery delivery, ObjectNode content) {
    copy(delivery, "X-GitHub-Event", content, "event");
    copy(delivery, "X-GitHub-Delivery", content, "delivery");
    copy(delivery, "X-GitHub-Hook-ID", content, "hook_id");
  }

  @Override
  @Nullable String id(Delivery delivery, JsonNode payload) {
    String id = delivery.header("X-GitHub-Delivery");
    return id == null ? sha256(delivery) : id;
  }

  /** A hook may be set to send a form. */
  @Override
  byte[] payload(Delivery delivery) {
    if (!delivery.mediaType().equals("application/x-www-form-urlencoded")) {
      return delivery.body();
    }
    String form = new String(delivery.body(), UTF_8);
    try {
      return form.startsWith(FORM)
          ? URLDecoder.decode(form.substring(FORM.length()).split("&", 2)[0], UTF_8).getBytes(UTF_8)
          : delivery.body();
    } catch (IllegalArgumentException e) {
      return delivery.body();
    }
  }
}
