package io.tallystick.cli.options;

import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The filters of the list, one option for each parameter of {@code GET /api/audit}. */
public final class Filters {
  @Option(
      names = "--event-type",
      paramLabel = "TYPE",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description = "Event type, or a prefix such as auth.*; several with commas, or repeated")
  List<String> eventTypes = List.of();

  @Option(names = "--actor-id", paramLabel = "N", description = "Number of the user who did it")
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

  @Option(
      names = "--target-type",
      paramLabel = "TYPE",
      description = "Kind of thing it was done to")
  @Nullable String targetType;

  @Option(names = "--target-id", paramLabel = "ID", description = "Id of the thing it was done to")
  @Nullable String targetId;

  @Option(
      names = "--request-id",
      paramLabel = "ID",
      description = "Request id that the client sent")
  @Nullable String requestId;

  @Option(
      names = "--source",
      paramLabel = "NAME",
      description = "Name of the API key that wrote it")
  @Nullable String source;

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
    return new Given()
        .all("event_type", eventTypes)
        .one("actor_id", actorId)
        .one("actor_username", actorUsername)
        .one("actor_ip", actorIp)
        .one("target_type", targetType)
        .one("target_id", targetId)
        .one("request_id", requestId)
        .one("source", source)
        .one("security", security ? "true" : null)
        .one("since", since)
        .one("until", until)
        .one("before_id", beforeId)
        .one("after_id", afterId)
        .one("order", order);
  }
}
