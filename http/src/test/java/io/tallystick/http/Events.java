package io.tallystick.http;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/** Entries for tests of the page: a little of everything, and what somebody hostile would write. */
public final class Events {
  /** What a page that is careless would run, turn, hide or break on. */
  public static final List<String> HOSTILE =
      List.of(
          "<script>window.hit=1</script>",
          "<img src=x onerror=\"window.hit=1\">",
          "\u202Egnp.exe\u202C mirrored",
          "zero\u200Bwidth\uFEFFmarks",
          "\u001B[31mred\u001B[0m\u0007",
          "javascript:window.hit=1",
          "n".repeat(200));

  private Events() {}

  /** Appends these and waits; returns the id of the last. */
  public static long append(AuditLog log, List<Event> events) throws Exception {
    return log.append(events, null).get().lastId();
  }

  /** Makes a log of these last days, busier by day than by night, in bursts some hours apart. */
  public static void fillDays(Path directory, int days, int hoursApart) throws Exception {
    Instant[] now = {Instant.now().minus(Duration.ofDays(days))};
    InstantSource hands = () -> now[0];
    LogConfig config = LogConfig.builder().clock(hands.withZone(ZoneOffset.UTC)).build();
    try (AuditLog log = AuditLog.open(directory, config)) {
      for (int hour = 0; hour < 24 * days; hour += hoursApart) {
        double daylight = Math.sin(Math.PI * (hour % 24) / 24);
        append(log, ordinary(2 + (int) (30 * daylight) + hour % 5));
        now[0] = now[0].plus(Duration.ofHours(hoursApart));
      }
    }
  }

  /** An ordinary hour of a service, {@code n} events long. */
  public static List<Event> ordinary(int n) {
    String[] people = {"ada", "grace", "linus", "margaret", "ken"};
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      String who = people[i % people.length];
      long id = 100L + i % people.length;
      events.add(
          switch (i % 9) {
            case 0 -> by("auth.login.success", who, id).action("password").build();
            case 1 ->
                by("job.submitted", who, id)
                    .targetType("job")
                    .targetId("job-" + (4000 + i))
                    .action("submit training run")
                    .details(
                        Details.parse(
                            "{\"model\":\"sdxl\",\"steps\":12000,\"lr\":1e-5,\"gpus\":[0,1]}"))
                    .build();
            case 2 ->
                by("user.level.changed", "root", 1L)
                    .targetType("user")
                    .targetId(Long.toString(id))
                    .action("change level")
                    .details(Details.parse("{\"from\":\"viewer\",\"to\":\"editor\"}"))
                    .build();
            case 3 ->
                Event.builder("auth.login.failed")
                    .actorUsername(i % 2 == 0 ? "root" : "admin")
                    .actorIp(i % 4 == 3 ? "203.0.113.9" : "198.51.100.23")
                    .details(Details.parse("{\"reason\":\"wrong password\"}"))
                    .build();
            case 4 -> by("credential.used", who, id).targetType("provider").targetId("hub").build();
            case 5 ->
                by("config.changed", "root", 1L)
                    .details(Details.parse("{\"key\":\"retention.days\",\"old\":30,\"new\":365}"))
                    .build();
            case 6 ->
                by("job.approved", "grace", 101L).targetType("job").targetId("job-" + i).build();
            case 7 -> by("quota.exceeded", who, id).action("gpu hours").build();
            default -> by("auth.logout", who, id).build();
          });
    }
    return events;
  }

  private static Event.Builder by(String type, String who, long id) {
    return Event.builder(type)
        .actorId(id)
        .actorUsername(who)
        .actorIp("192.0.2." + id % 200)
        .userAgent("Mozilla/5.0 (X11; Linux x86_64)");
  }

  /** One event for each hostile text, which stands in every field that takes it. */
  public static List<Event> hostile() {
    return HOSTILE.stream()
        .map(text -> {
          String json = TestServer.JSON.valueToTree(text).toString();
          return Event.builder("security.suspicious")
              .actorUsername(text)
              .userAgent(text)
              .targetType(text.substring(0, Math.min(20, text.length())))
              .targetId(text)
              .action(text)
              .requestId(text.substring(0, Math.min(40, text.length())))
              .details(Details.parse("{" + json + ":" + json + "}"))
              .build();
        })
        .toList();
  }
}
