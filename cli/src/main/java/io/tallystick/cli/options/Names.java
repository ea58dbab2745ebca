package io.tallystick.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The filters that mean the same wherever entries are chosen by them. */
final class Names {
  @Option(names = "--tenant", paramLabel = "NAME", description = "Tenant that it belongs to")
  @Nullable String tenant;

  @Option(names = "--actor-host", paramLabel = "NAME", description = "Host that it came from")
  @Nullable String actorHost;

  @Option(names = "--session-id", paramLabel = "ID", description = "Session that it was done in")
  @Nullable String sessionId;

  @Option(
      names = "--target-type",
      paramLabel = "TYPE",
      description = "Kind of thing it was done to")
  @Nullable String targetType;

  @Option(names = "--target-id", paramLabel = "ID", description = "Id of the thing it was done to")
  @Nullable String targetId;

  @Option(
      names = "--target-name",
      paramLabel = "NAME",
      description = "Name of the thing it was done to")
  @Nullable String targetName;

  @Option(
      names = "--source",
      paramLabel = "NAME",
      description = "Name of the API key that wrote it")
  @Nullable String source;
}
