package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The spool while nobody listens at the server's address. */
class SpoolTest {
  private static final String NOWHERE = "http://127.0.0.1:1";
  private static final String FIRST = "00000000000000000001.events";

  @TempDir Path directory;

  private AuditClient.Builder spooled() {
    return AuditClient.builder().url(NOWHERE).key(() -> "none").mode(Mode.SPOOLED).spool(directory);
  }

  private int left() throws IOException {
    return spooled().build().close(Duration.ZERO);
  }

  private List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".events")).sorted().toList();
    }
  }

  /** Written from the description of the format, not with the code of the spool. */
  private List<Long> numbers() throws IOException {
    List<Long> numbers = new ArrayList<>();
    for (Path segment : segments()) {
      ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(segment)).order(ByteOrder.LITTLE_ENDIAN);
      while (data.hasRemaining()) {
        byte[] payload = new byte[data.getInt(data.position())];
        int crc = data.getInt(data.position() + 4);
        data.position(data.position() + 8);
        data.get(payload);
        CRC32 computed = new CRC32();
        computed.update(payload);
        assertThat((int) computed.getValue()).isEqualTo(crc);
        Matcher number =
            Pattern.compile("\"source_seq\":(\\d+)").matcher(new String(payload, UTF_8));
        assertThat(number.find()).isTrue();
        numbers.add(Long.parseLong(number.group(1)));
      }
    }
    return numbers;
  }

  private static List<Long> upTo(int last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  @Test
  void whatReturnedIsInTheSpoolOfTheNextClient() throws Exception {
    for (int round = 1; round <= 3; round++) {
      try (AuditClient client = spooled().build()) {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
          Thread thread = new Thread(() -> client.append(Event.of("test.spooled")));
          thread.start();
          threads.add(thread);
        }
        for (Thread thread : threads) {
          thread.join();
        }
        assertThat(numbers()).isEqualTo(upTo(50 * round));
        assertThat(client.close(Duration.ZERO)).isEqualTo(50 * round);
      }
    }
  }

  @Test
  void aTornTailIsCutWhereverItIsTorn() throws Exception {
    try (AuditClient client = spooled().build()) {
      client.append(Event.of("test.torn"));
      client.append(Event.of("test.torn").actorId("alice"));
      client.close(Duration.ZERO);
    }
    Path segment = directory.resolve(FIRST);
    byte[] whole = Files.readAllBytes(segment);
    int first = 8 + ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getInt();
    for (int length = first; length <= whole.length; length++) {
      int kept = length == whole.length ? 2 : 1;
      for (int zeros : new int[] {0, 100}) {
        byte[] cut = Arrays.copyOf(whole, length);
        Files.write(segment, Arrays.copyOf(cut, length + zeros));
        Spool spool = new Spool(directory, "default", 1 << 20, WhenFull.RAISE);
        spool.append(Event.of("test.torn").encode("default"));
        assertThat(spool.close()).as("cut at %d", length).isEqualTo(kept + 1);
        assertThat(numbers()).isEqualTo(upTo(kept + 1));
      }
    }
  }

  /** What was cut may have been damage to an event that was accepted. */
  @Test
  void whatIsCutIsKeptAside() throws Exception {
    try (AuditClient client = spooled().build()) {
      client.append(Event.of("test.torn").action("the last one"));
      client.close(Duration.ZERO);
    }
    Path segment = directory.resolve(FIRST);
    byte[] damaged = Files.readAllBytes(segment);
    damaged[damaged.length - 3] ^= 1;
    Files.write(segment, damaged);
    assertThat(left()).isZero();
    assertThat(Files.readAllBytes(directory.resolve(FIRST + ".torn-0"))).isEqualTo(damaged);
  }

  @Test
  void damageThatIsNoTornTailIsReported() throws Exception {
    try (AuditClient client = spooled().maxSpoolBytes(1 << 20).build()) {
      for (int i = 0; i < 25; i++) {
        client.append(Event.of("test.large").detail("x", "x".repeat(32 << 10)));
      }
      client.close(Duration.ZERO);
    }
    List<Path> segments = segments();
    assertThat(segments).hasSizeGreaterThan(3);
    Path position = directory.resolve("position.json");
    byte[] bytes = Files.readAllBytes(segments.get(1));

    byte[] damaged = bytes.clone();
    damaged[bytes.length / 2] ^= 4;
    Files.write(segments.get(1), damaged);
    assertThatThrownBy(this::left).hasMessageContaining("is damaged");
    Files.delete(segments.get(1));
    assertThatThrownBy(this::left).hasMessageContaining("is missing");
    Files.write(segments.get(1), bytes);
    assertThat(left()).isEqualTo(25);

    byte[] first = Files.readAllBytes(segments.get(0));
    Files.delete(segments.get(0));
    assertThatThrownBy(this::left).hasMessageContaining("is missing");
    Files.write(segments.get(0), first);

    String stored = Files.readString(position);
    Files.delete(position);
    assertThatThrownBy(this::left).hasMessageContaining("position.json is missing");
    for (String wrong : List.of("", "{}", stored.replace("\"offset\":0", "\"offset\":999999999"))) {
      Files.writeString(position, wrong);
      assertThatThrownBy(this::left).isInstanceOf(IOException.class);
    }
    Files.writeString(position, stored);
    assertThat(left()).isEqualTo(25);
  }

  @Test
  void aSpoolHasOneClientAndOneStream() throws Exception {
    try (AuditClient first = spooled().build()) {
      assertThatThrownBy(this::left).hasMessageContaining("in use by another client");
      first.close(Duration.ZERO);
    }
    assertThatThrownBy(() -> spooled().stream("other").build())
        .hasMessageContaining("stream \"default\", not \"other\"");
  }

  /** A second attempt in this process must not give the spool to other processes. */
  @Test
  void aRefusedClientTakesNoLockAway() throws Exception {
    try (AuditClient first = spooled().build()) {
      assertThatThrownBy(this::left).hasMessageContaining("in use by another client");
      Process other =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-cp",
                  System.getProperty("java.class.path"),
                  SpoolTest.class.getName(),
                  directory.toString())
              .redirectErrorStream(true)
              .start();
      assertThat(new String(other.getInputStream().readAllBytes(), UTF_8))
          .contains("in use by another client");
      first.close(Duration.ZERO);
    }
  }

  /** Another process, which opens a spool. */
  public static void main(String[] args) throws IOException {
    SpoolTest test = new SpoolTest();
    test.directory = Path.of(args[0]);
    test.left();
  }

  @Test
  void aFullSpoolBlocksOrRaises() throws Exception {
    Event large = Event.of("test.large").detail("x", "x".repeat(32 << 10));
    try (AuditClient client = spooled().maxSpoolBytes(1 << 20).whenFull(WhenFull.RAISE).build()) {
      assertThatExceptionOfType(SpoolFullException.class)
          .isThrownBy(() -> {
            for (int i = 0; i < 40; i++) {
              client.append(large);
            }
          });
      client.close(Duration.ZERO);
    }
    try (AuditClient client = spooled().maxSpoolBytes(1 << 20).build()) {
      Thread blocked = new Thread(() -> client.append(large));
      blocked.start();
      blocked.join(300);
      assertThat(blocked.getState()).isEqualTo(Thread.State.WAITING);
      client.close(Duration.ZERO);
      blocked.join();
    }
  }

  /** An application's thread that is interrupted must not damage the spool for the others. */
  @Test
  void anInterruptedThreadAppends() throws Exception {
    try (AuditClient client = spooled().maxSpoolBytes(1 << 20).build()) {
      for (int i = 0; i < 10; i++) {
        Thread.currentThread().interrupt();
        client.append(Event.of("test.interrupted").detail("x", "x".repeat(32 << 10)));
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(client.close(Duration.ZERO)).isEqualTo(10);
    }
    assertThat(segments()).hasSizeGreaterThan(1);
    assertThat(numbers()).isEqualTo(upTo(10));
  }

  @Test
  void afterCloseNothingIsAccepted() throws Exception {
    AuditClient client = spooled().build();
    client.close(Duration.ZERO);
    assertThatThrownBy(() -> client.append(Event.of("test.late")))
        .isInstanceOf(AuditException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void filesAreTheirOwnersOnly() throws Exception {
    try (AuditClient client = spooled().build()) {
      client.append(Event.of("test.private"));
      client.close(Duration.ZERO);
    }
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        assertThat(Files.getPosixFilePermissions(file))
            .as(file.toString())
            .isEqualTo(Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
      }
    }
  }
}
