package io.tallystick.endurance;

import org.junit.jupiter.api.Test;

/** Compiles {@code clients/node} and runs its tests against servers of this build. */
class ClientNodeIT {
  @Test
  void itsTestsPass() throws Exception {
    ClientTests.of("node")
        .needs(
            "Node 18 or newer",
            "node",
            "-e",
            "process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)")
        .needs("tsc, the TypeScript compiler,", "tsc", "--version")
        .run("sh", "-c", "tsc && exec node --test test/*.test.js");
  }
}
