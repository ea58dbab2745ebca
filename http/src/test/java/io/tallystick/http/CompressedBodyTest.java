package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Bodies with {@code Content-Encoding}. */
class CompressedBodyTest {
  @TempDir Path data;
  TestServer server;
  String writer;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    writer = server.key("writer", Permission.AUDIT_APPEND);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static byte[] lines(int count) {
    return "{\"event_type\":\"auth.logout\"}\n".repeat(count).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] gzip(byte[]... members) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (byte[] member : members) {
      try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
        out.write(member);
      }
    }
    return bytes.toByteArray();
  }

  private HttpResponse<String> post(String encoding, byte[] body) throws Exception {
    return server.send(
        server
            .request("/api/audit/events", writer)
            .header("Content-Type", "application/x-ndjson")
            .header("Content-Encoding", encoding)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body)));
  }

  /** The status of a body whose compressed bytes never end, and expand to nothing. */
  private String statusWithoutEnd(byte[] start, byte[] more) throws Exception {
    try (Socket socket = Wire.connect(server)) {
      OutputStream out = socket.getOutputStream();
      out.write(
          ("POST /api/audit/events HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                  + writer
                  + "\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n")
              .getBytes(StandardCharsets.US_ASCII));
      chunk(out, start);
      // Many times what is allowed, and little enough to end soon where nothing stops it.
      for (long sent = 0; sent < 64L << 20 && socket.getInputStream().available() == 0; ) {
        chunk(out, more);
        sent += more.length;
      }
      return new String(
          socket.getInputStream().readNBytes("HTTP/1.1 413".length()), StandardCharsets.US_ASCII);
    }
  }

  private static void chunk(OutputStream out, byte[] bytes) throws IOException {
    out.write((Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
    out.write(bytes);
    out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  @Timeout(60)
  void compressedBytesWithoutEndThatExpandToNothingAreRefused() throws Exception {
    byte[] member = gzip(new byte[0]);
    byte[] members = new byte[member.length * 3_000];
    for (int i = 0; i < members.length; i++) {
      members[i] = member[i % member.length];
    }
    byte[] header = {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    byte[] named = header.clone();
    named[3] = 8;
    byte[] name = new byte[1 << 16];
    Arrays.fill(name, (byte) 'x');
    byte[] blocks = new byte[5 * 13_000];
    for (int i = 0; i < blocks.length; i += 5) {
      blocks[i + 3] = (byte) 0xff;
      blocks[i + 4] = (byte) 0xff;
    }
    assertThat(statusWithoutEnd(member, members)).as("empty members").isEqualTo("HTTP/1.1 413");
    assertThat(statusWithoutEnd(named, name)).as("a name").isEqualTo("HTTP/1.1 413");
    assertThat(statusWithoutEnd(header, blocks)).as("empty blocks").isEqualTo("HTTP/1.1 413");
  }

  @Test
  void gzipIsExpanded() throws Exception {
    for (String encoding : List.of("gzip", "GZIP", "x-gzip")) {
      HttpResponse<String> response = post(encoding, gzip(lines(1_000)));
      assertThat(response.statusCode()).isEqualTo(201);
      assertThat(TestServer.JSON.readTree(response.body()).get("count").asInt()).isEqualTo(1_000);
    }
  }

  @Test
  void everyMemberIsRead() throws Exception {
    HttpResponse<String> response = post("gzip", gzip(lines(3), new byte[0], lines(4)));
    assertThat(TestServer.JSON.readTree(response.body()).get("count").asInt()).isEqualTo(7);
  }

  @Test
  void theExpandedSizeIsBounded() throws Exception {
    long lastId = server.log.lastId();
    byte[] bomb = gzip(new byte[200 << 20]);
    assertThat(bomb.length).isLessThan(1 << 20);
    HttpResponse<String> response = post("gzip", bomb);
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(response.body()).contains("8388608");
    assertThat(server.log.lastId()).isEqualTo(lastId);
  }

  @Test
  void whatIsNoWholeGzipIsRefused() throws Exception {
    long lastId = server.log.lastId();
    byte[] good = gzip(lines(100));
    byte[] wrongSum = good.clone();
    wrongSum[good.length - 6] ^= 1;
    byte[] wrongLength = good.clone();
    wrongLength[good.length - 1] ^= 1;
    byte[] behind = Arrays.copyOf(good, good.length + 5);
    byte[] secondCut = Arrays.copyOf(gzip(lines(3), lines(4)), gzip(lines(3)).length + 7);
    byte[] damaged = good.clone();
    Arrays.fill(damaged, 12, 20, (byte) 0xff);
    for (byte[] body :
        List.of(
            lines(1),
            wrongSum,
            wrongLength,
            behind,
            secondCut,
            damaged,
            Arrays.copyOf(good, good.length - 1),
            Arrays.copyOf(good, 5))) {
      assertThat(post("gzip", body).statusCode()).isEqualTo(400);
    }
    assertThat(post("gzip", new byte[0]).statusCode()).isEqualTo(422);
    assertThat(server.log.lastId()).isEqualTo(lastId);
  }

  @Test
  void otherCodingsAreRefusedWithTheOneThatIsSupported() throws Exception {
    for (String encoding : List.of("deflate", "br", "gzip, gzip", "identity")) {
      HttpResponse<String> response = post(encoding, gzip(lines(1)));
      assertThat(response.statusCode()).as(encoding).isEqualTo(415);
      assertThat(response.body()).contains("must be gzip");
      assertThat(response.headers().firstValue("Accept-Encoding")).hasValue("gzip");
    }
  }
}
