package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import io.tallystick.store.log.LogConfig;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The thread that seals stands still, as on a device that answers no more. */
@Timeout(60)
class LateSealTest {
  @TempDir Path data;

  /** A clock that the thread that seals waits for. */
  private static final class HeldClock extends Clock {
    private volatile CountDownLatch released = new CountDownLatch(0);
    private volatile Duration ahead = Duration.ZERO;

    @Override
    public Instant instant() {
      if (Thread.currentThread().getName().equals("tally-sealer")) {
        try {
          released.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Instant.now().plus(ahead);
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException();
    }
  }

  @Test
  void sealsThatDoNotComeAreToldByReadinessAndByWhoeverWaitsForOne() throws Exception {
    HeldClock clock = new HeldClock();
    ServerConfig config =
        TestServer.config(
            TestServer.LIMITS,
            new ServerConfig.Timeouts(
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                Duration.ofSeconds(2),
                Duration.ofSeconds(1)));
    try (TestServer server =
        TestServer.start(data, LogConfig.builder().clock(clock).build(), config)) {
      String reader = server.key(Permission.ADMIN_AUDIT);
      String writer = server.key(Permission.AUDIT_APPEND);
      server.log.seal().get();
      HttpRequest.Builder ready = HttpRequest.newBuilder(server.uri("/readyz"));
      clock.ahead = Duration.ofMinutes(2);
      assertThat(server.send(ready).statusCode()).as("nothing is unsealed").isEqualTo(200);

      CountDownLatch release = new CountDownLatch(1);
      clock.released = release;
      try {
        assertThat(server.append(writer, "{\"event_type\":\"auth.logout\"}").statusCode())
            .isEqualTo(201);
        assertThat(server.send(ready).statusCode()).as("not late yet").isEqualTo(200);
        clock.ahead = Duration.ofMinutes(4);
        HttpResponse<String> late = server.send(ready);
        assertThat(late.statusCode()).isEqualTo(503);
        assertThat(late.body()).contains("Entries are not sealed: a checkpoint has been due for 1");

        HttpResponse<String> newest = server.get("/api/audit/checkpoints/newest", reader);
        assertThat(newest.statusCode()).isEqualTo(503);
        assertThat(newest.headers().firstValue("Content-Type"))
            .hasValue("application/problem+json");
        assertThat(newest.body()).contains("No checkpoint was signed within 2 s");
      } finally {
        release.countDown();
      }
      server.log.seal().get();
      assertThat(server.send(ready).statusCode()).isEqualTo(200);
    }
  }
}
