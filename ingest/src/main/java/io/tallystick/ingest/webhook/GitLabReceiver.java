package io.tallystick.ingest.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Objection;
import org.jspecify.annotations.Nullable;

/**
 * Receives GitLab's webhooks, which show the secret itself in {@code X-Gitlab-Token}, and its
 * streamed audit events, which show it in {@code X-Gitlab-Event-Streaming-Token}. GitLab streams
 * some audit events more than once; they have an id.
 */
public final class GitLabReceiver extends WebhookReceiver {
  private static final String STREAMED = "X-Gitlab-Event-Streaming-Token";

  private final Secrets secrets;

  public GitLabReceiver(Secrets secrets) {
    super("gitlab");
    this.secrets = secrets;
  }

  @Override
  public @Nullable Objection objection(Delivery delivery) {
    String hook = delivery.header("X-Gitlab-Token");
    String shown = hook == null ? delivery.header(STREAMED) : hook;
    boolean genuine = false;
    for (String secret : secrets.good()) {
      genuine |= shown != null && Signatures.isEqual(shown, secret);
    }
    return genuine ? null : Objection.WRONG_SIGNATURE;
  }

  @Override
  void describe(Delivery delivery, ObjectNode content) {
    copy(delivery, "X-Gitlab-Event", content, "event");
    copy(delivery, "X-Gitlab-Event-UUID", content, "event_uuid");
    copy(delivery, "X-Gitlab-Webhook-UUID", content, "webhook_uuid");
    copy(delivery, "X-Gitlab-Instance", content, "instance");
    copy(delivery, "X-Gitlab-Audit-Event-Type", content, "audit_event_type");
  }

  @Override
  @Nullable String id(Delivery delivery, JsonNode payload) {
    String key = delivery.header("Idempotency-Key");
    if (key != null) {
      return key;
    }
    JsonNode own = payload.path("id");
    if (delivery.header(STREAMED) != null && own.isValueNode() && !own.asText().isEmpty()) {
      return own.asText();
    }
    // An event that sets off another hook lends it its UUID.
    String uuid = delivery.header("X-Gitlab-Event-UUID");
    return uuid == null ? null : uuid + "/" + sha256(delivery).substring(0, 32);
  }
}
