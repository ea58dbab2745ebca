package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Runs the tests of {@code clients/go} against servers of this build. Never uses the network: the
 * client needs Go's standard library only.
 */
class ClientGoIT {
  private static ClientTests client() throws Exception {
    return ClientTests.of("go")
        .with("GOPROXY", "off")
        .with("GOTOOLCHAIN", "local")
        .with("GOFLAGS", "-mod=readonly")
        .needs(
            "Go 1.21 or newer, which has log/slog,",
            "sh",
            "-c",
            "test \"$(go env GOVERSION | sed 's/^go1[.]//; s/[^0-9].*//')\" -ge 21");
  }

  @Test
  void itsTestsPass() throws Exception {
    assertThat(client().run("go", "test", "-count=1", "-timeout=30m", "-v", "./..."))
        .contains("--- PASS: TestNothingIsLostOrDoubledWhenAnythingIsKilled")
        .doesNotContain("--- SKIP");
  }

  @Test
  void itIsFormattedAndHasNoFindings() throws Exception {
    assertThat(client().run("gofmt", "-l", ".")).isEmpty();
    assertThat(client().run("go", "vet", "./...")).isEmpty();
  }
}
