package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.query.LogView;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;
import io.tallystick.store.Futures;
import io.tallystick.store.log.StoredEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A filter of a sink against the list with the same filter. */
class EntryFilterTest {
  private static final List<Map<String, List<String>>> FILTERS =
      List.of(
          Map.of(),
          Map.of("event_type", List.of("auth.*")),
          Map.of("event_type", List.of("auth.logout", "order.*", "order")),
          Map.of("severity_min", List.of("medium")),
          Map.of("severity", List.of("low")),
          Map.of("security", List.of("true")),
          Map.of("security", List.of("false")),
          Map.of("outcome", List.of("failure")),
          Map.of("actor_username", List.of("ALICE")),
          Map.of("actor_username", List.of("al*")),
          Map.of("actor_id", List.of("7")),
          Map.of("actor_ip", List.of("10.0.0.0/8")),
          Map.of("actor_ip", List.of("2001:db8::1")),
          Map.of("tenant", List.of("acme"), "outcome", List.of("success")),
          Map.of("source", List.of("shop")),
          Map.of("source", List.of("(log)")),
          Map.of("details.request.status", List.of("200")),
          Map.of("details.request.status", List.of("5*")),
          Map.of("target_id", List.of("T-1")),
          Map.of("session_id", List.of("s1")));

  @TempDir Path directory;

  @Test
  void passesExactlyWhatTheListShows() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      Futures.from(log.log.append(events(), "shop"));
      LogView view = LogView.whole(log.log.reader(), log.index);
      ForwardingLog.await(() -> log.index.indexedThrough() >= log.log.lastId());
      for (Map<String, List<String>> given : FILTERS) {
        EntryFilter filter = EntryFilter.of(given);
        List<Long> listed = new ArrayList<>();
        AuditQuery query = QueryParser.live(Parameters.of(given));
        view.forEachMatch(query, listed::add);
        List<Long> passed = new ArrayList<>();
        log.log
            .reader()
            .forEach(
                1,
                Long.MAX_VALUE,
                entry -> !filter.matches(entry.decode()) || passed.add(entry.id()));
        assertThat(passed).as(given.toString()).isEqualTo(listed).isNotEmpty();
      }
    }
  }

  private static List<Event> events() {
    List<Event> events = new ArrayList<>();
    String[] types = {"auth.login.failed", "auth.logout", "order", "order.placed", "authority"};
    String[] names = {"alice", "Alice", "albert", "bob"};
    String[] addresses = {"10.1.2.3", "203.0.113.9", "2001:db8::1"};
    for (int i = 0; i < 240; i++) {
      Event.Builder event =
          Event.builder(types[i % types.length])
              .actorUsername(names[i % names.length])
              .actorIp(addresses[i % addresses.length])
              .details(
                  Details.parse("{\"request\":{\"status\":" + (i % 2 == 0 ? 200 : 503) + "}}"));
      if (i % 3 == 0) {
        event
            .text(EntryField.SEVERITY, EntryField.SEVERITY.words().get(i / 3 % 6))
            .text(EntryField.OUTCOME, i % 2 == 0 ? "success" : "failure")
            .text(EntryField.TENANT, i % 4 == 0 ? "acme" : "globex");
      }
      if (i % 7 == 0) {
        event
            .actorId(7)
            .text(EntryField.TARGET_ID, i % 2 == 0 ? "t-1" : "t-2")
            .text(EntryField.SESSION_ID, i % 2 == 0 ? "s1" : "S1");
      }
      events.add(event.build());
    }
    return events;
  }

  /** Otherwise erasing the value would change what had passed, and every later seq. */
  @Test
  void doesNotSeePersonalValues() throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      Event event =
          Event.builder("order.placed")
              .actorUsername("alice")
              .personal(PersonalField.of(List.of("actor_username")))
              .build();
      Futures.from(log.log.append(List.of(event), "shop"));
      StoredEntry stored = log.log.reader().read(log.log.lastId()).orElseThrow();
      assertThat(stored.readable().event().actorUsername()).isEqualTo("alice");
      assertThat(
              EntryFilter.of(Map.of("actor_username", List.of("alice"))).matches(stored.decode()))
          .isFalse();
    }
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> EntryFilter.of(Map.of("q", List.of("x"))))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessageContaining("unknown parameter \"q\"; supported parameters: event_type");
    assertThatThrownBy(() -> EntryFilter.of(Map.of("severity_min", List.of("loud"))))
        .hasMessageContaining("severity_min must be informational or low");
  }
}
