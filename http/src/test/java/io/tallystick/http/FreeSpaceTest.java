package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The warning before the device is full: {@code --min-free}. */
class FreeSpaceTest {
  private static final Logger LOG = Logger.getLogger("io.tallystick.store.write");

  @TempDir Path data;
  private final List<String> said = Collections.synchronizedList(new ArrayList<>());
  private final Handler listener =
      new Handler() {
        @Override
        public void publish(LogRecord message) {
          said.add(message.getLevel() + " " + message.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  @BeforeEach
  void listen() {
    LOG.addHandler(listener);
  }

  @AfterEach
  void listenNoMore() {
    LOG.removeHandler(listener);
  }

  private TestServer start(long minFreeBytes) throws Exception {
    return TestServer.start(
        data,
        LogConfig.builder().minFreeBytes(minFreeBytes).build(),
        TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()));
  }

  private static int append(TestServer server) throws Exception {
    String key = server.key(Permission.AUDIT_APPEND);
    return server.append(key, "{\"event_type\":\"auth.logout\"}").statusCode();
  }

  @Test
  void lessThanTheFloorIsSaidAndRefusesNothing() throws Exception {
    try (TestServer server = start(Long.MAX_VALUE)) {
      assertThat(append(server)).isEqualTo(201);
      assertThat(append(server)).isEqualTo(201);
      assertThat(server.get("/readyz", "").statusCode()).isEqualTo(200);
      assertThat(server.get("/readyz", "").body())
          .contains("\"warning\":\"the log's device is almost full");
      assertThat(server.get("/metrics", server.key(Permission.ADMIN_AUDIT)).body())
          .containsPattern("tallystick_free_bytes [1-9][0-9]*");
    }
    assertThat(said)
        .singleElement()
        .asString()
        .startsWith("WARNING only ")
        .contains("MiB are free on the log's device; below 32 MiB appends are refused");
  }

  @Test
  void moreThanTheFloorIsNotSaid() throws Exception {
    try (TestServer server = start(0)) {
      assertThat(append(server)).isEqualTo(201);
      assertThat(server.get("/readyz", "").body()).isEqualTo("{\"status\":\"ready\"}");
    }
    assertThat(said).isEmpty();
  }
}
