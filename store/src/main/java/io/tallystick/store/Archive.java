package io.tallystick.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.RangeProof;
import io.tallystick.tlog.TileHashReader;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Entries that retention took out of a log, in a zip that can be checked and read alone (format.md,
 * Retention and archive). Memory does not depend on how many there are. Used by one thread.
 *
 * <pre>
 *   README.txt       how to check it, with tally and without
 *   manifest.json    which entries of which log
 *   entries.ndjson   their exact bytes, one entry a line
 *   range-proof      "tallystick range-proof v1", "START END SIZE" (leaves, END not included), then
 *                    "left HASH" and "right HASH" a line: the subtrees beside the range, RFC 9162
 *                    section 2.1.1, from left to right, in hexadecimal
 *   checkpoint       the signed note over SIZE entries
 *   checkpoint.tsr   what a timestamp authority answered for it, if one was asked
 *   verifier-key     the log's keys, newest first: compare them with what you know
 * </pre>
 */
public final class Archive implements Closeable {
  private static final String PROOF_HEAD = "tallystick range-proof v1";
  private static final int MAX_PROOF_BYTES = 64 << 10;
  private static final int VERSION = 1;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String README =
      """
      Entries of a Tallystick audit log, taken out by retention.

      Check them, with no access to the log:
          tally verify --archive THIS_FILE --key 'VKEY'
      where VKEY is the log's verifier key that you trust ("verifier-key" holds what the log says of itself).
      Read them, with every filter:
          tally list --archive THIS_FILE

      Without tally: the leaf hash of an entry is SHA-256 of a zero byte and the line's bytes without the line
      feed. Put the "left" hashes of range-proof, the leaf hashes of all lines and the "right" hashes side by
      side as RFC 9162 section 2.1.1 says (leaves START to END, SIZE in all): the root is the third line of
      checkpoint, in base64, and checkpoint is a C2SP signed note.
      """;

  private final ZipFile zip;
  private final Manifest manifest;

  /**
   * Which entries of which log an archive holds.
   *
   * @param previousHash hash of the entry before the first, in hexadecimal
   * @param lastHash hash of the last, in hexadecimal
   */
  public record Manifest(
      @JsonProperty(value = "version", required = true) int version,
      @JsonProperty(value = "origin", required = true) String origin,
      @JsonProperty(value = "first_id", required = true) long firstId,
      @JsonProperty(value = "last_id", required = true) long lastId,
      @JsonProperty(value = "previous_hash", required = true) String previousHash,
      @JsonProperty(value = "last_hash", required = true) String lastHash,
      @JsonProperty(value = "checkpoint_size", required = true) long checkpointSize) {}

  private Archive(ZipFile zip, Manifest manifest) {
    this.zip = zip;
    this.manifest = manifest;
  }

  /**
   * Writes an archive.
   *
   * @param previous what entry {@code firstId} is chained to
   * @param under a checkpoint that covers the entries
   * @param file is made; what was there is replaced
   * @return hash of the last entry
   */
  static Hash write(
      LogReader log, long firstId, long lastId, Hash previous, SignedCheckpoint under, Path file)
      throws IOException {
    LogTree tree = log.tree();
    Hash[] last = {previous};
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out, UTF_8)) {
      put(zip, "README.txt", README.getBytes(UTF_8));
      begin(zip, "entries.ndjson");
      log.forEach(
          firstId,
          lastId,
          entry -> {
            zip.write(entry.bytes());
            zip.write('\n');
            last[0] = entry.hash();
            return true;
          });
      zip.closeEntry();
      put(zip, "range-proof", proof(tree, firstId, lastId, under).getBytes(UTF_8));
      put(zip, "checkpoint", under.note().toBytes());
      Optional<byte[]> token = tree.token(under.size());
      if (token.isPresent()) {
        put(zip, "checkpoint.tsr", token.get());
      }
      String keys = String.join("\n", log.identity().verifierKeys()) + "\n";
      put(zip, "verifier-key", keys.getBytes(UTF_8));
      Manifest manifest =
          new Manifest(
              VERSION,
              log.identity().origin(),
              firstId,
              lastId,
              previous.toString(),
              last[0].toString(),
              under.size());
      put(zip, "manifest.json", JSON.writeValueAsBytes(manifest));
    }
    return last[0];
  }

  private static String proof(LogTree tree, long firstId, long lastId, SignedCheckpoint under)
      throws IOException {
    RangeProof proof =
        RangeProof.read(
            firstId - 1,
            lastId,
            under.size(),
            new TileHashReader(
                under.size(), under.checkpoint().root(), tree.tiles(), new Hasher()));
    StringBuilder text = new StringBuilder(PROOF_HEAD);
    text.append('\n').append(firstId - 1).append(' ').append(lastId).append(' ');
    text.append(under.size()).append('\n');
    proof.left().forEach(hash -> text.append("left ").append(hash).append('\n'));
    proof.right().forEach(hash -> text.append("right ").append(hash).append('\n'));
    return text.toString();
  }

  private static void begin(ZipOutputStream zip, String name) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // One time for all, so that the same entries are the same file.
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    zip.putNextEntry(entry);
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    begin(zip, name);
    zip.write(content);
    zip.closeEntry();
  }

  /**
   * Opens an archive to read it. Nothing is checked but its form.
   *
   * @throws LogException.NotALog if the file is not an archive
   */
  public static Archive open(Path file) throws IOException {
    ZipFile zip;
    try {
      zip = new ZipFile(file.toFile());
    } catch (ZipException e) {
      throw new LogException.NotALog(file + " is not an archive: " + e.getMessage());
    } catch (EOFException e) {
      throw new LogException.NotALog(file + " is not an archive: its zip directory is damaged");
    }
    try {
      byte[] json = read(zip, "manifest.json", MAX_PROOF_BYTES);
      Manifest manifest = JSON.readValue(json, Manifest.class);
      if (manifest.version != VERSION) {
        throw new LogException.NotALog(
            file + " says version " + manifest.version + "; this program reads " + VERSION);
      }
      return new Archive(zip, manifest);
    } catch (JsonProcessingException e) {
      zip.close();
      throw new LogException.NotALog(
          file + " is not an archive: its manifest.json is " + e.getOriginalMessage());
    } catch (InvalidProofException e) {
      zip.close();
      throw new LogException.NotALog(file + " is not an archive: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  /** What the archive says that it holds. */
  public Manifest manifest() {
    return manifest;
  }

  /** Name of its file. */
  String name() {
    return String.valueOf(Path.of(zip.getName()).getFileName());
  }

  /**
   * The keys that it names, to check it where no other is trusted.
   *
   * @throws LogException.NotALog if it names none
   */
  List<VerifierKey> keys() throws IOException {
    try {
      String keys = new String(read(zip, "verifier-key", MAX_PROOF_BYTES), UTF_8);
      return keys.lines().map(VerifierKey::parse).toList();
    } catch (InvalidProofException | IllegalArgumentException e) {
      throw new LogException.NotALog(zip.getName() + " names no verifier key: " + e.getMessage());
    }
  }

  /**
   * Gives the entries in order, as they are in the file.
   *
   * @return {@code false} if the consumer ended it
   * @throws LogException.Corrupt at a line that is not an entry
   */
  public boolean forEach(EntrySource.EntryConsumer consumer) throws IOException {
    ZipEntry entries = zip.getEntry("entries.ndjson");
    if (entries == null) {
      throw new LogException.Corrupt("the archive has no file entries.ndjson");
    }
    try (InputStream in = new BufferedInputStream(zip.getInputStream(entries), 1 << 16)) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int next = in.read(); next >= 0; next = in.read()) {
        if (next != '\n') {
          line.write(next);
          if (line.size() > EntryCodec.MAX_ENTRY_BYTES) {
            throw new LogException.Corrupt("the archive has a line that is longer than an entry");
          }
          continue;
        }
        if (!consumer.accept(entry(line.toByteArray()))) {
          return false;
        }
        line.reset();
      }
      if (line.size() > 0) {
        throw new LogException.Corrupt("the archive's last line is cut");
      }
    } catch (ZipException | EOFException e) {
      throw damaged("entries.ndjson", e);
    }
    return true;
  }

  private static StoredEntry entry(byte[] bytes) throws LogException.Corrupt {
    try {
      return new StoredEntry(EntryCodec.decodeHead(bytes, 0, bytes.length).id(), bytes);
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt("the archive has a line that is no entry: " + e.getMessage());
    }
  }

  /**
   * What the check of an archive found.
   *
   * @param checkpoint the one that covers the entries
   * @param entries that were read
   * @param faults sentences; empty if every entry is as it was sealed
   */
  public record Report(Checkpoint checkpoint, long entries, List<String> faults) {}

  /**
   * Checks every entry, the chain between them, and that they are under the checkpoint's root.
   *
   * @param keys of which one must have signed the checkpoint
   * @throws InvalidNoteException if none has
   */
  public Report verify(List<VerifierKey> keys) throws IOException, InvalidNoteException {
    List<String> faults = new ArrayList<>();
    long[] count = {0};
    Checkpoint checkpoint;
    try {
      byte[] note = read(zip, "checkpoint", SignedNote.MAX_BYTES);
      checkpoint = Checkpoint.open(SignedNote.parse(note), keys);
    } catch (InvalidProofException e) {
      throw new InvalidNoteException(String.valueOf(e.getMessage()));
    }
    try {
      RangeProof proof = proof(new String(read(zip, "range-proof", MAX_PROOF_BYTES), UTF_8));
      if (!checkpoint.origin().equals(manifest.origin)
          || checkpoint.size() != manifest.checkpointSize
          || proof.size() != checkpoint.size()
          || proof.start() != manifest.firstId - 1
          || proof.end() != manifest.lastId) {
        throw new InvalidProofException(
            "manifest.json, range-proof and checkpoint do not speak of the same entries");
      }
      Hasher hasher = new Hasher();
      CompactRange range = proof.begin(hasher);
      Link link = new Link(manifest.firstId - 1, Hash.parseHex(manifest.previousHash));
      forEach(entry -> {
        link.next(entry, faults);
        range.append(hasher.leaf(entry.bytes()));
        count[0]++;
        return faults.size() < VerifyReport.MAX_FAULTS;
      });
      if (!link.hash.toString().equals(manifest.lastHash)) {
        faults.add("the last entry has another hash than manifest.json says");
      }
      proof.verify(range, checkpoint.root());
    } catch (InvalidProofException | LogException.Corrupt | IllegalArgumentException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
    return new Report(checkpoint, count[0], faults);
  }

  /** How far the chain was followed. */
  private static final class Link {
    private long id;
    private Hash hash;
    private Instant time = Instant.MIN;

    Link(long id, Hash hash) {
      this.id = id;
      this.hash = hash;
    }

    void next(StoredEntry entry, List<String> faults) {
      byte[] bytes = entry.bytes();
      try {
        EntryCodec.Head head = EntryCodec.decodeHead(bytes, 0, bytes.length);
        Instant at = Instant.ofEpochSecond(head.epochSecond(), head.nano());
        if (head.id() != id + 1) {
          faults.add("entry " + (id + 1) + " was due where entry " + head.id() + " is");
        }
        if (!head.previousHash().equals(hash)) {
          faults.add("entry " + head.id() + " is not chained to the entry before it");
        }
        if (!at.isAfter(time)) {
          faults.add("entry " + head.id() + " is not later than the entry before it");
        }
        time = at;
        id = head.id();
        hash = EntryHash.of(bytes);
      } catch (InvalidEntryException e) {
        faults.add("the line after entry " + id + " is no entry: " + e.getMessage());
      }
    }
  }

  private static RangeProof proof(String text) throws InvalidProofException {
    String[] lines = text.split("\n", -1);
    if (lines.length < 3
        || !lines[0].equals(PROOF_HEAD)
        || !lines[1].matches("(0|[1-9][0-9]{0,17}) [1-9][0-9]{0,17} [1-9][0-9]{0,17}")
        || !lines[lines.length - 1].isEmpty()) {
      throw new InvalidProofException("range-proof is not a proof of a range");
    }
    String[] range = lines[1].split(" ", -1);
    List<Hash> left = new ArrayList<>();
    List<Hash> right = new ArrayList<>();
    for (String line : List.of(lines).subList(2, lines.length - 1)) {
      boolean isLeft = line.startsWith("left ") && right.isEmpty();
      if (!isLeft && !line.startsWith("right ")) {
        throw new InvalidProofException("range-proof has a line that is none of its");
      }
      (isLeft ? left : right).add(Hash.parseHex(line.substring(isLeft ? 5 : 6)));
    }
    return new RangeProof(
        Long.parseLong(range[0]), Long.parseLong(range[1]), Long.parseLong(range[2]), left, right);
  }

  /** A file of the zip, as far as it is not larger than it may be, whatever the zip says of it. */
  private static byte[] read(ZipFile zip, String name, int maxBytes)
      throws IOException, InvalidProofException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new InvalidProofException("the archive has no file " + name);
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new InvalidProofException(name + " has more than " + maxBytes + " bytes");
      }
      return bytes;
    } catch (ZipException | EOFException e) {
      throw damaged(name, e);
    }
  }

  private static LogException.Corrupt damaged(String name, IOException e) {
    return new LogException.Corrupt(
        "the archive is damaged: "
            + name
            + " can't be read"
            + (e.getMessage() == null ? "" : ": " + e.getMessage()));
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
