package io.tallystick.http.auth;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.ingest.receiver.Objection;
import io.tallystick.service.Limit;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.export.ExportRecord;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.Receipt;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entries that the server itself writes about its clients. Only the end of an export waits for
 * its entry. If the log refuses one, the server's own log has a warning.
 */
public final class SecurityEvents {
  private static final Logger LOG = LoggerFactory.getLogger(SecurityEvents.class);
  private static final int MAX_USER_AGENT_CHARS = 256;
  private static final Duration MAX_WAIT = Duration.ofSeconds(30);

  private final AuditLog log;
  private final PersonalFields personal;

  /**
   * @param personal what is personal in these entries
   */
  public SecurityEvents(AuditLog log, PersonalFields personal) {
    this.log = log;
    this.personal = personal;
  }

  /** A client sent a key that is not valid. */
  void loginFailed(AccessKeys.Check.Refused refused, InetAddress from, @Nullable String userAgent) {
    AccessKey key = refused.key();
    append(
        about(key, "auth.login.failed", from, userAgent)
            .action("api key refused")
            .text(EntryField.OUTCOME, "failure")
            .details(Details.parse("{\"reason\":\"" + refused.reason() + "\"}")));
  }

  /** A client sent to a receiver what nobody signed who knows its secret. */
  void signatureRefused(
      String keyName, Objection objection, InetAddress from, @Nullable String userAgent) {
    append(
        about(null, "auth.login.failed", from, userAgent)
            .action("signature refused")
            .text(EntryField.TARGET_NAME, keyName)
            .text(EntryField.OUTCOME, "failure")
            .details(Details.parse("{\"reason\":\"" + objection.reason() + "\"}")));
  }

  /** A user signed in on the page with this key. */
  public void signedIn(AccessKey key, InetAddress from, @Nullable String userAgent) {
    append(
        about(key, "auth.login.success", from, userAgent)
            .actorUsername(key.name())
            .action("signed in on the page")
            .text(EntryField.OUTCOME, "success"));
  }

  /** A user signed out. */
  public void signedOut(Session session, InetAddress from, @Nullable String userAgent) {
    append(
        about(session.key(), "auth.logout", from, userAgent)
            .actorUsername(session.key().name())
            .action("signed out on the page")
            .text(EntryField.OUTCOME, "success"));
  }

  /** A session ended, but not by signing out. */
  public void sessionExpired(Sessions.Ended ended) {
    Session session = ended.session();
    append(
        about(session.key(), "auth.session.expired", session.address(), null)
            .actorUsername(session.key().name())
            .action("session ended")
            .details(Details.parse("{\"reason\":\"" + ended.reason() + "\"}")));
  }

  /** A valid key lacks a permission. */
  void permissionDenied(
      AccessKey key, String needed, InetAddress from, @Nullable String userAgent, String method) {
    append(
        about(key, "security.permission_denied", from, userAgent)
            .actorUsername(key.name())
            .action("permission refused")
            .text(EntryField.OUTCOME, "failure")
            .details(
                Details.parse(
                    "{\"permission\":\"" + needed + "\",\"method\":\"" + method + "\"}")));
  }

  /**
   * A client exported entries, all that matched or only some. Waits until the entry about it is
   * acknowledged, so that the answer does not end before.
   *
   * @param failure why there are not all; {@code null} if there are
   */
  public void exported(
      Caller caller,
      @Nullable String userAgent,
      ExportRecord export,
      long entries,
      @Nullable String failure)
      throws IOException {
    AccessKey key = caller.key();
    CompletableFuture<Receipt> recorded =
        record(
            about(key, PersonalFields.EXPORTED, caller.address(), userAgent)
                .actorUsername(key.name())
                .action("exported as " + export.format())
                .text(EntryField.OUTCOME, failure == null ? "success" : "failure")
                .details(export.details(entries, failure)));
    try {
      recorded.orTimeout(MAX_WAIT.toMillis(), TimeUnit.MILLISECONDS).join();
    } catch (CompletionException e) {
      LOG.debug("an export was not recorded", e);
    }
  }

  /** Attempts failed that were not all logged one by one. */
  public void flood(FailureLimiter.Flood flood, Duration window) throws IOException {
    InetAddress network = flood.network();
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator out = AnswerJson.generator(json)) {
      out.writeStartObject();
      out.writeNumberField("count", flood.failures());
      out.writeNumberField("unlogged", flood.unlogged());
      out.writeNumberField("window_seconds", window.toSeconds());
      if (network == null) {
        out.writeNumberField("addresses", flood.addresses());
      } else if (network instanceof Inet6Address) {
        out.writeNumberField("prefix_bits", 64);
      }
      out.writeNumberField("with_known_key", flood.knownKeys());
      if (!flood.keys().isEmpty()) {
        out.writeArrayFieldStart("keys");
        for (String key : flood.keys()) {
          out.writeString(key);
        }
        out.writeEndArray();
      }
      if (flood.moreKeys() > 0) {
        out.writeNumberField("more_keys", flood.moreKeys());
      }
      out.writeEndObject();
    }
    append(
        Event.builder("security.rate_limited")
            .actorIp(network == null ? null : ClientAddress.text(network))
            .action("failed attempts limited")
            .text(EntryField.OUTCOME, "failure")
            .details(Details.parse(json.toString(UTF_8))));
  }

  /**
   * A key had its share of a limit and wanted more.
   *
   * @param count how often
   * @param window in which it did; zero for once
   */
  void keyLimited(AccessKey key, InetAddress from, Limit limit, long count, Duration window) {
    append(
        about(key, "security.rate_limited", from, null)
            .actorUsername(key.name())
            .action("key has its share of " + limit)
            .text(EntryField.OUTCOME, "failure")
            .details(
                Details.parse(
                    "{\"limit\":\""
                        + limit
                        + "\",\"count\":"
                        + count
                        + (window.isZero() ? "" : ",\"window_seconds\":" + window.toSeconds())
                        + "}")));
  }

  private static Event.Builder about(
      @Nullable AccessKey key, String eventType, InetAddress from, @Nullable String userAgent) {
    return Event.builder(eventType)
        .actorIp(ClientAddress.text(from))
        .userAgent(
            userAgent == null || userAgent.length() <= MAX_USER_AGENT_CHARS
                ? userAgent
                : userAgent.substring(0, MAX_USER_AGENT_CHARS))
        .targetType("api_key")
        .targetId(key == null ? null : key.id());
  }

  private void append(Event.Builder event) {
    CompletableFuture<Receipt> _ = record(event);
  }

  private CompletableFuture<Receipt> record(Event.Builder event) {
    try {
      Event marked = personal.mark(event.build(), List.of());
      Event written =
          marked.eventType().equals(PersonalFields.EXPORTED)
              ? personal.markFilters(marked)
              : marked;
      return log.append(written).whenComplete((receipt, failure) -> warn(failure));
    } catch (IllegalArgumentException e) {
      warn(e);
      return CompletableFuture.failedFuture(e);
    }
  }

  private static void warn(@Nullable Throwable failure) {
    if (failure != null) {
      LOG.warn("a security event could not be logged: {}", failure.getMessage());
    }
  }
}
