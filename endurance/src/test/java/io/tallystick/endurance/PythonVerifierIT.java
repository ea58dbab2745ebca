package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.archive.ArchiveVerifier;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages a small log and its archives at rest, and asks verification and the auditor's checker,
 * {@code tools/verify_log.py}: both find something wrong, or both find nothing.
 */
class PythonVerifierIT {
  private static final int DAMAGES = Boolean.getBoolean("tallystick.long") ? 5_000 : 25;
  private static final Path PROGRAM = Path.of("../tools/verify_log.py").toAbsolutePath();

  @TempDir Path directory;

  private final Random random = new Random();

  @Test
  void bothFindTheSameDamageOrNone() throws Exception {
    assumeTrue(
        exitCode("python3", "-c", "import cryptography") == 0,
        "python3 with the package cryptography is missing");
    Path log = directory.resolve("log");
    SmallLog.make(log, SmallLog.witness());
    Path copy = directory.resolve("copy");
    SmallLog.copy(log, copy);
    List<String> files = evidence(log);
    List<String> wrong = new ArrayList<>();
    int found = 0;
    for (int i = 0; i < DAMAGES; i++) {
      Damage damage = damage(log, files);
      damage.to(copy);
      boolean ours = isSound(copy, files);
      boolean theirs = isSoundToPython(copy, files);
      found += ours ? 0 : 1;
      // Readers of zip files differ in which damage to the container they forgive.
      boolean forgiven = ours && damage.isWithin("archive");
      if (ours != theirs && !forgiven) {
        wrong.add(damage.line() + ": sound to verify " + ours + ", to verify_log.py " + theirs);
      }
      for (String file : damage.files()) {
        SmallLog.copyFile(log.resolve(file), copy.resolve(file));
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(found).isPositive();
    assertThat(isSound(copy, files)).isTrue();
    assertThat(isSoundToPython(copy, files)).isTrue();
  }

  /** The files that verification reads. */
  private static List<String> evidence(Path log) throws IOException {
    try (Stream<Path> walk = Files.walk(log)) {
      return walk.filter(Files::isRegularFile)
          .map(file -> log.relativize(file).toString())
          .filter(file -> !file.matches("(index|keys)/.*|.*lock|access.json|admin.key|.*\\.cq4t"))
          .sorted()
          .toList();
    }
  }

  private Damage damage(Path log, List<String> files) throws IOException {
    String file = files.get(random.nextInt(files.size()));
    long size = Math.max(1, Files.size(log.resolve(file)));
    return switch (random.nextInt(6)) {
      case 0 -> new Damage(Damage.Kind.FILE_CUT, file, random.nextLong(size), "");
      case 1 -> new Damage(Damage.Kind.PAGE_ZEROED, file, random.nextLong(size) & -Damage.PAGE, "");
      case 2 -> {
        String other = files.get(random.nextInt(files.size()));
        yield other.equals(file)
            ? new Damage(Damage.Kind.FILE_DELETED, file, 0, "")
            : new Damage(Damage.Kind.FILES_EXCHANGED, file, 0, other);
      }
      default -> new Damage(Damage.Kind.BIT_FLIPPED, file, random.nextLong(8 * size), "");
    };
  }

  private static boolean isSound(Path log, List<String> files) throws Exception {
    try {
      LogReader reader = LogReader.open(log);
      boolean sound = new LogVerifier(reader).verify(VerifyRequest.all().strictly(), null).valid();
      for (Path file : archives(log, files)) {
        try (ArchiveReader archive = ArchiveReader.open(file)) {
          sound &= ArchiveVerifier.verify(archive, reader.identity().keys()).faults().isEmpty();
        }
      }
      return sound;
    } catch (IOException | InvalidNoteException e) {
      return false;
    }
  }

  private static boolean isSoundToPython(Path log, List<String> files) throws Exception {
    boolean sound = exitCode("python3", PROGRAM.toString(), log.toString()) == 0;
    for (Path file : archives(log, files)) {
      sound &= exitCode("python3", PROGRAM.toString(), "--archive", file.toString()) == 0;
    }
    return sound;
  }

  private static List<Path> archives(Path log, List<String> files) {
    return files.stream().filter(file -> file.endsWith(".zip")).map(log::resolve).toList();
  }

  private static int exitCode(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }
}
