package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.note.SignerKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages a small log at rest, one place at a time: flips a bit, cuts a file, zeroes a page,
 * deletes a file, exchanges two. Either it is found and named, or every answer is as it was before,
 * and the log says what it rebuilt for that.
 *
 * <p>The long run does all of it to every file: each bit, each 512 bytes, each page, each pair. One
 * process judges many damages one after another, because a process for each of half a million would
 * take a week. It reports on each before it gets the next, so a crash or a hang is blamed on the
 * one it got last. A run of zeros in a segment, Chronicle's room for an index of offsets, has one
 * bit flipped in every eighth of its words, a different one each time. Zeros beyond the page after
 * the last block are cut off, because only more of them follow.
 */
class DamageIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int SAMPLE = 400;
  private static final int SECTOR = 512;
  private static final long MEMORY_BYTES = 512L << 20;
  private static final int LONG_RUN_OF_ZEROS = 64;
  private static final int SAMPLED_BYTES = 64;
  private static final int TOLD_EVERY = 10_000;

  @TempDir Path directory;

  private static List<Damage> all(Path data) throws IOException {
    List<Damage> all = new ArrayList<>();
    List<String> files;
    try (Stream<Path> walk = Files.walk(data)) {
      files =
          walk.filter(Files::isRegularFile)
              .map(file -> data.relativize(file).toString())
              .sorted()
              .toList();
    }
    for (int i = 0; i < files.size(); i++) {
      String file = files.get(i);
      byte[] bytes = Files.readAllBytes(data.resolve(file));
      addBits(all, file, bytes);
      for (int at = 0; at < bytes.length; at += SECTOR) {
        all.add(new Damage(Damage.Kind.FILE_CUT, file, at, ""));
      }
      for (int at = 0; at < bytes.length; at += Damage.PAGE) {
        all.add(new Damage(Damage.Kind.PAGE_ZEROED, file, at, ""));
      }
      all.add(new Damage(Damage.Kind.FILE_DELETED, file, 0, ""));
      for (String other : files.subList(i + 1, files.size())) {
        all.add(new Damage(Damage.Kind.FILES_EXCHANGED, file, 0, other));
      }
    }
    return all;
  }

  private static void addBits(List<Damage> all, String file, byte[] bytes) {
    int zeros = 0;
    for (int at = 0; at < bytes.length; at++) {
      zeros = bytes[at] == 0 ? zeros + 1 : 0;
      boolean sampled = file.startsWith("segments/") && zeros > LONG_RUN_OF_ZEROS;
      if (sampled && at % SAMPLED_BYTES == 0) {
        all.add(flip(file, 8L * at + at / SAMPLED_BYTES % Long.SIZE));
      }
      for (int bit = 0; !sampled && bit < Byte.SIZE; bit++) {
        all.add(flip(file, 8L * at + bit));
      }
    }
  }

  private static Damage flip(String file, long bit) {
    return new Damage(Damage.Kind.BIT_FLIPPED, file, bit, "");
  }

  /** Equally many of each kind, and of each file's bits. */
  private static List<Damage> sample(List<Damage> all) {
    Map<String, List<Damage>> groups = new TreeMap<>();
    for (Damage damage : all) {
      boolean bit = damage.kind() == Damage.Kind.BIT_FLIPPED;
      groups
          .computeIfAbsent(bit ? damage.file() : damage.kind().name(), name -> new ArrayList<>())
          .add(damage);
    }
    List<Damage> sample = new ArrayList<>();
    for (List<Damage> group : groups.values()) {
      sample.addAll(group.subList(0, Math.min(group.size(), SAMPLE / groups.size())));
    }
    return sample;
  }

  @Test
  void damageAtRestIsFoundOrHarmless() throws Exception {
    SignerKey witness = SmallLog.witness();
    Path log = directory.resolve("log");
    SmallLog.make(log, witness);
    List<Damage> damages = all(log);
    // So that a run that ends early has judged some of everything.
    Collections.shuffle(damages);
    if (!LONG) {
      damages = sample(damages);
    }
    Map<String, Integer> table = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    ConcurrentLinkedQueue<Damage> left = new ConcurrentLinkedQueue<>(damages);
    int judges = LONG ? Runtime.getRuntime().availableProcessors() : 1;
    try (ExecutorService threads = Executors.newFixedThreadPool(judges)) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < judges; i++) {
        all.add(
            threads.submit(() -> {
              judge(log, witness.verifier().toString(), left, table, wrong);
              return null;
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    table.forEach((kind, count) -> System.out.printf("%-60s %,9d%n", kind, count));
    System.out.printf("%,d damages%n", damages.size());
    assertThat(wrong).isEmpty();
  }

  private void judge(
      Path log,
      String witness,
      ConcurrentLinkedQueue<Damage> left,
      Map<String, Integer> table,
      List<String> wrong)
      throws Exception {
    Path work = Device.scratch(Files.createTempDirectory(directory, "judge"), MEMORY_BYTES);
    try (Judging judging = new Judging(log, work, witness)) {
      for (Damage damage = left.poll(); damage != null; damage = left.poll()) {
        String outcome = judging.judge(damage);
        String word = outcome.replaceFirst(":.*", "");
        synchronized (table) {
          table.merge(damage.kind() + ", " + word, 1, Integer::sum);
          boolean good =
              outcome.startsWith("found by ")
                  || outcome.startsWith("rebuilt: ")
                  || outcome.equals("harmless");
          if (!good) {
            wrong.add(damage.line() + " " + outcome);
            System.out.println("wrong: " + wrong.getLast());
          }
          int judged = table.values().stream().mapToInt(Integer::intValue).sum();
          if (judged % TOLD_EVERY == 0) {
            System.out.printf("%,d damages judged, %,d wrong%n", judged, wrong.size());
          }
        }
      }
    } finally {
      SmallLog.delete(work);
    }
  }
}
