package io.tallystick.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.service.access.Permission;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A reader asks for long lists of large entries, and reads nothing of the answers. */
@Timeout(120)
class UnreadListsTest {
  private static final int ENTRIES = 500;
  private static final int LISTS = 16;

  @TempDir Path data;

  /** An event with 100 details, 25 kB in all. */
  private static String large() {
    StringBuilder details = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      details.append(i == 0 ? "" : ",").append("\"k").append(i).append("\":\"");
      details.append("x".repeat(240)).append('"');
    }
    return "{\"event_type\":\"auth.logout\",\"details\":{" + details + "}}";
  }

  private static void fill(TestServer server) throws Exception {
    String writer = server.key(Permission.AUDIT_APPEND);
    byte[] batch = (large() + "\n").repeat(100).getBytes(US_ASCII);
    for (int i = 0; i < ENTRIES; i += 100) {
      assertThat(
              server.post("/api/audit/events", writer, "application/x-ndjson", batch).statusCode())
          .isEqualTo(201);
    }
    server.log.seal().get();
  }

  private static long usedHeap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/api/audit?limit=500",
        "/api/audit?limit=500&event_type=auth.logout",
        "/tlog/tile/entries/000"
      })
  void longListsThatNobodyReadsTakeLittleMemory(String path) throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try (TestServer server = TestServer.start(data)) {
      fill(server);
      String reader = server.key(Permission.ADMIN_AUDIT);
      long before = usedHeap();
      for (int i = 0; i < LISTS; i++) {
        Socket socket = new Socket();
        sockets.add(socket);
        socket.setReceiveBufferSize(16 << 10);
        socket.connect(Wire.address(server));
        socket
            .getOutputStream()
            .write(
                ("GET " + path + " HTTP/1.1\r\nHost: x\r\nX-API-Key: " + reader + "\r\n\r\n")
                    .getBytes(US_ASCII));
      }
      for (Socket socket : sockets) {
        assertThat(new String(socket.getInputStream().readNBytes(12), US_ASCII))
            .isEqualTo("HTTP/1.1 200");
      }
      assertThat(usedHeap() - before)
          .as("bytes for answers of %d MB", LISTS * ENTRIES * large().length() / 1_000_000)
          .isLessThan(64 << 20);
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
  }

  @Test
  void aBundleThatIsReadHasEveryEntry() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      fill(server);
      String reader = server.key(Permission.ADMIN_AUDIT);
      HttpResponse<byte[]> bundle =
          server.sendForBytes(server.request("/tlog/tile/entries/000", reader));
      ByteBuffer entries = ByteBuffer.wrap(bundle.body());
      for (long id = 1; id <= 256; id++) {
        byte[] entry = new byte[entries.getShort() & 0xffff];
        entries.get(entry);
        assertThat(entry).isEqualTo(server.entry(id).bytes());
      }
      assertThat(entries.hasRemaining()).isFalse();
    }
  }

  @Test
  void aListThatIsReadHasEveryEntry() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      fill(server);
      String reader = server.key(Permission.ADMIN_AUDIT);
      JsonNode page = server.json("/api/audit?limit=499&event_type=auth.logout", reader);
      assertThat(page.get("entries")).hasSize(499);
      assertThat(page.get("total").asLong()).isEqualTo(ENTRIES);
      assertThat(page.get("has_more").asBoolean()).isTrue();
      assertThat(page.get("next_before_id").asLong())
          .isEqualTo(page.get("entries").get(498).get("id").asLong());
      long id = page.get("entries").get(0).get("id").asLong();
      for (JsonNode entry : page.get("entries")) {
        assertThat(entry.get("id").asLong()).isEqualTo(id--);
        assertThat(entry.get("details")).hasSize(100);
      }
    }
  }
}
