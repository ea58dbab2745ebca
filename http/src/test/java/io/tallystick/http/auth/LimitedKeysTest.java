package io.tallystick.http.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.index.AuditIndex;
import io.tallystick.service.Limit;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.query.LogView;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the log says that a key has its share, by a clock that the test moves. */
class LimitedKeysTest {
  @TempDir Path directory;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final List<String> counted = new ArrayList<>();

  private static List<String> entries(AuditLog log) throws Exception {
    List<String> entries = new ArrayList<>();
    log.reader()
        .forEach(
            2,
            Long.MAX_VALUE,
            entry -> entries.add(entry.decode().event().actorUsername() + " " + details(entry)));
    return entries;
  }

  private static String details(io.tallystick.store.log.StoredEntry entry) {
    return String.valueOf(entry.decode().event().details());
  }

  private static Caller caller(AuditLog log, AccessKeys keys, String name) throws Exception {
    AccessKey key = keys.make(name, List.of(Permission.AUDIT_APPEND), null).key();
    LogReader reader = log.reader();
    AuditIndex index = AuditIndex.openBeside(reader, reader.directory().index());
    return new Caller(key, LogView.whole(reader, index), InetAddress.getLoopbackAddress(), null);
  }

  @Test
  void theFirstTimeIsAnEntryAndTheMinuteAfterItOneMore() throws Exception {
    try (AuditLog log = AuditLog.open(directory, LogConfig.defaults())) {
      AccessKeys keys = AccessKeys.open(directory.resolve("keys.json"), Clock.systemUTC());
      LimitedKeys limited =
          new LimitedKeys(
              new SecurityEvents(log, PersonalFields.NONE),
              (key, limit) -> counted.add(key + " " + limit),
              nanos::get);
      Caller ann = caller(log, keys, "ann");
      for (int i = 0; i < 1_000; i++) {
        limited.reached(ann, Limit.BODIES);
      }
      limited.reached(ann, Limit.SESSIONS);
      limited.reached(caller(log, keys, "bob"), Limit.BODIES);
      limited.logEnded();
      log.reader().awaitBeyond(3, Duration.ofSeconds(5));
      List<String> first =
          List.of(
              "ann {\"limit\":\"bodies\",\"count\":1}",
              "ann {\"limit\":\"sessions\",\"count\":1}",
              "bob {\"limit\":\"bodies\",\"count\":1}");
      assertThat(entries(log)).containsExactlyElementsOf(first);
      nanos.addAndGet(Duration.ofMinutes(1).toNanos());
      limited.logEnded();
      log.reader().awaitBeyond(4, Duration.ofSeconds(5));
      limited.logEnded();
      limited.reached(ann, Limit.BODIES);
      limited.reached(ann, Limit.BODIES);
      limited.logAll();
      log.reader().awaitBeyond(6, Duration.ofSeconds(5));
      assertThat(entries(log).subList(3, 6))
          .containsExactly(
              "ann {\"limit\":\"bodies\",\"count\":999,\"window_seconds\":60}",
              "ann {\"limit\":\"bodies\",\"count\":1}",
              "ann {\"limit\":\"bodies\",\"count\":1,\"window_seconds\":60}");
      assertThat(counted).hasSize(1_004);
      assertThat(counted).contains("ann bodies", "ann sessions", "bob bodies");
    }
  }
}
