package io.tallystick.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Paths, bodies, headers and methods that an attacker sends. */
class HostileRequestsTest extends HostileRequests {
  @Test
  void onlyATilesOwnPathIsATile() throws Exception {
    String tile = "/tlog/tile/0/000.p/7";
    assertThat(server.get(tile, key).statusCode()).isEqualTo(200);
    assertThat(server.get("/tlog/tile/entries/000.p/7", key).statusCode()).isEqualTo(200);
    String targets =
        """
        /tlog/tile/0/000 /tlog/tile/0/000.p/0 /tlog/tile/0/000.p/8 /tlog/tile/0/000.p/256 /tlog/tile/0/000.p/07
        /tlog/tile/0/000.p/+7 /tlog/tile/0/000.p/-7 /tlog/tile/0/000.p/7/ /tlog/tile/0/000.p/7.p/7 /tlog/tile/0/000.p/
        /tlog/tile/0/000.p /tlog/tile/0/000.P/7 /tlog/tile/0/000.p/7;a=b /tlog/tile/0/000.p;a/7 /tlog/tile;a/0/000.p/7
        /tlog/tile/0/000.p/7%00 /tlog/tile/0/000.p/7%20 /tlog/tile/0/000.p/7%0a /tlog/tile/0/000.p%2F7 /tlog/tile/0/000%2ep/7
        /tlog/tile/%30/000.p/7 /tlog/tile/0/%30%30%30.p/7 /tlog/tile/0%2f000.p/7 /tlog/tile/0%5c000.p/7 /tlog/tile/0\\000.p/7
        /tlog/tile/00/000.p/7 /tlog/tile/0/0.p/7 /tlog/tile/0/00.p/7 /tlog/tile/0/0000.p/7 /tlog/tile/0/x000/000.p/7
        /tlog/tile/0/X000/000.p/7 /tlog/tile/0/x0/000.p/7 /tlog/tile/0/x001/000 /tlog/tile/0/001 /tlog/tile/1/000 /tlog/tile/63/000
        /tlog/tile/64/000 /tlog/tile/99/000 /tlog/tile/100/000 /tlog/tile/-1/000 /tlog/tile/0x0/000.p/7 /tlog/tile/0/0x0.p/7
        /tlog/tile/99999999999999999999/000 /tlog/tile/0/x999/x999/x999/x999/x999/999 /tlog/tile/0/x999/x999/x999/x999/x999/x999/x999/999
        /tlog/tile/0/x036/x028/x797/x018/x963/967.p/7 /tlog/tile/0/x036/x028/x797/x018/x963/968
        /tlog/tile/\u00b9/000.p/7 /tlog/tile/%D9%A0/%D9%A0%D9%A0%D9%A0.p/%D9%A7 /tlog/tile/%EF%BC%90/000.p/7 /tlog/tile/%C0%B0/000.p/7
        /tlog/tile/0/../0/000.p/7 /tlog/tile/./0/000.p/7 /tlog/./tile/0/000.p/7 /tlog/x/../tile/0/000.p/7 /tlog/tile/..;/tile/0/000.p/7
        /tlog/tile/%2e/0/000.p/7 /tlog/tile/%2e%2e/tile/0/000.p/7 /tlog/tile/%252e%252e/tile/0/000.p/7 /tlog/tile/.%2e/tile/0/000.p/7
        /tlog/tile/%c0%ae%c0%ae/tile/0/000.p/7 /tlog/tile/%u002e%u002e/0 /tlog/tile/..%2f..%2faccess.json /tlog/tile/../../access.json
        /tlog/tile/0/..%00 /tlog/tile/entries/../0/000.p/7 /tlog/tile/entries /tlog/tile/entries/ /tlog/tile/entries/0 /tlog/tile/ENTRIES/000.p/7
        /tlog/tile/entries/000 /tlog/tile/entries/000.p/8 /tlog/tile/entries/x000/000.p/7 /tlog/tile/entries//000.p/7
        //tlog/tile/0/000.p/7 /tlog//tile/0/000.p/7 /tlog/tile//0/000.p/7 /tlog/tile/0//000.p/7 /TLOG/tile/0/000.p/7 /tlog/Tile/0/000.p/7
        /%74log/tile/0/000.p/7 /tlog/%74ile/0/000.p/7 /tlog/tile%2f0/000.p/7 /tlog/tile /tlog/tile/ /tlog /tlog/ /tlog/checkpoint/ /tlog/checkpoint/x
        /tlog/checkpoint;x /tlog/tile/0/000.p/7%23 /tlog/tile/0/000.p/7#x /tlog/tile/~/000.p/7 /tlog/tile/$(id)/000.p/7 /tlog/tile/*/000.p/7
        """;
    for (String target : targets.strip().split("\\s+", -1)) {
      List<Integer> statuses = send("tile paths", request("GET", target, "", ""));
      boolean sameCheckpoint = target.equals("/tlog/checkpoint/");
      assertThat(statuses).as(target).isEqualTo(sameCheckpoint ? List.of(200) : statuses);
      assertThat(statuses).as(target).hasSize(1);
      assertThat(statuses.getFirst()).as(target).isIn(sameCheckpoint ? 200 : 404, 400);
    }
    assertThat(send("tile paths", request("GET", tile + "?x=/tlog/tile/0/001", "", "")))
        .containsExactly(200);
  }

  @Test
  void whereABodyEndsIsInNoDoubt() throws Exception {
    int length = EVENT.length();
    String cl = "Content-Length: " + length + "\r\n";
    String te = "Transfer-Encoding: ";
    Map<String, String> bad = new TreeMap<>();
    for (String headers :
        List.of(
            cl + te + "chunked\r\n",
            te + "chunked\r\n" + cl,
            "Content-Length: 5\r\n" + te + "chunked\r\n",
            cl + cl,
            cl + "Content-Length: 0\r\n",
            "Content-Length: 0\r\n" + cl,
            "Content-Length: " + length + ", " + length + "\r\n",
            "Content-Length: +" + length + "\r\n",
            "Content-Length: -1\r\n",
            "Content-Length: 0x1c\r\n",
            "Content-Length: 2 8\r\n",
            "Content-Length: 28.0\r\n",
            "Content-Length: 28,\r\n",
            "Content-Length:\r\n",
            "Content-Length: \u00b2\u00b8\r\n",
            "Content-Length: 18446744073709551644\r\n",
            "Content-Length : 28\r\n",
            "Content-Length: 28\u0000\r\n")) {
      bad.put(headers + "|E", post(headers, EVENT));
    }
    for (String coding :
        List.of(
            "xchunked",
            "chunked2",
            "chunk",
            "\"chunked\"",
            "chunked;q=1",
            "chunked, identity",
            "identity, chunked",
            "chunked, chunked",
            "gzip",
            "gzip, chunked",
            "chunked, gzip",
            "deflate,chunked",
            "identity",
            "",
            "\u000bchunked",
            "chunked\u000b",
            "\fchunked",
            "chunked\u0000",
            "chun\u00a0ked",
            "\u00a0chunked",
            "chunked\r\n\tX",
            "\r\n chunked",
            "chunked\r\nTransfer-Encoding: chunked",
            "chunked\r\nTransfer-Encoding: identity",
            "identity\r\nTransfer-Encoding: chunked",
            "chunked\r\n" + cl.strip(),
            "chunked\nX: y",
            "chunked\rX: y")) {
      bad.put(coding + "|T", post(te + coding + "\r\n", CHUNKED));
    }
    for (String header :
        List.of(
            "Transfer-Encoding : chunked",
            "Transfer-Encoding\t: chunked",
            " Transfer-Encoding: chunked",
            "\tTransfer-Encoding: chunked",
            "X: y\nTransfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked",
            "X: y\r\n Transfer-Encoding: chunked",
            "Transfer-Encoding chunked",
            "Transfer-Encoding\u0000: chunked",
            "Transfer\u0000-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nX-HTTP-Method-Override: GET")) {
      bad.put(header + "|H", post(header + "\r\n", CHUNKED));
    }
    for (String chunks :
        List.of(
            "0x1c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "+1c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "-1c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "1c \r\n" + EVENT + "\r\n0\r\n\r\n",
            " 1c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "1g\r\n" + EVENT + "\r\n0\r\n\r\n",
            "\r\n1c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "\u00b9c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "1c\n" + EVENT + "\n0\n\n",
            "1c\r" + EVENT + "\r\n0\r\n\r\n",
            "1c\r\n" + EVENT + "0\r\n\r\n",
            "1c\r\n" + EVENT + "\n0\r\n\r\n",
            "1c\r\n" + EVENT + "XX0\r\n\r\n",
            "1b\r\n" + EVENT + "\r\n0\r\n\r\n",
            "1c;a\nb\r\n" + EVENT + "\r\n0\r\n\r\n",
            "1c\r\n" + EVENT + "\r\n0\r\nno colon\r\n\r\n",
            "1c\r\n" + EVENT + "\r\n0\r\nX : y\r\n\r\n",
            "100000000000001c\r\n" + EVENT + "\r\n0\r\n\r\n",
            "ffffffffffffffff\r\n" + EVENT + "\r\n0\r\n\r\n",
            "1c;" + "a".repeat(100_000) + "\r\n" + EVENT + "\r\n0\r\n\r\n")) {
      bad.put(chunks + "|C", post(te + "chunked\r\n", chunks));
    }
    bad.put("1.0", post(te + "chunked\r\n", CHUNKED).replace("HTTP/1.1", "HTTP/1.0"));
    for (Map.Entry<String, String> one : bad.entrySet()) {
      assertThat(send("bodies of doubtful length", one.getValue() + smuggled()))
          .as(one.getKey())
          .containsExactly(400);
    }
    for (String cutShort :
        List.of(
            post(te + "chunked\r\n", "1c\r\n" + EVENT + "\r\n"),
            post(te + "chunked\r\n", "1000001c\r\n" + smuggled()),
            post("Content-Length: 4096\r\n", smuggled()))) {
      assertThat(send("bodies of doubtful length", cutShort)).isSubsetOf(400, 413);
    }
  }

  @Test
  void whatFollowsARefusedRequestIsReadWhereItBegins() throws Exception {
    String in = smuggled();
    String body = "Content-Length: " + in.length() + "\r\n";
    String chunked =
        "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n".formatted(in.length(), in);
    String after = request("GET", "/readyz", "Connection: close\r\n", "");
    Map<String, Integer> first = new TreeMap<>();
    first.put(request("GET", "/healthz", body, in), 200);
    first.put("POST " + EVENTS + " HTTP/1.1\r\nHost: x\r\n" + body + "\r\n" + in, 401);
    first.put("POST " + EVENTS + " HTTP/1.1\r\nHost: x\r\n" + chunked, 401);
    first.put(request("POST", EVENTS, "Content-Type: text/plain\r\n" + body, in), 415);
    first.put(
        request("POST", EVENTS + "?x=1", "Content-Type: application/json\r\n" + body, in), 422);
    first.put(post(body, in), 422);
    first.put(post("Content-Encoding: br\r\n" + body, in), 415);
    first.put(request("POST", "/nothing", body, in), 404);
    first.put(request("PUT", EVENTS, body, in), 405);
    first.put(request("GET", "/api/audit?limit=x", body, in), 422);
    first.put(request("GET", "//api/audit", body, in), 400);
    first.put(request("DELETE", "/api/audit/keys/x", body, in), 404);
    first.put(request("HEAD", "/api/audit", body, in), 200);
    for (Map.Entry<String, Integer> one : first.entrySet()) {
      assertThat(send("requests after a refused one", one.getKey() + after))
          .as(one.getKey())
          .containsExactly(one.getValue(), 200);
    }
  }

  @Test
  void requestsThatAreNoHttpAreRefused() throws Exception {
    Map<String, Integer> bad = new TreeMap<>();
    for (String line :
        List.of(
            "GET /healthz",
            "GET",
            "",
            "\u0000",
            "GET  HTTP/1.1",
            "GET /healthz HTTP/1.1 x",
            "GET\t/healthz\tHTTP/1.1",
            " GET /healthz HTTP/1.1",
            "G{T /healthz HTTP/1.1",
            "G\u00c9T /healthz HTTP/1.1",
            "GET /heal thz HTTP/1.1",
            "GET healthz HTTP/1.1",
            "GET /healthz?\u0000 HTTP/1.1",
            "GET /\u00ff HTTP/1.1",
            "GET /%zz HTTP/1.1",
            "GET /%f HTTP/1.1",
            "GET /%00 HTTP/1.1",
            "GET /%ff HTTP/1.1",
            "GET /a%0d%0aX: y HTTP/1.1",
            "GET /api/../../etc/passwd HTTP/1.1",
            "GET http://evil/healthz HTTP/1.1",
            "GET ftp://x/healthz HTTP/1.1",
            "GET https://x/healthz HTTP/1.1",
            "GET http://u:p@x/healthz HTTP/1.1",
            "GET file:///etc/passwd HTTP/1.1",
            "CONNECT x:80 HTTP/1.1",
            "CONNECT /healthz HTTP/1.1",
            "OPTIONS * HTTP/1.1",
            "GET * HTTP/1.1",
            "TRACE /healthz HTTP/1.1",
            "get /healthz HTTP/1.1",
            "GET /healthz HTTP/0.9",
            "GET /healthz HTTP/1.2",
            "GET /healthz HTTP/2.0",
            "GET /healthz HTTP/01.1",
            "GET /healthz HTTP/1.10",
            "GET /healthz HTCPCP/1.0",
            "PRI * HTTP/2.0",
            "A".repeat(5_000) + " /healthz HTTP/1.1",
            "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003")) {
      bad.put(line + "\r\nHost: x\r\n\r\n", 0);
    }
    for (String header :
        List.of(
            "X : y",
            "X\t: y",
            ": y",
            "no colon",
            "X\u0000: y",
            "X: a\u0000b",
            "X: a\u0001b",
            "X: a\rb",
            "X(a): y",
            "X\u00e9: y",
            "X: a\r\n b",
            "X: a\r\n\tb",
            "X: a\nY: b",
            "Host: y",
            "Host: x",
            "X-HTTP-Method-Override: DELETE",
            "Expect: 200-maybe")) {
      bad.put("GET /healthz HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n", 0);
    }
    for (String host :
        List.of(
            "", "a b", "a@b", "a/b", "a?b", "a#b", "a:b", "a:99999", "a:-1", "[::1", "[x]",
            "a\u0000", "\u00ff", "a\\b", "<a>", "a\tb")) {
      bad.put("GET /healthz HTTP/1.1\r\nHost: " + host + "\r\n\r\n", 0);
    }
    bad.put("GET /healthz HTTP/1.1\r\n\r\n", 0);
    bad.put("GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n", 0);
    bad.put("GET /healthz HTTP/1.1\nHost: x\n\n", 0);
    bad.put("GET /healthz HTTP/1.1\rHost: x\r\r", 0);
    for (String one : bad.keySet()) {
      assertThat(send("requests that are no HTTP", one))
          .as(one)
          .isSubsetOf(400, 404, 405, 417, 426, 505)
          .hasSizeLessThan(2);
    }
  }

  @Test
  void aMethodIsNotChangedByAHeader() throws Exception {
    for (String name : List.of("X-HTTP-Method-Override", "x-http-method-override")) {
      for (String method : List.of("GET", "POST", "DELETE", "")) {
        String headers =
            name + ": " + method + "\r\nContent-Type: application/json\r\nContent-Length: 28\r\n";
        assertThat(send("other methods by a header", request("GET", EVENTS, headers, EVENT)))
            .containsExactly(400);
      }
    }
  }

  @Test
  void onlyGzipIsUnpackedAndOnlyAsFarAsABodyMayGo() throws Exception {
    byte[] zeros = new byte[64 << 20];
    String bomb = compressed(zeros, true);
    assertThat(bomb.length()).isLessThan(100_000);
    String event = compressed(EVENT.getBytes(ISO_8859_1), true);
    String deflated = compressed(EVENT.getBytes(ISO_8859_1), false);
    for (String coding : List.of("gzip", "x-gzip", "GZIP")) {
      assertThat(send("compressed bodies", encoded(coding, deflated))).containsExactly(400);
      assertThat(send("compressed bodies", encoded(coding, EVENT))).containsExactly(400);
      assertThat(send("compressed bodies", encoded(coding, bomb))).containsExactly(413);
    }
    for (String coding :
        List.of("deflate", "br", "zstd", "compress", "identity", "gzip, gzip", "", "\u00ff")) {
      for (String body : List.of(event, deflated, bomb, EVENT)) {
        assertThat(send("compressed bodies", encoded(coding, body)))
            .as(coding)
            .containsExactly(415);
      }
    }
    for (String body : List.of(event, deflated, bomb)) {
      String length = "Content-Length: " + body.length() + "\r\n";
      assertThat(send("compressed bodies", post(length, body))).containsExactly(422);
    }
  }

  private String encoded(String coding, String body) {
    return post(
        "Content-Encoding: " + coding + "\r\nContent-Length: " + body.length() + "\r\n", body);
  }

  private static String compressed(byte[] bytes, boolean gzip) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream to = gzip ? new GZIPOutputStream(out) : new DeflaterOutputStream(out)) {
      to.write(bytes);
    }
    return out.toString(ISO_8859_1);
  }

  @Test
  void headersAndUrisAreBounded() throws Exception {
    String many =
        IntStream.range(0, 3_000).mapToObj(i -> "H" + i + ": v\r\n").reduce("", String::concat);
    assertThat(send("floods", request("GET", "/healthz", many, ""))).isSubsetOf(431);
    for (int kib : List.of(17, 64, 1_024)) {
      String long1 = "a".repeat(kib << 10);
      for (String header : List.of("X: ", "Cookie: ", "User-Agent: ", "Authorization: Bearer ")) {
        assertThat(send("floods", request("GET", "/healthz", header + long1 + "\r\n", "")))
            .isSubsetOf(431);
      }
      assertThat(send("floods", request("GET", "/healthz", long1 + ": x\r\n", ""))).isSubsetOf(431);
      assertThat(send("floods", request("GET", "/" + long1, "", ""))).isSubsetOf(414, 431);
      assertThat(send("floods", request("GET", "/api/audit?actor_username=" + long1, "", "")))
          .isSubsetOf(414, 431);
      assertThat(send("floods", request(long1, "/healthz", "", ""))).isSubsetOf(400, 414, 431);
    }
    for (String target :
        List.of(
            "/api/audit?" + "&".repeat(15_000),
            "/api/audit?" + "event_type=a.*&".repeat(1_000),
            "/api/audit?" + "limit=1&".repeat(1_800),
            "/api/audit?" + "%61".repeat(5_000),
            "/api/audit?actor_username=" + "%F0%9F%92%A9".repeat(1_000),
            "/a".repeat(7_000),
            "/web/" + "a".repeat(15_000))) {
      // 499 where the answer takes so long that the server notices that nothing more is sent.
      assertThat(send("floods", request("GET", target, "", ""))).isSubsetOf(200, 404, 422, 499);
    }
    String cookies = "Cookie: " + "tally-session=x; ".repeat(900) + "\r\n";
    assertThat(send("floods", request("GET", "/api/session", cookies, ""))).containsExactly(401);
  }

  @Test
  void randomChangesToGoodRequestsBreakNothing() throws Exception {
    String reader = server.key("reader", Permission.ADMIN_AUDIT);
    List<String> good =
        List.of(
            post("Content-Length: 28\r\n", EVENT),
            post("Transfer-Encoding: chunked\r\n", CHUNKED),
            request("GET", "/api/audit?event_type=auth.*&since=2026-11-23&limit=5", "", ""),
            request("GET", "/api/audit/verify?start_id=1&end_id=3&quick=true", "", ""),
            request("GET", "/api/audit/entries/3/proof", "Accept: text/plain\r\n", ""),
            request("GET", "/api/audit/export?format=csv&order=desc", "", ""),
            request("GET", "/tlog/tile/0/000.p/7", "If-None-Match: *\r\n", ""),
            request("GET", "/api/audit/consistency?from=1&to=3", "Range: bytes=0-1\r\n", ""),
            request("GET", "/api/session", "Cookie: tally-session=x\r\nOrigin: http://x\r\n", ""),
            request("DELETE", "/api/audit/keys/0123456789abcdef", "", ""));
    List<String> pieces =
        List.of(
            "\r\n",
            "\n",
            "\r",
            "\u0000",
            " ",
            "\t",
            ":",
            "%",
            "%00",
            "%2e%2e",
            "/",
            "//",
            "?",
            "&",
            "=",
            "\u00ff",
            "\u00c3\u00a9",
            "9223372036854775808",
            "-",
            "\"",
            "{",
            "chunked",
            "Content-Length: 3\r\n",
            "HTTP/1.0",
            "a".repeat(20_000));
    int rounds = Boolean.getBoolean("tallystick.long") ? 20_000 : 1_000;
    Random random = new Random(5);
    for (int i = 0; i < rounds; i++) {
      String text = good.get(random.nextInt(good.size())).replace(key, reader);
      for (int change = 0; change <= random.nextInt(3); change++) {
        int at = random.nextInt(text.length());
        int end = Math.min(text.length(), at + random.nextInt(4));
        text =
            switch (random.nextInt(4)) {
              case 0 -> text.substring(0, at) + text.substring(end);
              case 1 -> text.substring(0, end) + text.substring(at);
              case 2 ->
                  text.substring(0, at)
                      + (char) (text.charAt(at) ^ (1 << random.nextInt(8)))
                      + text.substring(at + 1);
              default ->
                  text.substring(0, at)
                      + pieces.get(random.nextInt(pieces.size()))
                      + text.substring(end);
            };
      }
      send("random changes", text);
    }
  }
}
