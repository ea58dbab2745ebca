package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.note.TestAuthority;
import io.tallystick.note.TimestampToken;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that others sign: a timestamp authority and a witness, both started here. */
class NotariseIT {
  @TempDir Path directory;
  private TestAuthority authority;
  private HttpServer server;
  private Path data;
  private Map<String, String> log;

  @BeforeEach
  void start() throws Exception {
    authority = TestAuthority.good();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/tsa", this::answer);
    server.createContext("/page", exchange -> send(exchange, "text/html", "<p>".getBytes(UTF_8)));
    server.createContext(
        "/refuses", exchange -> send(exchange, TimestampToken.REPLY_TYPE, new byte[] {48, 0}));
    server.start();
    data = directory.resolve("log");
    log = Map.of("TALLY_DATA", data.toString());
    assertThat(Tally.run(log, "{\"event_type\":\"auth.logout\"}\n".repeat(9), "append").code())
        .isZero();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try {
      assertThat(exchange.getRequestHeaders().getFirst("Content-Type"))
          .isEqualTo("application/timestamp-query");
      send(
          exchange,
          TimestampToken.REPLY_TYPE,
          authority.answer(exchange.getRequestBody().readAllBytes()));
    } catch (Exception e) {
      exchange.sendResponseHeaders(500, -1);
      throw new IOException(e);
    }
  }

  private static void send(HttpExchange exchange, String type, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private String pem(String name, X509Certificate certificate) throws Exception {
    String text =
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(certificate.getEncoded())
            + "\n-----END CERTIFICATE-----\n";
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private Tally.Result notarise(String path, String... more) throws Exception {
    String[] command =
        new String[] {
          "checkpoint",
          "notarise",
          "--data",
          data.toString(),
          "--tsa",
          "http://127.0.0.1:" + server.getAddress().getPort() + path
        };
    String[] all = new String[command.length + more.length];
    System.arraycopy(command, 0, all, 0, command.length);
    System.arraycopy(more, 0, all, command.length, more.length);
    return Tally.run(Map.of(), "", all);
  }

  @Test
  void aTimestampIsKeptVerifiedLaterAndGoesIntoTheEvidence() throws Exception {
    String root = pem("root.pem", authority.root());
    String other = pem("other.pem", TestAuthority.good().root());
    assertThat(notarise("/tsa", "--tsa-ca", other).code())
        .as("an authority that is not trusted")
        .isEqualTo(Failure.NOT_VALID);
    assertThat(directory.resolve("log/checkpoints/10.tsr")).doesNotExist();
    Tally.Result notarised = notarise("/tsa", "--tsa-ca", root);
    assertThat(notarised.code()).as(notarised.toString()).isZero();
    assertThat(notarised.out()).contains("CN=Test Timestamps").doesNotContain("not checked");
    assertThat(Tally.run(log, "", "verify", "--tsa-ca", root).code()).isZero();
    assertThat(Tally.run(log, "", "verify", "--tsa-ca", other).code()).isEqualTo(Failure.NOT_VALID);
    assertThat(Tally.run(log, "", "checkpoint", "list", "--format", "json").out())
        .contains("\"timestamped\":true,\"timestamp\":\"20");

    String bundle = directory.resolve("evidence.zip").toString();
    String key = Tally.run(log, "", "key").out().strip();
    assertThat(Tally.run(log, "", "export", "--proofs", "--out", bundle).code()).isZero();
    Tally.Result evidence =
        Tally.run(Map.of(), "", "verify-bundle", bundle, "--key", key, "--tsa-ca", root);
    assertThat(evidence.code()).as(evidence.toString()).isZero();
    assertThat(evidence.out()).contains("existed at");
    assertThat(
            Tally.run(Map.of(), "", "verify-bundle", bundle, "--key", key, "--tsa-ca", other)
                .code())
        .isEqualTo(Failure.NOT_VALID);

    assertThat(verifiedByPython()).isTrue();

    Path token = data.resolve("checkpoints/10.tsr");
    byte[] bytes = Files.readAllBytes(token);
    bytes[bytes.length - 20] ^= 1;
    Files.write(token, bytes);
    Tally.Result damaged = Tally.run(log, "", "verify");
    assertThat(damaged.code()).isEqualTo(Failure.NOT_VALID);
    assertThat(damaged.out()).contains("checkpoints/10.tsr");
    assertThat(verifiedByPython()).isEqualTo(!pythonIsHere());
  }

  private static boolean pythonIsHere() throws Exception {
    try {
      return new ProcessBuilder("python3", "-c", "import cryptography").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether tools/verify_log.py finds nothing wrong; true where it cannot run. */
  private boolean verifiedByPython() throws Exception {
    if (!pythonIsHere()) {
      System.out.println("python3 with the package cryptography is missing");
      return true;
    }
    Path program = Path.of("../tools/verify_log.py").toAbsolutePath();
    return new ProcessBuilder("python3", program.toString(), data.toString())
            .inheritIO()
            .start()
            .waitFor()
        == 0;
  }

  @Test
  void whatIsNoTimestampIsRefusedAndNothingIsKept() throws Exception {
    for (String path : new String[] {"/page", "/refuses", "/nothing"}) {
      Tally.Result refused = notarise(path);
      assertThat(refused.code()).as(refused.toString()).isNotZero();
      assertThat(refused.err()).as(path).doesNotContain("Exception").isNotBlank();
    }
    assertThat(data.resolve("checkpoints/10.tsr")).doesNotExist();
  }

  @Test
  void aServersCheckpointsAreSignedByAWitness() throws Exception {
    String key = Tally.run(log, "", "key").out().strip();
    String home = directory.resolve("witness").toString();
    try (Tally.Witness witness =
            Tally.Witness.start("--log", key, "--dir", home, "--name", "witness.example");
        Tally.Server served =
            Tally.Server.start(data, "--witness", witness.key() + "=" + witness.url())) {
      String checkpoint = "";
      while (!checkpoint.contains("— witness.example ")) {
        Thread.sleep(50);
        checkpoint = served.get("/tlog/checkpoint").body();
      }
    }
    assertThat(Tally.run(log, "", "verify").code()).isZero();
    assertThat(Tally.run(Map.of(), "", "serve", "--data", data.toString(), "--witness", "x").code())
        .isEqualTo(Failure.USAGE);
    assertThat(Tally.run(Map.of(), "", "witness", "--log", "x", "--dir", home).code())
        .isEqualTo(Failure.USAGE);
  }
}
