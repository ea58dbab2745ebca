package io.tallystick.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class UnknownTypeTest {
  private static Event event(String type, String details) {
    return Event.builder(type)
        .actorId(7L)
        .actorUsername("ann")
        .requestId("r")
        .details(details.isEmpty() ? null : Details.parse(details))
        .build();
  }

  @Test
  void nothingOfTheEventIsLost() {
    for (String details :
        new String[] {
          "", "{}", "{\"n\":1.50,\"details\":{\"event_type\":\"x\"}}", "{\"}\":\"\\\"\"}"
        }) {
      Event sent = event("door.opened", details);
      Event stored = UnknownType.wrap(sent);
      assertThat(stored.eventType()).isEqualTo("ingest.unknown_type");
      assertThat(stored.actorUsername()).isEqualTo("ann");
      assertThat(String.valueOf(stored.details()))
          .isEqualTo(
              "{\"event_type\":\"door.opened\""
                  + (details.isEmpty() ? "" : ",\"details\":" + details)
                  + "}");
      assertThat(UnknownType.original(stored)).isEqualTo(sent);
      assertThat(UnknownType.original(sent)).isSameAs(sent);
    }
  }

  @Test
  void whatAClientSendsUnderThatTypeIsLeftAlone() {
    for (String details :
        new String[] {
          "",
          "{}",
          "{\"event_type\":7}",
          "{\"event_type\":\"Bad Type\"}",
          "{\"event_type\":\"a\",\"details\":7}",
          "{\"event_type\":\"a\",\"more\":{}}",
          "{\"event_type\":\"a\",\"details\":{},\"more\":{}}",
          "{\"details\":{},\"event_type\":\"a\"}"
        }) {
      Event sent = event(UnknownType.VALUE, details);
      assertThat(UnknownType.original(sent)).as(details).isSameAs(sent);
    }
  }

  @Test
  void anEventWhoseDetailsLeaveNoRoomIsRefusedWithWhatWouldFit() {
    String type = "a".repeat(64);
    int most = Details.MAX_BYTES - "{'event_type':'','details':}".length() - type.length();
    String fits = "{\"x\":\"" + "x".repeat(most - 8) + "\"}";
    assertThat(UnknownType.original(UnknownType.wrap(event(type, fits))))
        .isEqualTo(event(type, fits));
    assertThatThrownBy(() -> UnknownType.wrap(event(type, fits.replace("\"}", "x\"}"))))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageContaining("at most " + most + " bytes");
    String deep =
        "{\"a\":".repeat(Details.MAX_DEPTH - 1) + "{}" + "}".repeat(Details.MAX_DEPTH - 1);
    assertThatThrownBy(() -> UnknownType.wrap(event(type, deep)))
        .isInstanceOf(InvalidEventException.class)
        .hasMessageContaining("nested at most 31 levels deep");
  }
}
