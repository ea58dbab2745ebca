package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.cli.terminal.Failure;
import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Options that need a running server, and output that cannot be written. */
class OptionsIT {
  @TempDir Path directory;
  private String data = "";

  @BeforeEach
  void makeLog() throws Exception {
    data = directory.resolve("log").toString();
    Tally.Result appended =
        Tally.run(
            Map.of("TALLY_DATA", data),
            "{\"event_type\":\"a.b\"}\n{\"event_type\":\"auth.login.failed\"}\n",
            "append");
    assertThat(appended.out()).contains("the last one is 3");
  }

  @Test
  void theKeyOfTheCommandLineIsTheOneThatIsShown() throws Exception {
    Path key = Path.of(data, "admin.key");
    try (Tally.Server server = Tally.Server.start(Path.of(data))) {
      Map<String, String> wrong = Map.of("TALLY_URL", server.url(), "TALLY_API_KEY", "tally_x_y");
      assertThat(Tally.run(wrong, "", "list").code()).isEqualTo(Failure.NOT_PERMITTED);
      assertThat(Tally.run(wrong, "", "list", "--api-key-file", key.toString()).out())
          .contains("api key refused");
      Map<String, String> right = Map.of("TALLY_URL", server.url(), "TALLY_API_KEY", server.key());
      Tally.Result authorities =
          Tally.run(right, "", "verify", "--tsa-ca", certificate().toString());
      assertThat(authorities.code()).isEqualTo(Failure.USAGE);
      assertThat(authorities.err()).contains("--tsa-ca", "data directory");
      assertThat(Tally.run(right, "", "verify").out()).startsWith("valid: entries 1 to 5");
      Tally.Result crossed = Tally.run(right, "", "verify", "--start-id", "5", "--end-id", "2");
      assertThat(crossed.code()).isEqualTo(Failure.USAGE);
      assertThat(crossed.err())
          .contains("--start-id must not be after the end of the range, but was 5");
      assertThat(Tally.run(Map.of("TALLY_DATA", data), "", "hold", "list").code()).isZero();
      assertThat(
              Tally.run(
                      Map.of("TALLY_DATA", data), "", "archive", "--retention-days=1", "--dry-run")
                  .out())
          .contains("nothing to remove");
    }
  }

  private Path certificate() throws Exception {
    Path store = directory.resolve("store.p12");
    Path pem = directory.resolve("ca.pem");
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    for (List<String> words :
        List.of(
            List.of("-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=a"),
            List.of("-exportcert", "-rfc", "-alias", "a", "-file", pem.toString()))) {
      ProcessBuilder builder = new ProcessBuilder(keytool);
      builder.command().addAll(words);
      builder.command().addAll(List.of("-keystore", store.toString(), "-storepass", "changeit"));
      Process process = builder.redirectErrorStream(true).start();
      process.getInputStream().readAllBytes();
      assertThat(process.waitFor()).isZero();
    }
    return pem;
  }

  @Test
  void tooManyRefusedKeysAreARefusalToo() throws Exception {
    try (Tally.Server server = Tally.Server.start(Path.of(data))) {
      Map<String, String> wrong = Map.of("TALLY_URL", server.url(), "TALLY_API_KEY", "tally_x_y");
      try (HttpClient client = HttpClient.newHttpClient()) {
        HttpRequest refused =
            HttpRequest.newBuilder(URI.create(server.url() + "/api/audit"))
                .header("X-API-Key", "tally_x_y")
                .build();
        for (int i = 0; i < 1_000; i++) {
          if (client.send(refused, HttpResponse.BodyHandlers.discarding()).statusCode() == 429) {
            break;
          }
        }
      }
      Tally.Result limited = Tally.run(wrong, "", "list");
      assertThat(limited.code()).isEqualTo(Failure.NOT_PERMITTED);
      assertThat(limited.err()).contains("429", "try again in");
      assertThat(Tally.run(server.environment(), "", "list").code()).isZero();
    }
  }

  @Test
  void aReaderThatGoesAwayIsNoError() throws Exception {
    for (String line :
        List.of(
            "list",
            "list --format json",
            "list --format csv",
            "tail",
            "stats",
            "types",
            "verify",
            "export",
            "export --proofs",
            "prove 1",
            "key",
            "--help",
            "list --help",
            "generate-man-page")) {
      ProcessBuilder builder = Tally.command(List.of(line.split(" ")));
      builder.environment().put("TALLY_DATA", data);
      Path err = directory.resolve("err");
      Process process = builder.redirectError(err.toFile()).start();
      process.getInputStream().close();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(err).as(line).isEmptyFile();
      assertThat(process.exitValue()).as(line).isZero();
    }
  }

  @Test
  void outputThatCanNotBeWrittenIsAnError() throws Exception {
    for (List<String> words : List.of(List.of("export"), List.of("prove", "1"), List.of("list"))) {
      ProcessBuilder builder = Tally.command(words);
      builder.environment().put("TALLY_DATA", data);
      Process process =
          builder
              .redirectOutput(new File("/dev/full"))
              .redirectError(directory.resolve("err").toFile())
              .start();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(words.toString()).isEqualTo(Failure.UNREACHABLE);
      assertThat(directory.resolve("err")).content().contains("standard output");
    }
  }
}
