package io.tallystick.store.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.log.EntrySource;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.RangeProof;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads an archive that {@link ArchiveWriter} wrote. Nothing is trusted but its form: {@link
 * ArchiveVerifier} checks what it says. Memory does not depend on how many entries there are. Used
 * by one thread.
 */
public final class ArchiveReader implements Closeable {
  static final String PROOF_HEAD = "tallystick range-proof v1";
  private static final int MAX_PROOF_BYTES = 64 << 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ZipFile zip;
  private final ArchiveManifest manifest;

  private ArchiveReader(ZipFile zip, ArchiveManifest manifest) {
    this.zip = zip;
    this.manifest = manifest;
  }

  /**
   * Opens an archive to read it. Nothing is checked but its form.
   *
   * @throws LogException.NotALog if the file is not an archive
   */
  public static ArchiveReader open(Path file) throws IOException {
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
      ArchiveManifest manifest = JSON.readValue(json, ArchiveManifest.class);
      if (manifest.version() != ArchiveManifest.VERSION) {
        throw new LogException.NotALog(
            file
                + " says version "
                + manifest.version()
                + "; this program reads "
                + ArchiveManifest.VERSION);
      }
      return new ArchiveReader(zip, manifest);
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
  public ArchiveManifest manifest() {
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

  /** The checkpoint that covers the entries, as it stands in the archive. */
  byte[] checkpoint() throws IOException, InvalidProofException {
    return read(zip, "checkpoint", SignedNote.MAX_BYTES);
  }

  /** The hashes beside the entries, which lead to the checkpoint's root. */
  RangeProof rangeProof() throws IOException, InvalidProofException {
    return proof(new String(read(zip, "range-proof", MAX_PROOF_BYTES), UTF_8));
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
