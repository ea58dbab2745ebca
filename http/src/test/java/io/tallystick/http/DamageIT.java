package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damages a small log at rest, one place at a time: flips a bit, cuts a file, zeroes a page,
 * deletes a file, exchanges two. A process of its own then either finds it, or gives exactly the
 * answers that it gave before.
 */
class DamageIT {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int PAGE = 4_096;

  /** Beyond this a segment holds nothing yet. */
  private static final int LOOKED_AT = 300_000;

  @TempDir Path directory;

  /** What is done to a copy of the log. */
  @FunctionalInterface
  private interface Damage {
    void to(Path data) throws IOException;
  }

  private record Case(String kind, String file, Damage damage) {}

  private Path log() throws Exception {
    Path data = directory.resolve("log");
    for (int hour = 0; hour < 2; hour++) {
      Clock clock =
          Clock.offset(
              Clock.fixed(Instant.parse("2026-05-01T10:10:00Z"), java.time.ZoneOffset.UTC),
              Duration.ofHours(hour));
      try (AuditLog log = AuditLog.open(data, LogConfig.defaults().withClock(clock))) {
        log.append(
                Collections.nCopies(300, Event.builder("auth.login.failed").actorId(7L).build()),
                null)
            .get();
        AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
        new KeyAdministration(log, keys)
            .create(
                "key-" + hour, List.of(Permission.ADMIN_AUDIT), null, KeyAdministration.By.SERVER);
        try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
          index.awaitIndexed(log.lastId());
        }
      }
    }
    return data;
  }

  private List<Case> cases(Path data) throws IOException {
    Random random = new Random(LONG ? System.nanoTime() : 1);
    List<Case> cases = new ArrayList<>();
    List<String> files;
    try (Stream<Path> all = Files.walk(data)) {
      files =
          all.filter(Files::isRegularFile)
              .map(file -> data.relativize(file).toString())
              .filter(file -> !file.endsWith("lock"))
              .sorted()
              .toList();
    }
    for (String file : files) {
      int size = (int) Math.min(LOOKED_AT, Files.size(data.resolve(file)));
      for (int i = 0; i < (LONG ? 10 : 1) && size > 0; i++) {
        int at = random.nextInt(size);
        int bit = 1 << random.nextInt(8);
        cases.add(
            new Case("bit flipped", file + "@" + at, copy -> change(copy.resolve(file), at, bit)));
        int end = random.nextInt(size) / 512 * 512;
        cases.add(new Case("file cut", file + "@" + end, copy -> cut(copy.resolve(file), end)));
        int page = random.nextInt(size) / PAGE * PAGE;
        cases.add(
            new Case("page zeroed", file + "@" + page, copy -> zero(copy.resolve(file), page)));
      }
      cases.add(new Case("file deleted", file, copy -> Files.delete(copy.resolve(file))));
      String other = files.get(random.nextInt(files.size()));
      if (!other.equals(file)) {
        cases.add(
            new Case(
                "files exchanged",
                file + " and " + other,
                copy -> exchange(copy.resolve(file), copy.resolve(other))));
      }
    }
    Collections.shuffle(cases, random);
    return LONG ? cases : cases.subList(0, Math.min(40, cases.size()));
  }

  private static void change(Path file, int at, int bit) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[at] ^= (byte) bit;
    Files.write(file, bytes);
  }

  private static void cut(Path file, int end) throws IOException {
    try (var channel =
        java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
      channel.truncate(end);
    }
  }

  private static void zero(Path file, int page) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    java.util.Arrays.fill(bytes, page, Math.min(bytes.length, page + PAGE), (byte) 0);
    Files.write(file, bytes);
  }

  private static void exchange(Path one, Path other) throws IOException {
    Path aside = one.resolveSibling("aside");
    Files.move(one, aside);
    Files.move(other, one);
    Files.move(aside, other);
  }

  @Test
  void damageAtRestIsFoundOrHarmless() throws Exception {
    Path data = log();
    Path untouched = copy(data);
    String before = judge(untouched);
    assertThat(before).startsWith("harmless ");
    delete(untouched);
    Map<String, Map<String, Integer>> table = new TreeMap<>();
    List<String> wrong = new ArrayList<>();
    for (Case each : cases(data)) {
      Path copy = copy(data);
      each.damage().to(copy);
      String outcome = judge(copy);
      String word = outcome.replaceFirst(":.*", "").replaceFirst("harmless .*", "harmless");
      table.computeIfAbsent(each.kind(), kind -> new TreeMap<>()).merge(word, 1, Integer::sum);
      boolean good =
          (outcome.startsWith("found by ") && !outcome.endsWith(": null"))
              || outcome.equals(before);
      if (!good) {
        wrong.add(each.kind() + ", " + each.file() + ": " + outcome);
      }
      delete(copy);
    }
    table.forEach((kind, outcomes) -> System.out.println(kind + ": " + outcomes));
    assertThat(wrong).isEmpty();
  }

  private String judge(Path data) throws IOException, InterruptedException {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    Path out = directory.resolve("out");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + options.toAbsolutePath().normalize(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:ErrorFile=" + directory.resolve("crash"),
                "-cp",
                System.getProperty("java.class.path"),
                Judge.class.getName(),
                data.toString())
            .redirectOutput(out.toFile())
            .redirectError(directory.resolve("err").toFile())
            .start();
    if (!process.waitFor(90, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return "hangs";
    }
    return Files.readAllLines(out, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith("outcome "))
        .findFirst()
        .map(line -> line.substring("outcome ".length()))
        .orElse("crashes with " + process.exitValue() + ": " + error());
  }

  private String error() throws IOException {
    return Files.readAllLines(directory.resolve("err"), StandardCharsets.UTF_8).stream()
        .filter(line ->
            line.contains("Exception") || line.contains("Error") || line.contains("\tat io.tally"))
        .limit(4)
        .toList()
        .toString();
  }

  private Path copy(Path data) throws IOException {
    Path copy = directory.resolve("copy");
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.toList()) {
        Path to = copy.resolve(data.relativize(file));
        Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
      }
    }
    return copy;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
