package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.Event;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.store.segment.SegmentFile;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in docs/format.md is what the program writes and reads, byte for byte. */
class FormatPageTest {
  private static final Pattern HEX_LINE =
      Pattern.compile("(?m)^([0-9a-f]{8})  ((?:[0-9a-f]{2} )+) *\\|");

  @TempDir Path directory;
  private String example = "";
  private String annex = "";

  @BeforeEach
  void readThePage() throws IOException {
    Path page =
        Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
            .map(folder -> folder.resolve("docs/format.md"))
            .filter(Files::exists)
            .findFirst()
            .orElseThrow();
    String text = Files.readString(page);
    example = text.substring(text.indexOf("\n## Example\n"));
    annex = text.substring(text.indexOf("\n### Annex\n"), text.indexOf("\n## Erasing\n"));
  }

  /** The content of the fenced block after these words. */
  private String block(String after) {
    int start = example.indexOf("```\n", example.indexOf(after));
    assertThat(example.indexOf(after)).as(after).isPositive();
    return example.substring(start + 4, example.indexOf("```\n", start + 4));
  }

  private long excerptOffset() {
    Matcher line = HEX_LINE.matcher(example);
    assertThat(line.find()).isTrue();
    return Long.parseLong(line.group(1), 16);
  }

  /** The excerpt: its header and the block. */
  private byte[] excerpt() {
    return bytes(example, excerptOffset());
  }

  /** The bytes of all lines, of which the first has this offset. */
  private static byte[] bytes(String lines, long offset) {
    StringBuilder hex = new StringBuilder();
    Matcher line = HEX_LINE.matcher(lines);
    while (line.find()) {
      assertThat(Long.parseLong(line.group(1), 16))
          .as("offset of the line")
          .isEqualTo(offset + hex.length() / 2);
      hex.append(line.group(2).replace(" ", ""));
    }
    return HexFormat.of().parseHex(hex);
  }

  private byte[] firstEntry() {
    return block("Entry 1").strip().getBytes(StandardCharsets.UTF_8);
  }

  private VerifierKey verifierKey() {
    return VerifierKey.parse(block("verifier key").strip());
  }

  @Test
  void theExampleIsReadAndItsHashesLeadToTheCheckpoint() throws Exception {
    byte[] excerpt = excerpt();
    int header = ByteBuffer.wrap(excerpt).order(ByteOrder.LITTLE_ENDIAN).getInt();
    assertThat(header).isEqualTo(excerpt.length - SegmentFile.HEADER_BYTES);
    byte[] bytes = new byte[header];
    System.arraycopy(excerpt, SegmentFile.HEADER_BYTES, bytes, 0, header);
    Block block = new Block(bytes);
    assertThat(block.defect()).isNull();

    List<byte[]> entries = new ArrayList<>(List.of(firstEntry()));
    for (int i = 0; i < block.count(); i++) {
      entries.add(block.entry(i));
    }
    CompactRange range = new CompactRange(new Hasher());
    Hash previous = EntryHash.genesis(verifierKey().name());
    for (int i = 0; i < entries.size(); i++) {
      Entry entry = EntryCodec.decode(entries.get(i));
      assertThat(entry.id()).isEqualTo(i + 1);
      assertThat(entry.previousHash()).isEqualTo(previous);
      assertThat(EntryCodec.encode(entry)).isEqualTo(entries.get(i));
      previous = EntryHash.of(entries.get(i));
      assertThat(example).contains(previous.toString());
      range.append(previous);
    }
    SignedNote note = SignedNote.parse(block("The checkpoint").getBytes(StandardCharsets.UTF_8));
    Checkpoint checkpoint = Checkpoint.open(note, List.of(verifierKey()));
    assertThat(checkpoint.size()).isEqualTo(entries.size());
    assertThat(checkpoint.root()).isEqualTo(range.root());
  }

  /** Byte for byte: the salts are random, so the entries are put into a block as they are. */
  @Test
  void theExampleOfAnAnnexIsReadAndWritten() {
    byte[] bytes = bytes(annex, 0);
    Block block = new Block(bytes);
    assertThat(block.defect()).isNull();
    assertThat(block.firstUnopened(0)).isZero();
    assertThat(block.stored(0).personal()).isEmpty();
    ReadableEntry second = block.stored(1).readable();
    assertThat(second.event().actorUsername()).isEqualTo("jörg");
    assertThat(second.event().details())
        .hasToString("{\"user\":{\"email\":\"j@example.com\"},\"try\":3}");

    Entry first = block.stored(0).decode();
    BlockBuilder builder =
        new BlockBuilder(first.id() - 1, first.previousHash(), 0, Sha256.newDigest());
    for (int i = 0; i < block.count(); i++) {
      builder.addExisting(block.stored(i), i);
    }
    assertThat(builder.bytes()).isEqualTo(bytes.length);
    ByteBuffer written = builder.finish();
    assertThat(written.remaining()).isEqualTo(bytes.length + BlockBuilder.TRAILING_ZEROS);
    assertThat(written.slice(0, bytes.length)).isEqualTo(ByteBuffer.wrap(bytes));

    int payload = Integer.parseInt("269", 16);
    assertThat(block.place(1, 0).offset()).isEqualTo(payload);
    Arrays.fill(bytes, payload, bytes.length, (byte) 0);
    Block erased = new Block(bytes);
    assertThat(erased.defect()).isNull();
    assertThat(erased.stored(1).readable().erased()).hasSize(2);
    assertThat(erased.firstUnopened(0)).isEqualTo(5);
    assertThat(erased.firstUnopened(6)).isZero();
  }

  /** What the committer reads back. */
  @Test
  void everyBitOfABlockIsComparedWhenItIsReadBack() {
    byte[] bytes = bytes(annex, 0);
    int payload = bytes.length - Integer.parseInt("269", 16);
    CRC32C crc = new CRC32C();
    crc.update(bytes, bytes.length - payload, payload);
    BlockBuilder.Payload expected = new BlockBuilder.Payload(payload, (int) crc.getValue());
    assertThat(Block.crcMatches(ByteBuffer.wrap(bytes), expected)).isTrue();
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
      assertThat(Block.crcMatches(ByteBuffer.wrap(bytes), expected)).as("bit %d", bit).isFalse();
      bytes[bit / 8] ^= (byte) (1 << bit % 8);
    }
    assertThat(Block.crcMatches(ByteBuffer.wrap(bytes, 0, 8), expected)).isFalse();
  }

  @Test
  void theProgramWritesTheExample() throws Exception {
    Path key =
        Files.createFile(
            directory.resolve("example.key"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(key, block("signing key"));
    AuditLogTest.SteppingClock clock =
        new AuditLogTest.SteppingClock(Instant.parse("2026-05-01T10:00:00Z"));
    LogConfig config =
        LogConfig.builder().origin("example.com/audit").clock(clock).keyFile(key).build();
    Path data = directory.resolve("log");
    try (AuditLog log = AuditLog.open(data, config)) {
      clock.now = Instant.parse("2026-05-01T10:00:01.25Z");
      log.append(events(), "web").get();
    }
    byte[] expected = excerpt();
    Path segment = LogFiles.segments(data).getFirst();
    assertThat(segment).hasFileName("20260501-10F.cq4");
    assertThat(LogFiles.read(segment, excerptOffset(), expected.length)).isEqualTo(expected);
    assertThat(LogReader.open(data).read(1).orElseThrow().bytes()).isEqualTo(firstEntry());
    assertThat(data.resolve("checkpoint")).content().isEqualTo(block("The checkpoint"));
    assertThat(data.resolve("log.json")).content().isEqualTo(block("`log.json` is"));
    assertThat(HexFormat.of().formatHex(Files.readAllBytes(data.resolve("edge"))))
        .isEqualTo(block("`edge` is").replaceAll("\\s", ""));
  }

  private static List<Event> events() {
    return List.of(
        Event.builder("auth.login.failed")
            .actorUsername("jörg")
            .actorIp("2001:DB8::7")
            .details(Details.parse("{ \"attempt\" : 3, \"note\" : \"tab\\u0009, \\u0001\" }"))
            .build(),
        Event.builder("user.level.changed").actorId(7L).targetType("user").targetId("42").build());
  }
}
