package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Asks a server everything that its {@code openapi.json} describes, well and badly, and compares
 * the answers with the description: schemathesis does, which pip fetches. Takes 20 minutes, and
 * needs python3 with pip and its network; without them it skips.
 */
class ApiFuzzIT {
  private static final String SCHEMATHESIS = "schemathesis==4.32.5";
  private static final Duration BUDGET =
      Duration.ofSeconds(Long.getLong("tallystick.fuzz.seconds", 1_200));
  private static final Path CONFIG = Path.of("src", "test", "schemathesis").toAbsolutePath();

  @TempDir Path work;

  @Test
  void everyAnswerIsAsDescribed() throws Exception {
    assumeTrue(Boolean.getBoolean("tallystick.long"), "takes 20 minutes; ./check --long runs it");
    Path schemathesis = install();
    ServerConfig.Limits limits =
        new ServerConfig.Limits(
            10_000, 8 << 20, 64L << 20, 4_096, Integer.MAX_VALUE, Duration.ofHours(1));
    try (TestServer server =
        TestServer.start(
            work.resolve("data"), TestServer.config(limits, ServerConfig.Timeouts.defaults()))) {
      String key = server.key("fuzzer", Permission.values());
      String url = server.uri("").toString();
      Path said = work.resolve("said");
      int exit =
          run(
              BUDGET.plusMinutes(10),
              said,
              key,
              schemathesis.toString(),
              "--config-file",
              CONFIG.resolve("schemathesis.toml").toString(),
              "run",
              url + "/openapi.json",
              "-H",
              "X-API-Key: " + key,
              "-H",
              "Origin: " + url,
              "--phases",
              "examples,coverage,fuzzing",
              "--max-time",
              Long.toString(BUDGET.toSeconds()),
              "--request-timeout",
              "60",
              "--continue-on-failure",
              "--suppress-health-check",
              "all",
              "--no-color");
      String text = Files.readString(said);
      text.lines().filter(line -> line.contains(" generated")).forEach(System.out::println);
      assertThat(exit).as(text).isZero();
      String figures = server.get("/metrics", key).body();
      figures.lines().filter(line -> line.contains("requests_total{")).forEach(System.out::println);
      assertThat(figures).doesNotContain("http_requests_total{status=\"5");
      assertThat(server.json("/api/audit/verify", key).get("valid").asBoolean()).isTrue();
    }
  }

  private Path install() throws Exception {
    Path environment = Path.of("target", "schemathesis").toAbsolutePath();
    Path installed = environment.resolve("bin").resolve("schemathesis");
    Path said = work.resolve("pip");
    List<List<String>> steps =
        List.of(
            List.of("python3", "-m", "venv", environment.toString()),
            List.of(
                environment.resolve("bin").resolve("pip").toString(),
                "install",
                "--quiet",
                "--disable-pip-version-check",
                SCHEMATHESIS));
    for (List<String> step : steps) {
      boolean done;
      try {
        done = run(Duration.ofMinutes(10), said, "", step.toArray(String[]::new)) == 0;
      } catch (IOException e) {
        done = false;
      }
      assumeTrue(done, "needs python3 with venv, pip and its network to install schemathesis");
    }
    return installed;
  }

  private int run(Duration patience, Path said, String key, String... command)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(List.of(command)));
    builder
        .environment()
        .putAll(Map.of("PYTHONPATH", CONFIG.toString(), "FUZZ_KEY", key, "COLUMNS", "160"));
    Process process =
        builder
            .directory(work.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start();
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException("still running: " + Files.readString(said));
    }
    return process.exitValue();
  }
}
