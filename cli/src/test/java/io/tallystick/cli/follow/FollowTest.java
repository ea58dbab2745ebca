package io.tallystick.cli.follow;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.cli.backfill.RecordAppender;
import io.tallystick.cli.source.DirectorySource;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.index.AuditQuery;
import io.tallystick.ingest.backfill.Translation;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.export.ExportFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FollowTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private Path log;
  private String stateName = "state";
  private final AtomicLong total = new AtomicLong();
  private final List<String> notes = new CopyOnWriteArrayList<>();

  @BeforeEach
  void name() {
    log = directory.resolve("app.log");
  }

  private Path state() {
    return directory.resolve(stateName);
  }

  private static String line(int number) {
    return "{\"event_type\":\"line\",\"action\":\"" + number + "\"}\n";
  }

  private void write(Path file, String text) throws IOException {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** A run of the command, until it is closed. */
  private final class Running implements AutoCloseable {
    private final DirectorySource source =
        new DirectorySource(directory.resolve("log"), null, () -> {});
    private final Follow follow =
        new Follow(
            log,
            state(),
            new RecordAppender(Translation.ofEvents(), PersonalFields.NONE),
            source,
            "log",
            notes::add,
            Duration.ofSeconds(2));
    private final CompletableFuture<?> done =
        CompletableFuture.runAsync(() -> {
          try {
            follow.run();
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });

    void awaitAppended(int count) throws InterruptedException {
      long until = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (follow.appended() < count && !done.isDone() && System.nanoTime() < until) {
        Thread.sleep(20);
      }
    }

    @Override
    public void close() throws IOException {
      follow.stop();
      try {
        done.join();
      } finally {
        total.addAndGet(follow.appended());
        source.close();
      }
    }
  }

  private List<JsonNode> entries() throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DirectorySource source = new DirectorySource(directory.resolve("log"), null, () -> {})) {
      source.export(AuditQuery.builder().build(), ExportFormat.NDJSON, false, out);
    }
    List<JsonNode> entries = new ArrayList<>();
    for (String text : out.toString(UTF_8).lines().toList()) {
      JsonNode entry = JSON.readTree(text);
      if (!entry.path("event_type").asText().startsWith("audit.")) {
        entries.addFirst(entry);
      }
    }
    return entries;
  }

  private List<Integer> numbers() throws Exception {
    return entries().stream().map(entry -> entry.path("action").asInt()).toList();
  }

  private static List<Integer> upTo(int count) {
    return IntStream.rangeClosed(1, count).boxed().toList();
  }

  @Test
  void appendsWhatIsWrittenAcrossBothKindsOfRotationAndRestarts() throws Exception {
    write(directory.resolve("app.log.1"), line(99));
    write(log, line(1) + line(2) + "{\"event_type\":\"line\",");
    try (Running running = new Running()) {
      running.awaitAppended(2);
      write(log, "\"action\":\"3\"}\n");
      running.awaitAppended(3);
      // Renamed, and written to until the writer has heard of it.
      Files.move(log, directory.resolve("app.log.2"));
      write(directory.resolve("app.log.2"), line(4));
      write(log, line(5));
      running.awaitAppended(5);
    }
    write(log, line(6));
    // Copied and truncated while nobody looks.
    Files.copy(log, directory.resolve("app.log.3"));
    Files.newOutputStream(log).close();
    write(log, line(7));
    try (Running running = new Running()) {
      running.awaitAppended(2);
      Files.copy(log, directory.resolve("app.log.4"));
      Files.newOutputStream(log).close();
      write(log, line(8));
      running.awaitAppended(3);
    }
    // Renamed twice while nobody looks, and the first one packed.
    write(log, line(9));
    try (InputStream in = Files.newInputStream(log);
        OutputStream out =
            new GZIPOutputStream(Files.newOutputStream(directory.resolve("app.log.5.gz")))) {
      in.transferTo(out);
    }
    Files.delete(log);
    write(directory.resolve("app.log.6"), line(10));
    write(log, line(11));
    try (Running running = new Running()) {
      running.awaitAppended(3);
      Thread.sleep(400);
    }
    assertThat(numbers()).isEqualTo(upTo(11));
    assertThat(notes).isEmpty();
  }

  @Test
  void whatIsLostIsSaid() throws Exception {
    write(log, line(1));
    try (Running running = new Running()) {
      running.awaitAppended(1);
    }
    write(log, line(2));
    Files.move(log, directory.resolve("elsewhere"));
    write(log, line(3));
    try (Running running = new Running()) {
      running.awaitAppended(1);
    }
    assertThat(notes).singleElement().asString().contains("was rotated to is gone", "byte 35");
    assertThat(numbers()).containsExactly(1, 3);
    try (Running running = new Running()) {
      Files.newOutputStream(log).close();
      while (notes.size() == 1) {
        Thread.sleep(20);
      }
      write(log, line(4));
      running.awaitAppended(1);
    }
    assertThat(notes.get(1)).contains("was truncated, and there is no copy of it");
    assertThat(numbers()).containsExactly(1, 3, 4);
  }

  @Test
  void whatIsNoEventIsKeptRaw() throws Exception {
    write(log, "Mar 4 08:44:23 web1 sshd: hello\n{oops\n\n" + "y".repeat(3 << 20) + "\n" + line(1));
    try (Running running = new Running()) {
      running.awaitAppended(4);
    }
    List<JsonNode> entries = entries();
    assertThat(entries)
        .extracting(entry -> entry.path("event_type").asText())
        .containsExactly("ingest.unmapped", "ingest.unmapped", "ingest.unmapped", "line");
    assertThat(entries.get(0).path("details").path("event").path("line").asText())
        .isEqualTo("Mar 4 08:44:23 web1 sshd: hello");
    assertThat(entries.get(2).path("details").path("bytes").asInt()).isEqualTo(3 << 20);
  }

  @Test
  void aStateFileIsOfOneLogFile() throws Exception {
    write(log, line(1));
    try (Running running = new Running()) {
      running.awaitAppended(1);
    }
    log = directory.resolve("other.log");
    assertThatThrownBy(() -> new Running().close())
        .hasCauseInstanceOf(Failure.class)
        .hasMessageContaining("state is of ");
  }

  private static String header() {
    return IntStream.rangeClosed(101, 130)
        .mapToObj(i -> line(i).replace("\"}", "\",\"actor_username\":\"a header\"}"))
        .collect(Collectors.joining());
  }

  private List<Integer> numbersBelowHeader() throws Exception {
    return numbers().stream().filter(number -> number < 100).toList();
  }

  @Test
  void aFileThatWasRotatedUnseenIsNotLostForItsHeader() throws Exception {
    write(log, header() + line(1));
    try (Running running = new Running()) {
      running.awaitAppended(31);
    }
    write(log, line(2));
    Files.move(log, directory.resolve("app.log.2"));
    write(directory.resolve("app.log.1"), header() + line(3));
    write(log, header() + line(4));
    try (Running running = new Running()) {
      running.awaitAppended(63);
    }
    assertThat(numbersBelowHeader()).containsExactlyInAnyOrder(1, 2, 3, 4);
    assertThat(entries()).hasSize(94);
    // The copy of one that was read, packed.
    Path first = directory.resolve("app.log.1");
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(directory.resolve("app.log.1.gz")))) {
      Files.copy(first, out);
    }
    Files.delete(first);
    try (Running running = new Running()) {
      write(log, line(5));
      running.awaitAppended(1);
      Thread.sleep(400);
    }
    assertThat(numbersBelowHeader()).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
    assertThat(notes).isEmpty();
  }

  @Test
  void aFileWithOnlyItsHeaderIsNotTakenForAllThatBeginLikeIt() throws Exception {
    write(log, line(101));
    try (Running running = new Running()) {
      running.awaitAppended(1);
    }
    write(log, line(1));
    Files.move(log, directory.resolve("app.log.2"));
    write(directory.resolve("app.log.1"), line(101) + line(2));
    write(log, line(101) + line(3));
    try (Running running = new Running()) {
      running.awaitAppended(4);
    }
    assertThat(numbersBelowHeader()).containsExactlyInAnyOrder(1, 2, 3);
    assertThat(notes).isEmpty();
  }

  @Test
  void aFileThatWasTruncatedAndIsLongAgainIsNotReadFromTheMiddle() throws Exception {
    write(log, header() + line(1));
    try (Running running = new Running()) {
      running.awaitAppended(31);
    }
    write(log, line(2));
    Files.copy(log, directory.resolve("app.log.1"));
    Files.writeString(log, header() + line(3) + line(4) + line(5));
    try (Running running = new Running()) {
      running.awaitAppended(34);
    }
    assertThat(numbersBelowHeader()).containsExactlyInAnyOrder(1, 2, 3, 4, 5);
    assertThat(notes).isEmpty();
  }

  @Test
  void aCopyThatEndsBeforeWhatWasReadIsNotReadAgain() throws Exception {
    write(log, line(1) + line(2));
    try (Running running = new Running()) {
      running.awaitAppended(2);
      Files.copy(log, directory.resolve("app.log.1"));
      write(log, line(3));
      running.awaitAppended(3);
      Files.newOutputStream(log).close();
      Thread.sleep(500);
      write(log, line(4));
      running.awaitAppended(4);
      Thread.sleep(2_500);
    }
    assertThat(numbers()).isEqualTo(upTo(4));
    assertThat(notes).isEmpty();
  }

  @Test
  void aStateFileBesideTheLogIsNoPartOfIt() throws Exception {
    stateName = "app.log.1.state";
    write(directory.resolve("app.log.1.state.77.tmp"), "{\"killed\":true}\n");
    write(log, line(1));
    try (Running running = new Running()) {
      running.awaitAppended(1);
      Thread.sleep(2_500);
      write(log, line(2));
      running.awaitAppended(2);
      Thread.sleep(2_500);
    }
    assertThat(numbers()).containsExactly(1, 2);
    assertThat(entries()).hasSize(2);
    assertThat(directory.resolve("app.log.1.state.77.tmp")).doesNotExist();
  }

  @Test
  void aStateFileWithANameOfRotationIsNoPartOfTheLogEither() throws Exception {
    stateName = "app.log.0";
    write(log, line(1));
    try (Running running = new Running()) {
      running.awaitAppended(1);
      Thread.sleep(2_500);
    }
    assertThat(entries()).hasSize(1);
  }

  /** A writer that never waits, rotations of both kinds at random moments, and restarts. */
  @Test
  void losesAndDoublesNothingUnderLoad() throws Exception {
    Random random = new Random(5);
    int[] written = {0};
    int rotations = 0;
    for (int round = 0; round < 4; round++) {
      try (Running running = new Running()) {
        long until = System.nanoTime() + Duration.ofMillis(1_200).toNanos();
        FileChannel out =
            FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        while (System.nanoTime() < until) {
          for (int i = 0; i < 12; i++) {
            StringBuilder lines = new StringBuilder();
            for (int j = 0; j < 1 + random.nextInt(5); j++) {
              lines.append(line(++written[0]));
            }
            out.write(ByteBuffer.wrap(lines.toString().getBytes(UTF_8)));
          }
          Thread.sleep(random.nextInt(4));
          int dice = random.nextInt(25);
          rotations += dice < 2 ? 1 : 0;
          Path rotated = directory.resolve("app.log." + System.nanoTime());
          if (dice == 0) {
            Files.move(log, rotated);
            out.close();
            out = FileChannel.open(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
          } else if (dice == 1) {
            Files.copy(log, rotated, StandardCopyOption.COPY_ATTRIBUTES);
            out.truncate(0);
          }
        }
        out.close();
        assertThat(running.done.isDone()).isFalse();
      }
    }
    try (Running running = new Running()) {
      running.awaitAppended(Math.toIntExact(written[0] - total.get()));
      Thread.sleep(500);
    }
    List<Integer> numbers = numbers();
    List<Integer> expected = upTo(written[0]);
    Set<Integer> missing = new TreeSet<>(expected);
    numbers.forEach(missing::remove);
    assertThat(missing).as("missing of %,d; %s", written[0], notes).isEmpty();
    assertThat(numbers).as("none twice").hasSize(written[0]);
    assertThat(notes).isEmpty();
    System.out.printf("%,d lines, %d rotations%n", written[0], rotations);
  }
}
