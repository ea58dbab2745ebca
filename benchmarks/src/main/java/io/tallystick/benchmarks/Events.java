package io.tallystick.benchmarks;

import io.tallystick.entry.Event;

/**
 * Events like those of a deployment that logs each use of an API key: entries of about 300 bytes.
 */
public final class Events {
  private Events() {}

  static Event apiKeyUse(long i) {
    return Event.builder("auth.api_key.used")
        .actorId(100_000 + i % 1_000)
        .actorUsername("service-" + i % 1_000)
        .actorIp("203.0.113.77")
        .targetType("api_key")
        .targetId("key-17")
        .action("GET /v1/things")
        .build();
  }
}
