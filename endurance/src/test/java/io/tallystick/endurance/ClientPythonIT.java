package io.tallystick.endurance;

import org.junit.jupiter.api.Test;

/** Runs the tests of {@code clients/python} against servers of this build. */
class ClientPythonIT {
  @Test
  void itsTestsPass() throws Exception {
    ClientTests.of("python")
        .needs(
            "Python 3.9 or newer", "python3", "-c", "import sys; assert sys.version_info >= (3, 9)")
        .run("python3", "-m", "unittest", "-v");
  }
}
