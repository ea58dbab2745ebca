package io.tallystick.store.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.log.EntrySource;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureProof;
import io.tallystick.store.log.LineReader;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.RangeProof;
import io.tallystick.tlog.TlogProof;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Reads an archive that {@link ArchiveWriter} wrote. It checks only the form of the file; {@link
 * ArchiveVerifier} checks the content. Memory does not depend on the number of entries. Used by one
 * thread.
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
   * Opens an archive and checks its form.
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
                + " has version "
                + manifest.version()
                + "; this program supports version "
                + ArchiveManifest.VERSION);
      }
      return new ArchiveReader(zip, manifest);
    } catch (JsonProcessingException e) {
      zip.close();
      throw new LogException.NotALog(
          file + " is not an archive: its manifest.json is invalid: " + e.getOriginalMessage());
    } catch (InvalidProofException e) {
      zip.close();
      throw new LogException.NotALog(file + " is not an archive: " + e.getMessage());
    } catch (IOException | RuntimeException e) {
      zip.close();
      throw e;
    }
  }

  /** The unverified manifest. */
  public ArchiveManifest manifest() {
    return manifest;
  }

  /** Name of its file. */
  String name() {
    return String.valueOf(Path.of(zip.getName()).getFileName());
  }

  /**
   * The verifier keys in the archive, for checks without a trusted key.
   *
   * @throws LogException.NotALog if it has none
   */
  public List<VerifierKey> keys() throws IOException {
    try {
      String keys = new String(read(zip, "verifier-key", MAX_PROOF_BYTES), UTF_8);
      return keys.lines().map(VerifierKey::parse).toList();
    } catch (InvalidProofException | IllegalArgumentException e) {
      throw new LogException.NotALog(
          zip.getName() + " has no valid verifier key: " + e.getMessage());
    }
  }

  /**
   * Passes the entries with their personal values to the consumer, in the order of the file.
   *
   * @return {@code false} if the consumer stopped the reading
   * @throws LogException.Corrupt at a line that is not an entry
   */
  public boolean forEach(EntrySource.EntryConsumer consumer) throws IOException {
    ZipEntry entries = zip.getEntry("entries.ndjson");
    if (entries == null) {
      throw new LogException.Corrupt("the archive has no file entries.ndjson");
    }
    try (LineReader in = new LineReader(zip.getInputStream(entries), EntryCodec.MAX_ENTRY_BYTES);
        PersonalReader personal = PersonalReader.of(zip)) {
      for (byte[] line = in.next(); line != null; line = in.next()) {
        if (!consumer.accept(entry(line, personal))) {
          return false;
        }
      }
      personal.checkEnd();
    } catch (ZipException | EOFException e) {
      throw damaged("entries.ndjson or personal", e);
    }
    return true;
  }

  private static StoredEntry entry(byte[] bytes, PersonalReader personal) throws IOException {
    try {
      long id = EntryCodec.decodeHead(bytes, 0, bytes.length).id();
      return new StoredEntry(id, bytes, personal.of(id));
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt(
          "the archive has a line that is not an entry: " + e.getMessage());
    }
  }

  /**
   * The entries that record erasures in this archive.
   *
   * @param keys one of these must have signed the checkpoints in their proofs
   * @throws InvalidProofException if one is no entry of the log that records an erasure
   */
  List<Erasure.Recorded> erasures(List<VerifierKey> keys)
      throws IOException, InvalidProofException {
    List<Erasure.Recorded> erasures = new ArrayList<>();
    for (ZipEntry file : Collections.list(zip.entries())) {
      if (file.getName().startsWith(ErasureProof.FOLDER)) {
        byte[] proof = read(zip, file.getName(), TlogProof.MAX_BYTES);
        erasures.add(ErasureProof.open(proof, manifest.origin(), keys));
      }
    }
    return erasures;
  }

  /** The unverified checkpoint that covers the entries. */
  byte[] checkpoint() throws IOException, InvalidProofException {
    return read(zip, "checkpoint", SignedNote.MAX_BYTES);
  }

  /** The hashes beside the entries, which together with them give the checkpoint's root. */
  RangeProof rangeProof() throws IOException, InvalidProofException {
    return proof(new String(read(zip, "range-proof", MAX_PROOF_BYTES), UTF_8));
  }

  private static RangeProof proof(String text) throws InvalidProofException {
    String[] lines = text.split("\n", -1);
    if (lines.length < 3
        || !lines[0].equals(PROOF_HEAD)
        || !lines[1].matches("(0|[1-9][0-9]{0,17}) [1-9][0-9]{0,17} [1-9][0-9]{0,17}")
        || !lines[lines.length - 1].isEmpty()) {
      throw new InvalidProofException("range-proof is not a range proof");
    }
    String[] range = lines[1].split(" ", -1);
    List<Hash> left = new ArrayList<>();
    List<Hash> right = new ArrayList<>();
    for (String line : List.of(lines).subList(2, lines.length - 1)) {
      boolean isLeft = line.startsWith("left ") && right.isEmpty();
      if (!isLeft && !line.startsWith("right ")) {
        throw new InvalidProofException("range-proof has an invalid line");
      }
      (isLeft ? left : right).add(Hash.parseHex(line.substring(isLeft ? 5 : 6)));
    }
    return new RangeProof(
        Long.parseLong(range[0]), Long.parseLong(range[1]), Long.parseLong(range[2]), left, right);
  }

  /** Reads a file of the zip, up to a limit that does not depend on the zip's own sizes. */
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
            + " is unreadable"
            + (e.getMessage() == null ? "" : ": " + e.getMessage()));
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
