package io.tallystick.cli.options;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      description = "Earliest time recorded: 2024-12-31, or with a time of day")
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

  /** The parameters that were given. */
  public Map<String, List<String>> parameters() {
    Map<String, List<String>> given = new LinkedHashMap<>();
    if (!eventTypes.isEmpty()) {
      given.put("event_type", eventTypes);
    }
    put(given, "actor_id", actorId);
    put(given, "actor_username", actorUsername);
    put(given, "actor_ip", actorIp);
    put(given, "target_type", targetType);
    put(given, "target_id", targetId);
    put(given, "request_id", requestId);
    put(given, "source", source);
    put(given, "security", security ? "true" : null);
    put(given, "since", since);
    put(given, "until", until);
    put(given, "before_id", beforeId);
    put(given, "after_id", afterId);
    put(given, "order", order);
    return given;
  }

  public static void put(Map<String, List<String>> given, String name, @Nullable String value) {
    if (value != null) {
      given.put(name, List.of(value));
    }
  }
}
