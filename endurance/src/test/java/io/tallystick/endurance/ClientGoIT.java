package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Runs the tests of {@code clients/go} with the packaged server, which they start and kill
 * themselves. Never uses the network: the client needs Go's standard library only.
 */
class ClientGoIT {
  private static final Path CLIENT = Path.of("../clients/go").toAbsolutePath().normalize();
  private static final Path TALLY = Path.of("../cli/target/tally.jar").toAbsolutePath().normalize();

  /** The first version with {@code log/slog}. */
  private static final int MINOR_VERSION = 21;

  private record Result(int code, String out) {}

  @Test
  void theGoClientPassesItsTests() throws Exception {
    assumeTrue(minorVersion() >= MINOR_VERSION, "there is no Go 1." + MINOR_VERSION + " here");
    assumeTrue(Files.exists(TALLY), TALLY + " is missing (./mvnw package)");
    Result tests = run("go", "test", "-count=1", "-timeout=30m", "-v", "./...");
    System.out.println(tests.out());
    assertThat(tests.code()).as(tests.out()).isZero();
    assertThat(tests.out())
        .contains("--- PASS: TestNothingIsLostOrDoubledWhenAnythingIsKilled")
        .doesNotContain("--- SKIP");
  }

  @Test
  void theGoClientIsFormattedAndHasNoFindings() throws Exception {
    assumeTrue(minorVersion() >= MINOR_VERSION, "there is no Go 1." + MINOR_VERSION + " here");
    assertThat(run("gofmt", "-l", ".")).isEqualTo(new Result(0, ""));
    assertThat(run("go", "vet", "./...")).isEqualTo(new Result(0, ""));
  }

  /** Of Go 1.N; 0 where there is no Go. */
  private static int minorVersion() throws InterruptedException {
    try {
      Matcher version = Pattern.compile("go1\\.(\\d+)").matcher(run("go", "version").out());
      return version.find() ? Integer.parseInt(version.group(1)) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  private static Result run(String... command) throws IOException, InterruptedException {
    Path out = Files.createTempFile("go", ".out");
    try {
      ProcessBuilder builder = new ProcessBuilder(command).directory(CLIENT.toFile());
      builder.environment().putAll(environment());
      int code = builder.redirectErrorStream(true).redirectOutput(out.toFile()).start().waitFor();
      return new Result(code, Files.readString(out, UTF_8));
    } finally {
      Files.delete(out);
    }
  }

  private static Map<String, String> environment() {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    List<String> tally =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + options.toAbsolutePath().normalize(),
            "-Xmx512m",
            "-XX:TieredStopAtLevel=1",
            // A server that is killed starts again more quickly with the classes that the tests of
            // the command line left, if they did.
            "-Xlog:disable",
            "-Xlog:all=warning,cds*=off:stderr",
            "-XX:+UseSerialGC",
            "-XX:SharedArchiveFile=" + TALLY.resolveSibling("tests.jsa"),
            "-jar",
            TALLY.toString());
    return Map.of(
        "TALLY", String.join(" ", tally),
        "TALLYSTICK_LONG", Boolean.getBoolean("tallystick.long") ? "1" : "",
        "GOPROXY", "off",
        "GOTOOLCHAIN", "local",
        "GOFLAGS", "-mod=readonly");
  }
}
