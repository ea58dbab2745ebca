package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written does not depend on the writer's language. */
class LocaleTest {
  @TempDir Path data;

  @Test
  void digitsAreDigitsInEveryLanguage() throws Exception {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("fa"));
    try {
      AuditLogTest.SteppingClock clock =
          new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T22:10:00Z"));
      try (AuditLog log =
          AuditLog.open(data, AuditLogTest.CONFIG.toBuilder().clock(clock).build())) {
        Event mapped = Event.builder("auth.login").actorIp("::ffff:10.1.2.3").build();
        log.append(mapped).get();
        clock.now = clock.now.plusSeconds(7_200);
        log.append(mapped).get();
        Retention retention = new Retention(log);
        retention.remove(
            retention.plan(clock.now, Long.MAX_VALUE).getFirst(), Retention.Mode.ARCHIVE, null);
        StringBuilder all = new StringBuilder();
        log.reader()
            .forEach(
                1,
                Long.MAX_VALUE,
                entry -> {
                  all.append(new String(entry.bytes(), StandardCharsets.UTF_8));
                  return true;
                });
        assertThat(all)
            .contains("\"actor_ip\":\"10.1.2.3\"")
            .contains("\"last_id\":2")
            .matches("\\p{ASCII}+");
      }
      assertThat(
              new LogVerifier(LogReader.open(data))
                  .verify(VerifyRequest.all().strictly(), null)
                  .faults())
          .isEmpty();
    } finally {
      Locale.setDefault(before);
    }
  }
}
