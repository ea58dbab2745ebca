package io.tallystick.cli.options;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The filters of the list, one option for each parameter of {@code GET /api/audit}. */
public final class Filters {
  @Mixin private final Names names = new Names();

  @Option(
      names = "--event-type",
      paramLabel = "TYPE",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description = "Event type, or a prefix such as auth.*; several with commas, or repeated")
  List<String> eventTypes = List.of();

  @Option(
      names = "--outcome",
      paramLabel = "WORD",
      description = "Outcome: success, failure or unknown")
  @Nullable String outcome;

  @Option(
      names = "--severity",
      paramLabel = "WORD",
      description = "Severity: informational, low, medium, high, critical or fatal")
  @Nullable String severity;

  @Option(names = "--severity-min", paramLabel = "WORD", description = "Least severity")
  @Nullable String severityMin;

  @Option(
      names = "--actor-type",
      paramLabel = "TYPE",
      description = "Kind of actor, for instance user or service")
  @Nullable String actorType;

  @Option(
      names = "--actor-id",
      paramLabel = "ID",
      description = "Id of the actor who did it; 7 finds the number and the text")
  @Nullable String actorId;

  @Option(
      names = "--actor-username",
      paramLabel = "NAME",
      description = "Name of the user who did it")
  @Nullable String actorUsername;

  @Option(
      names = "--actor-ip",
      paramLabel = "ADDRESS",
      description = "Address that it came from, or a range such as 10.0.0.0/8")
  @Nullable String actorIp;

  @Option(names = "--event-id", paramLabel = "ID", description = "Event id that the client sent")
  @Nullable String eventId;

  @Option(
      names = "--request-id",
      paramLabel = "ID",
      description = "Request id that the client sent")
  @Nullable String requestId;

  @Option(names = "--trace-id", paramLabel = "ID", description = "W3C trace id")
  @Nullable String traceId;

  @Option(
      names = "--details",
      paramLabel = "PATH=VALUE",
      description = "Value in the details, such as request.status=200; repeated, all must match")
  Map<String, String> details = Map.of();

  @Option(
      names = {"-q", "--text"},
      paramLabel = "WORDS",
      description = "Words that all occur in action, names, user agent or details")
  @Nullable String text;

  @Option(names = "--security", description = "Show security events only")
  boolean security;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description =
          "Earliest time recorded: 2026-11-23, \"2026-11-23 23:08:22.042\", RFC 3339, 1h or 7d"
              + " (ago), today, yesterday")
  @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Latest time recorded; a date includes its day")
  @Nullable String until;

  @Option(
      names = "--occurred-since",
      paramLabel = "TIME",
      description =
          "Earliest time that it happened, which is when it was recorded if the client did not say")
  @Nullable String occurredSince;

  @Option(
      names = "--occurred-until",
      paramLabel = "TIME",
      description = "Latest time that it happened; a date includes its day")
  @Nullable String occurredUntil;

  @Option(
      names = "--before-id",
      paramLabel = "ID",
      description = "Show only entries before this one")
  @Nullable String beforeId;

  @Option(names = "--after-id", paramLabel = "ID", description = "Show only entries after this one")
  @Nullable String afterId;

  @Option(
      names = "--order",
      paramLabel = "asc|desc",
      description = "Order of the entries: asc is oldest first, desc newest first")
  @Nullable String order;

  /** The options that were given, under the names that the API has for them. */
  public Given given() {
    Given given = new Given();
    details.forEach((path, value) -> given.one("details." + path, value));
    return given
        .one("q", text)
        .all("event_type", eventTypes)
        .one("outcome", outcome)
        .one("severity", severity)
        .one("severity_min", severityMin)
        .one("tenant", names.tenant)
        .one("actor_type", actorType)
        .one("actor_id", actorId)
        .one("actor_username", actorUsername)
        .one("actor_ip", actorIp)
        .one("actor_host", names.actorHost)
        .one("session_id", names.sessionId)
        .one("target_type", names.targetType)
        .one("target_id", names.targetId)
        .one("target_name", names.targetName)
        .one("event_id", eventId)
        .one("request_id", requestId)
        .one("trace_id", traceId)
        .one("source", names.source)
        .one("security", security ? "true" : null)
        .one("since", since)
        .one("until", until)
        .one("occurred_since", occurredSince)
        .one("occurred_until", occurredUntil)
        .one("before_id", beforeId)
        .one("after_id", afterId)
        .one("order", order);
  }
}
