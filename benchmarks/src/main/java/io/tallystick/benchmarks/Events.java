package io.tallystick.benchmarks;

import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import java.util.List;

/**
 * Events like those of a deployment that logs each use of an API key: entries of about 300 bytes.
 */
public final class Events {
  private static final List<PersonalField> PERSONAL =
      PersonalField.of(List.of("actor_id", "actor_username", "actor_ip"));

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

  /** The same, as a server stores it that was told that three of the fields are personal. */
  static Event personal(long i) {
    return apiKeyUse(i).withPersonal(PERSONAL);
  }
}
