package io.tallystick.benchmarks;

import io.tallystick.entry.Event;

/** Events as a deployment that logs every API key use has them: about 300 bytes as an entry. */
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
