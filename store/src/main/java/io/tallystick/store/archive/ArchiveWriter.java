package io.tallystick.store.archive;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.RangeProof;
import io.tallystick.tlog.TileHashReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes entries of a log to a zip file that can be verified and read by itself (format.md,
 * Retention and archive). Safe for any number of threads.
 *
 * <pre>
 *   README.txt       how to check it, with tally and without
 *   manifest.json    which entries of which log
 *   entries.ndjson   their exact bytes, one entry a line
 *   personal         their personal values, if they have any, and
 *   erasures/        the proofs of the entries that record the erasure of some of them
 *   range-proof      "tallystick range-proof v1", "START END SIZE" (leaves, END not included), then
 *                    "left HASH" and "right HASH" a line: the subtrees beside the range, RFC 9162
 *                    section 2.1.1, from left to right, in hexadecimal
 *   checkpoint       the signed note over SIZE entries
 *   checkpoint.tsr   its timestamp token, if there is one
 *   verifier-key     the log's keys, newest first: compare them with the ones you trust
 * </pre>
 */
public final class ArchiveWriter {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String README =
      """
      Entries of a Tallystick audit log, removed from it by retention.

      Check them, with no access to the log:
          tally verify --archive THIS_FILE --key 'VKEY'
      where VKEY is the log's verifier key that you trust ("verifier-key" holds the log's own claim).
      Read them, with every filter:
          tally list --archive THIS_FILE --key 'VKEY'

      Without tally: the leaf hash of an entry is SHA-256 of a zero byte and the line's bytes without the line
      feed. Put the "left" hashes of range-proof, the leaf hashes of all lines and the "right" hashes side by
      side as RFC 9162 section 2.1.1 says (leaves START to END, SIZE in all): the root is the third line of
      checkpoint, in base64, and checkpoint is a C2SP signed note.
      """;

  private ArchiveWriter() {}

  /**
   * Writes an archive. Memory does not depend on the number of entries.
   *
   * @param previous hash of the entry before {@code firstId}
   * @param under a checkpoint that covers the entries
   * @param file is created or replaced
   * @return hash of the last entry
   */
  static Hash write(
      LogReader log, long firstId, long lastId, Hash previous, SignedCheckpoint under, Path file)
      throws IOException {
    LogTree tree = log.tree();
    Hash[] last = {previous};
    try (FileChannel channel = OwnerOnly.open(file, StandardOpenOption.TRUNCATE_EXISTING);
        OutputStream out = Channels.newOutputStream(channel);
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
      new PersonalWriter(log, firstId, lastId).write(zip, under);
      put(zip, "range-proof", proof(tree, firstId, lastId, under).getBytes(UTF_8));
      put(zip, "checkpoint", under.note().toBytes());
      Optional<byte[]> token = tree.token(under.size());
      if (token.isPresent()) {
        put(zip, "checkpoint.tsr", token.get());
      }
      String keys = String.join("\n", log.identity().verifierKeys()) + "\n";
      put(zip, "verifier-key", keys.getBytes(UTF_8));
      ArchiveManifest manifest =
          new ArchiveManifest(
              ArchiveManifest.VERSION,
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
    StringBuilder text = new StringBuilder(ArchiveReader.PROOF_HEAD);
    text.append('\n').append(firstId - 1).append(' ').append(lastId).append(' ');
    text.append(under.size()).append('\n');
    proof.left().forEach(hash -> text.append("left ").append(hash).append('\n'));
    proof.right().forEach(hash -> text.append("right ").append(hash).append('\n'));
    return text.toString();
  }

  static void begin(ZipOutputStream zip, String name) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // A fixed time, so that the same entries always give the same file.
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    zip.putNextEntry(entry);
  }

  static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    begin(zip, name);
    zip.write(content);
    zip.closeEntry();
  }
}
