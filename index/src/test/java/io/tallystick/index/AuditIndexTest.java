package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.Receipt;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditIndexTest {
  private static final long SHARD_IDS = 300;

  @TempDir Path data;
  private AuditLog log;
  private Path directory;

  @BeforeEach
  void open() throws IOException {
    log = AuditLog.open(data, LogConfig.builder().origin("example.com/index").build());
    directory = log.reader().directory().index();
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  private AuditIndex index() throws IOException {
    return AuditIndex.open(log.reader(), directory, SHARD_IDS, Shard::directory);
  }

  private void indexAll() throws Exception {
    try (AuditIndex index = index()) {
      index.awaitIndexed(log.lastId());
    }
  }

  @Test
  void answersWhatAFilterOverAllEntriesAnswers() throws Exception {
    RandomLog.append(log, 1_500, 1);
    List<Entry> entries = RandomLog.entries(log);
    try (AuditIndex index = index()) {
      Random random = new Random(2);
      for (int i = 0; i < 600; i++) {
        RandomLog.assertAnswers(index, RandomLog.randomQuestion(random, entries), entries);
      }
    }
  }

  @Test
  void aCursorMayBeAnyNumber() throws Exception {
    RandomLog.append(log, 100, 1);
    List<Entry> entries = RandomLog.entries(log);
    try (AuditIndex index = index()) {
      for (long cursor : new long[] {Long.MIN_VALUE, 0, 50, Long.MAX_VALUE}) {
        for (boolean filtered : new boolean[] {true, false}) {
          AuditQuery.Builder q = AuditQuery.builder().security(filtered ? true : null);
          RandomLog.assertAnswers(index, q.afterId(cursor).build(), entries);
          RandomLog.assertAnswers(index, q.afterId(null).beforeId(cursor).build(), entries);
        }
      }
    }
  }

  @Test
  void takesAnyNumberOfEventTypes() throws Exception {
    RandomLog.append(log, 100, 1);
    List<Entry> entries = RandomLog.entries(log);
    List<String> exact = new ArrayList<>(List.of("user.created", "custom.thing"));
    List<String> beginnings = new ArrayList<>(List.of("auth.*", "auth.login.*"));
    for (int i = 0; i < 2_000; i++) {
      exact.add("other.t" + i);
      beginnings.add("other" + i + ".*");
    }
    List<String> both = new ArrayList<>(exact);
    both.addAll(beginnings);
    try (AuditIndex index = index()) {
      for (List<String> types : List.of(exact, beginnings, both)) {
        RandomLog.assertAnswers(index, AuditQuery.builder().eventTypes(types).build(), entries);
      }
    }
  }

  @Test
  void anAcknowledgedEntryIsFoundAtOnceByManyWriters() throws Exception {
    try (AuditIndex index = index();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> writers = new ArrayList<>();
      for (int w = 0; w < 16; w++) {
        String name = "writer" + w;
        writers.add(
            threads.submit(() -> {
              for (int i = 1; i <= 40; i++) {
                Event event = Event.builder("user.created").actorUsername(name).build();
                Receipt receipt = log.append(event).get();
                Page page =
                    index.search(
                        AuditQuery.builder().text(EntryField.ACTOR_USERNAME, name).build());
                assertThat(page.ids().getFirst()).isEqualTo(receipt.firstId());
                assertThat(page.total()).isEqualTo(i);
              }
              return null;
            }));
      }
      for (Future<?> writer : writers) {
        writer.get();
      }
    }
  }

  @Test
  void pagingWithACursorNeitherSkipsNorRepeatsWhileEntriesArrive() throws Exception {
    RandomLog.append(log, 1_000, 5);
    long newest = log.lastId();
    try (AuditIndex index = index()) {
      Set<Long> expected = new HashSet<>();
      index.forEachMatch(AuditQuery.builder().eventTypes(List.of("auth.*")).build(), expected::add);
      Set<Long> seen = new HashSet<>();
      Long before = newest + 1;
      boolean more = true;
      while (more) {
        RandomLog.append(log, 7, before);
        Page page =
            index.search(
                AuditQuery.builder()
                    .eventTypes(List.of("auth.*"))
                    .beforeId(before)
                    .limit(20)
                    .build());
        for (long id : page.ids()) {
          assertThat(seen.add(id)).isTrue();
        }
        more = page.hasMore();
        before = page.ids().isEmpty() ? before : page.ids().getLast();
      }
      assertThat(seen).isEqualTo(expected);
    }
  }

  @Test
  void goesOnAfterARestartAndAfterACrash() throws Exception {
    RandomLog.append(log, 700, 6);
    indexAll();
    RandomLog.append(log, 500, 7);
    Path crashed = data.resolve("crashed");
    List<Entry> entries;
    try (AuditIndex index = index()) {
      entries = RandomLog.entries(log);
      index.awaitIndexed(log.lastId());
      awaitCommitted(log.lastId());
      copy(directory, crashed);
    }
    Random random = new Random(8);
    try (AuditIndex restarted = index();
        AuditIndex afterCrash =
            AuditIndex.open(log.reader(), crashed, SHARD_IDS, Shard::directory)) {
      for (int i = 0; i < 100; i++) {
        AuditQuery question = RandomLog.randomQuestion(random, entries);
        RandomLog.assertAnswers(restarted, question, entries);
        RandomLog.assertAnswers(afterCrash, question, entries);
      }
    }
  }

  /** What was there at the start is committed as soon as it is indexed. */
  private void awaitCommitted(long id) throws Exception {
    for (int i = 0; i < 500; i++) {
      try (Shards committed = Shards.readBeside(directory, log.reader(), MemoryTail.MAX_ENTRIES)) {
        if (committed.indexedThrough() == id) {
          return;
        }
      }
      Thread.sleep(10);
    }
    throw new AssertionError("the index is not committed up to " + id);
  }

  @Test
  void answersBesideAWriterWithoutChangingAnything() throws Exception {
    RandomLog.append(log, 700, 9);
    indexAll();
    RandomLog.append(log, 100, 10);
    List<Entry> entries = RandomLog.entries(log);
    List<String> before = listing(directory);
    try (AuditIndex beside = AuditIndex.openBeside(LogReader.open(data), directory);
        AuditIndex nowhere = AuditIndex.openBeside(LogReader.open(data), data.resolve("missing"))) {
      Random random = new Random(11);
      for (int i = 0; i < 100; i++) {
        AuditQuery question = RandomLog.randomQuestion(random, entries);
        RandomLog.assertAnswers(beside, question, entries);
        RandomLog.assertAnswers(nowhere, question, entries);
      }
    }
    assertThat(listing(directory)).isEqualTo(before);
    assertThat(data.resolve("missing")).doesNotExist();
  }

  @Test
  void besideAWriterItKeepsInMemoryWhatIsNotOnTheDisk() throws Exception {
    RandomLog.append(log, 50, 9);
    try (AuditIndex beside = AuditIndex.openBeside(LogReader.open(data), directory, 100)) {
      Random random = new Random(11);
      for (int i = 0; i < 10; i++) {
        RandomLog.append(log, 150, i);
        if (i % 3 > 0) {
          indexAll();
        }
        List<Entry> entries = RandomLog.entries(log);
        RandomLog.assertAnswers(beside, RandomLog.randomQuestion(random, entries), entries);
        assertThat(beside.inMemory()).isLessThanOrEqualTo(310);
      }
    }
  }

  @Test
  void aDamagedOrMissingPartIsBuiltAgain() throws Exception {
    RandomLog.append(log, 1_000, 12);
    indexAll();
    List<Entry> entries = RandomLog.entries(log);
    List<Path> files;
    try (var tree = Files.walk(directory)) {
      files =
          tree.filter(Files::isRegularFile)
              .filter(f -> !f.endsWith("write.lock"))
              .sorted()
              .toList();
    }
    assertThat(files).hasSizeGreaterThan(8);
    Random random = new Random(13);
    for (Path file : files) {
      for (String damage : List.of("flip", "truncate", "delete")) {
        Path copy = data.resolve("damaged");
        copy(directory, copy);
        Path victim = copy.resolve(directory.relativize(file));
        byte[] bytes = Files.readAllBytes(victim);
        switch (damage) {
          case "flip" -> {
            bytes[random.nextInt(bytes.length)] ^= 0x10;
            Files.write(victim, bytes);
          }
          case "truncate" -> Files.write(victim, java.util.Arrays.copyOf(bytes, bytes.length / 2));
          default -> Files.delete(victim);
        }
        try (AuditIndex index = AuditIndex.open(log.reader(), copy, SHARD_IDS, Shard::directory)) {
          for (int i = 0; i < 5; i++) {
            RandomLog.assertAnswers(index, RandomLog.randomQuestion(random, entries), entries);
          }
        }
        Shard.delete(copy);
      }
    }
  }

  @Test
  void anIndexOfAnotherLogIsNotUsed() throws Exception {
    RandomLog.append(log, 50, 14);
    try (AuditLog other =
        AuditLog.open(
            data.resolve("other"), LogConfig.builder().origin("example.com/other").build())) {
      AuditIndex.open(other.reader(), directory).close();
    }
    List<Entry> entries = RandomLog.entries(log);
    try (AuditIndex index = index()) {
      RandomLog.assertAnswers(index, AuditQuery.builder().security(true).build(), entries);
    }
  }

  @Test
  void oneProcessWritesIt() throws Exception {
    try (AuditIndex index = index()) {
      assertThat(index.indexedThrough()).isNotNegative();
      assertThatThrownBy(this::index)
          .isInstanceOf(IndexException.class)
          .hasMessageContaining("another process");
    }
  }

  private static List<String> listing(Path directory) throws IOException {
    try (var tree = Files.walk(directory)) {
      List<String> files = new ArrayList<>();
      for (Path file : tree.sorted().toList()) {
        files.add(file + " " + Files.getLastModifiedTime(file));
      }
      return files;
    }
  }

  /** Copies an index as it is at one moment. Its files are written once, but a merge drops some. */
  private static void copy(Path from, Path to) throws IOException {
    Map<Path, byte[]> files;
    do {
      files = read(from);
    } while (!read(from).keySet().equals(files.keySet()));
    for (Map.Entry<Path, byte[]> file : files.entrySet()) {
      Path copy = to.resolve(file.getKey());
      Files.createDirectories(copy.getParent());
      Files.write(copy, file.getValue());
    }
  }

  private static Map<Path, byte[]> read(Path directory) throws IOException {
    Map<Path, byte[]> files = new TreeMap<>();
    try (var tree = Files.walk(directory)) {
      for (Path path : tree.filter(Files::isRegularFile).toList()) {
        files.put(directory.relativize(path), Files.readAllBytes(path));
      }
    } catch (NoSuchFileException | UncheckedIOException gone) {
      return read(directory);
    }
    return files;
  }
}
