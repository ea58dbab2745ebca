package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A process with the options of {@code jvm.options} whose memory is used up. */
@Timeout(60)
class OutOfMemoryTest {
  /** One of its threads dies for lack of memory, and the others would go on without it. */
  static final class Program {
    private Program() {}

    public static void main(String[] args) throws InterruptedException {
      Thread.ofPlatform().start(() -> System.out.println(new long[1 << 28].length));
      Thread.sleep(5_000);
    }
  }

  @Test
  void itEndsRatherThanToGoOnWithoutOneOfItsThreads() throws Exception {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    Process process =
        new ProcessBuilder(
                List.of(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "@" + options,
                    "-Xmx16m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Program.class.getName()))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as("0 where it went on").isEqualTo(3);
  }
}
