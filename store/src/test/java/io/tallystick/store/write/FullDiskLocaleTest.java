package io.tallystick.store.write;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.AuditLog;
import io.tallystick.store.AuditLogTest;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A device that fills up under a writer whose operating system speaks English or German: the JVM
 * passes on the system's words for an error, in the language of LC_ALL.
 */
class FullDiskLocaleTest {
  private static final int TRIES = Boolean.getBoolean("tallystick.long") ? 10 : 2;

  @TempDir Path directory;
  private Path device;

  @BeforeEach
  void checkRoot() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "mounting needs root");
    device = Files.createDirectory(directory.resolve("device"));
  }

  /** With file numbers used up, usable space does not show that a device has no room. */
  @ParameterizedTest
  @CsvSource({
    "C.UTF-8, size=120m",
    "de_DE.UTF-8, size=120m",
    "de_DE.UTF-8, 'size=300m,nr_inodes=200'"
  })
  void appendsGoOnWhenThereIsRoomAgain(String locale, String device) throws Exception {
    Path locales = Files.createDirectory(directory.resolve("locales"));
    if (!locale.startsWith("C.")) {
      assumeTrue(
          run("localedef", "-i", locale.substring(0, 5), "-f", "UTF-8", locales + "/" + locale)
              == 0,
          "the locale " + locale + " can't be made here");
    }
    for (int i = 0; i < TRIES; i++) {
      String said = fill(device, locale, locales, i);
      assumeTrue(!said.contains("skipped"), said);
      assertThat(said).as("in try %d", i).endsWith("resumed\n");
    }
  }

  private String fill(String options, String locale, Path locales, int round) throws Exception {
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", options, "none", device.toString()) == 0,
        "a tmpfs can't be mounted");
    try {
      Path jvmOptions = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
      ProcessBuilder builder =
          new ProcessBuilder(
                  ProcessHandle.current().info().command().orElseThrow(),
                  "@" + jvmOptions.toAbsolutePath().normalize(),
                  "-Xmx256m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Writer.class.getName(),
                  device.toString(),
                  locale.startsWith("de") ? "Auf dem Gerät" : "No space left",
                  String.valueOf(options.contains("nr_inodes")))
              .redirectError(ProcessBuilder.Redirect.to(directory.resolve("log" + round).toFile()));
      builder.environment().put("LC_ALL", locale);
      builder.environment().put("LOCPATH", locales.toString());
      builder.environment().remove("LANGUAGE");
      Process writer = builder.start();
      StringBuilder said = new StringBuilder();
      try (BufferedReader out = writer.inputReader(StandardCharsets.UTF_8)) {
        out.lines().forEach(line -> said.append(line).append('\n'));
      } finally {
        writer.destroyForcibly().waitFor();
      }
      return said.isEmpty() ? Files.readString(directory.resolve("log" + round)) : said.toString();
    } finally {
      run("umount", "-l", device.toString());
    }
  }

  /** The exit code of a command; -1 if there is no such command. */
  private static int run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  /**
   * Appends as much as the log takes, fills the device to the last block or file, and requests a
   * checkpoint, which needs room; then makes room, and prints whether the log takes events and
   * seals again.
   */
  static final class Writer {
    private Writer() {}

    public static void main(String[] args) throws Exception {
      Path device = Path.of(args[0]);
      Path data = device.resolve("log");
      boolean manyFiles = Boolean.parseBoolean(args[2]);
      LogConfig config = AuditLogTest.CONFIG.toBuilder().sealEvery(Duration.ofHours(1)).build();
      try (AuditLog log = AuditLog.open(data, config)) {
        int batches = manyFiles ? 1 : 200;
        while (batches > 0 && succeeds(append(log, 5_000))) {
          batches--;
        }
        Path ballast = Files.createDirectory(device.resolve("ballast"));
        String words = manyFiles ? makeFiles(ballast) : fill(ballast);
        if (!words.contains(args[1])) {
          System.out.println("skipped: the system says \"" + words + "\"");
          return;
        }
        for (int i = 0; i < 3; i++) {
          succeeds(append(log, 5_000));
          if (succeeds(log.seal())) {
            System.out.println("sealed without room");
          }
        }
        try (var files = Files.list(ballast)) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        for (int i = 0; i < 100 && !succeeds(append(log, 1)); i++) {
          Thread.sleep(50);
        }
        System.out.println(log.seal().get(20, TimeUnit.SECONDS).size());
      }
      boolean sound =
          new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all(), null).valid();
      System.out.println(sound ? "resumed" : "damaged");
    }

    private static Future<?> append(AuditLog log, int events) {
      return log.append(AuditLogTest.events(events), null);
    }

    /**
     * Whether it succeeded; {@code false} if there was no room. Any other failure ends the process.
     */
    private static boolean succeeds(Future<?> done) throws Exception {
      try {
        done.get(20, TimeUnit.SECONDS);
        return true;
      } catch (ExecutionException e) {
        if (e.getCause() instanceof LogException.DiskFull) {
          return false;
        }
        System.out.println(e.getCause());
        throw e;
      }
    }

    private static String fill(Path ballast) {
      String words = "";
      for (int bytes : List.of(1 << 20, 4_096, 1)) {
        try (OutputStream out = Files.newOutputStream(ballast.resolve("of" + bytes))) {
          while (true) {
            out.write(new byte[bytes]);
          }
        } catch (IOException e) {
          words = String.valueOf(e.getMessage());
        }
      }
      return words;
    }

    private static String makeFiles(Path ballast) {
      try {
        for (int i = 0; ; i++) {
          Files.createFile(ballast.resolve(String.valueOf(i)));
        }
      } catch (IOException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }
}
