package io.tallystick.service.export;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.query.LogView;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.LocalDateTime;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Entries that match, each with its proof, as a zip that can be checked with no access to the log.
 * Memory does not depend on how many there are. Entries that the checkpoint does not cover are left
 * out.
 *
 * <pre>
 *   README.txt            how to check it, with tally and without
 *   check.go              a program that does it without
 *   checkpoint            the signed note that everything is proved under
 *   checkpoint.tsr        what a timestamp authority answered for it, if one was asked
 *   verifier-key          the log's keys, newest first: compare them with what you know
 *   entries/ID.json       the entry's exact bytes, with commitments to its personal values
 *   personal/ID.json      what opens those commitments, if it has any: {"NAME":{"salt":…,"json":…}}
 *   proofs/ID.tlog-proof  that it is under the checkpoint
 * </pre>
 */
public final class EvidenceBundle implements CountedAnswer {
  private final LogView view;
  private final AuditQuery query;
  private final boolean values;
  private long entries;

  EvidenceBundle(LogView view, AuditQuery query, boolean values) {
    this.view = view;
    this.values = values;
    this.query = query;
  }

  @Override
  public String contentType() {
    return ExportFormat.BUNDLE.contentType();
  }

  @Override
  public void writeTo(OutputStream out) throws IOException, InterruptedException {
    SignedCheckpoint under =
        view.keep(
            view.checkpointOver(query)
                .orElseThrow(() -> new IOException("the log has no checkpoint any more")));
    ZipOutputStream zip = new ZipOutputStream(out, UTF_8);
    put(zip, "README.txt", resource("bundle-readme.txt"));
    put(zip, "check.go", resource("bundle-check.go"));
    put(zip, "checkpoint", under.note().toBytes());
    Optional<byte[]> token = view.timestamp(under);
    if (token.isPresent()) {
      put(zip, "checkpoint.tsr", token.get());
    }
    String keys = String.join("\n", view.verifierKeys()) + "\n";
    put(zip, "verifier-key", keys.getBytes(UTF_8));
    LogTree.Prover prover = view.prover(under);
    view.forEachEntry(
        query,
        entry -> {
          if (entry.id() <= under.size()) {
            put(zip, entry, prover);
          }
        });
    zip.finish();
  }

  @Override
  public long entries() {
    return entries;
  }

  private void put(ZipOutputStream zip, StoredEntry entry, LogTree.Prover prover)
      throws IOException {
    put(zip, "entries/" + entry.id() + ".json", entry.bytes());
    put(zip, "proofs/" + entry.id() + ".tlog-proof", prover.prove(entry.id()).toBytes());
    byte[] opened = values ? PersonalFile.of(entry) : new byte[0];
    if (PersonalFile.hasValues(opened)) {
      put(zip, "personal/" + entry.id() + ".json", opened);
    }
    entries++;
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // One time for all, so that the same evidence is the same file.
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream text = EvidenceBundle.class.getResourceAsStream(name)) {
      if (text == null) {
        throw new IOException(name + " is not in the program");
      }
      return text.readAllBytes();
    }
  }
}
