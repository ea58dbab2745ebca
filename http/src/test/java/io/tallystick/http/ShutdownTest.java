package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShutdownTest {
  @TempDir Path data;

  @Test
  void whatWasAcknowledgedBeforeAStopUnderLoadIsThereAfterIt() throws Exception {
    Map<Long, String> acknowledged = new ConcurrentHashMap<>();
    AtomicInteger cutOff = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      TestServer server = TestServer.start(data);
      try (server) {
        String key = server.key(Permission.AUDIT_APPEND);
        for (int w = 0; w < 32; w++) {
          writers.add(threads.submit(() -> write(server, key, acknowledged, cutOff)));
        }
        while (acknowledged.size() < 500) {
          Thread.sleep(5);
        }
        server.server.close();
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      for (Map.Entry<Long, String> one : acknowledged.entrySet()) {
        assertThat(log.reader().read(one.getKey()).orElseThrow().hash())
            .hasToString(one.getValue());
      }
    }
    assertThat(cutOff.get()).as("requests that were sent and got no answer").isZero();
  }

  /** Appends until the server is gone; a request that was sent must be answered. */
  private static void write(
      TestServer server, String key, Map<Long, String> acknowledged, AtomicInteger cutOff) {
    byte[] body = "{\"event_type\":\"auth.logout\"}".getBytes(StandardCharsets.UTF_8);
    try {
      while (true) {
        HttpResponse<String> response =
            server.post("/api/audit/events", key, "application/json", body);
        if (response.statusCode() != 201) {
          assertThat(response.statusCode()).isEqualTo(503);
          return;
        }
        var place = TestServer.JSON.readTree(response.body());
        acknowledged.put(place.get("id").asLong(), place.get("hash").asText());
      }
    } catch (IOException e) {
      if (e.getClass().equals(IOException.class)
          && String.valueOf(e.getMessage()).contains("bytes received")) {
        cutOff.incrementAndGet();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aServerMayBeClosedTwiceAndLeavesTheLogOpen() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      server.server.close();
      server.server.close();
      assertThat(server.log.stopped()).isEmpty();
      assertThat(server.log.append(io.tallystick.entry.Event.of("auth.logout")).get().count())
          .isEqualTo(1);
    }
  }

  @Test
  void aPortThatIsTakenIsSaid(@TempDir Path other) throws Exception {
    try (TestServer server = TestServer.start(data)) {
      ServerConfig config = TestServer.CONFIG.toBuilder().port(server.server.port()).build();
      try (AuditLog log = AuditLog.open(other, LogConfig.defaults());
          var index =
              io.tallystick.index.AuditIndex.open(log.reader(), log.reader().directory().index())) {
        AccessKeys keys =
            AccessKeys.open(log.reader().directory().access(), java.time.Clock.systemUTC());
        assertThat(
                org.assertj.core.api.Assertions.catchThrowable(
                    () -> AuditServer.start(log, index, keys, config)))
            .isInstanceOf(IOException.class)
            .hasMessageContaining(Integer.toString(server.server.port()));
      }
    }
  }
}
