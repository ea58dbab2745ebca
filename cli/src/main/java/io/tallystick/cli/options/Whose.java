package io.tallystick.cli.options;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Filters that say exactly whose values are meant, under the names of those of the list. */
public final class Whose {
  @Mixin private final Names names = new Names();

  @Option(
      names = "--actor-type",
      paramLabel = "TYPE",
      description = "Kind of actor, for instance user or service")
  @Nullable String actorType;

  @Option(names = "--actor-id", paramLabel = "ID", description = "Id of the actor who did it")
  @Nullable String actorId;

  @Option(
      names = "--actor-username",
      paramLabel = "NAME",
      description = "Name of the user who did it, as it is written in the entry")
  @Nullable String actorUsername;

  @Option(names = "--actor-ip", paramLabel = "ADDRESS", description = "Address that it came from")
  @Nullable String actorIp;

  @Option(
      names = "--details",
      paramLabel = "PATH=VALUE",
      description =
          "Value in the details, such as user.email=a@example.com; repeated, all must match")
  Map<String, String> details = Map.of();

  @Option(names = "--event-type", paramLabel = "TYPE", description = "Event type")
  @Nullable String eventType;

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

  @Option(names = "--event-id", paramLabel = "ID", description = "Event id that the client sent")
  @Nullable String eventId;

  @Option(
      names = "--request-id",
      paramLabel = "ID",
      description = "Request id that the client sent")
  @Nullable String requestId;

  @Option(names = "--trace-id", paramLabel = "ID", description = "W3C trace id")
  @Nullable String traceId;

  @Option(names = "--ids", paramLabel = "IDS", description = "These entries only: 17,20-29")
  @Nullable String ids;

  @Option(names = "--since", paramLabel = "TIME", description = "Earliest time recorded")
  @Nullable String since;

  @Option(
      names = "--until",
      paramLabel = "TIME",
      description = "Latest time recorded; a date includes its day")
  @Nullable String until;

  /** The options that were given, under the names that the API has for them. */
  public Map<String, List<String>> filters() {
    Given given = new Given();
    details.forEach((path, value) -> given.one("details." + path, value));
    return given
        .one("actor_type", actorType)
        .one("actor_id", actorId)
        .one("actor_username", actorUsername)
        .one("actor_ip", actorIp)
        .one("actor_host", names.actorHost)
        .one("session_id", names.sessionId)
        .one("target_type", names.targetType)
        .one("target_id", names.targetId)
        .one("target_name", names.targetName)
        .one("event_type", eventType)
        .one("outcome", outcome)
        .one("severity", severity)
        .one("event_id", eventId)
        .one("request_id", requestId)
        .one("trace_id", traceId)
        .one("tenant", names.tenant)
        .one("source", names.source)
        .one("ids", ids)
        .one("since", since)
        .one("until", until)
        .parameters()
        .values();
  }
}
