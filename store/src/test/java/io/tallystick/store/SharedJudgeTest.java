package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The format's own checker, where it lies beside the project, and verification agree on logs made
 * here, good and damaged: on the entries, the tiles and the checkpoints.
 */
class SharedJudgeTest {
  private static final Path JUDGE = Path.of("../../shared/tools/check_log.py").toAbsolutePath();
  private static final Pattern ENTRY = Pattern.compile("(?m)^entry (\\d+)");

  @TempDir Path directory;
  private Path data;

  /** What the judge printed; empty if it found nothing. */
  private static String judge(Path data) throws Exception {
    Process process =
        new ProcessBuilder("python3", JUDGE.toString(), data.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(found).isEqualTo(found.isEmpty() ? 0 : 1);
    return found;
  }

  @BeforeEach
  void makeALog() throws Exception {
    assumeTrue(Files.exists(JUDGE), "no checker of the format beside the project");
    assumeTrue(hasPython(), "no python3");
    data = directory.resolve("log");
    for (int i = 0; i < 3; i++) {
      try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
        for (int b = 0; b < 20; b++) {
          log.append(AuditLogTest.events(10), null).get();
        }
      }
    }
  }

  private static boolean hasPython() throws InterruptedException {
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void bothFindAGoodLogGood() throws Exception {
    assertThat(judge(data)).isEmpty();
    assertThat(LogReader.open(data).verify(VerifyRequest.all().strictly(), null).faults())
        .isEmpty();
  }

  @Test
  void bothNameTheSameEntriesInADamagedLog() throws Exception {
    Path segment = LogFiles.segments(data).getFirst();
    Random random = new Random(7);
    long end = LogFiles.end(segment);
    long begin = LogFiles.blocks(segment).getFirst();
    for (int i = 0; i < 25; i++) {
      // In entries, not in the headers between them: after those the judge stops.
      long position = 0;
      while (position == 0) {
        long at = begin + random.nextLong(end - begin);
        position = LogFiles.read(segment, at, 1)[0] == 'a' ? at : 0;
      }
      LogFiles.flip(segment, position, random.nextInt(3));
      Set<Long> named = new TreeSet<>();
      Matcher entry = ENTRY.matcher(judge(data));
      while (entry.find()) {
        named.add(Long.parseLong(entry.group(1)));
      }
      VerifyReport report = LogReader.open(data).verify(VerifyRequest.all().strictly(), null);
      String reasons = report.faults().toString();
      assertThat(named).as("byte %d", position).isNotEmpty();
      assertThat(named).allMatch(id -> reasons.contains("entry " + id + " "));
      LogFiles.write(segment, position, (byte) 'a');
    }
  }

  @Test
  void bothFindChangedTilesAndCheckpoints() throws Exception {
    LogFiles.flip(data.resolve("tiles/0/001"), 99, 1);
    assertThat(judge(data)).contains("tile 0/001 differs");
    assertThat(LogReader.open(data).verify(VerifyRequest.all(), null).faults())
        .anyMatch(f -> f.kind() == Fault.Kind.TILE && f.reason().contains("0/001"));
    LogFiles.flip(data.resolve("tiles/0/001"), 99, 1);

    Path other = directory.resolve("other");
    AuditLog.open(other, AuditLogTest.CONFIG).close();
    Files.write(data.resolve("checkpoint"), Files.readAllBytes(other.resolve("checkpoint")));
    assertThat(judge(data)).contains("checkpoint");
    assertThat(LogReader.open(data).verify(VerifyRequest.all(), null).faults())
        .anyMatch(f -> f.kind() == Fault.Kind.CHECKPOINT);
  }
}
