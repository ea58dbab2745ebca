package io.tallystick.store.archive;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.RangeProof;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Verifies an archive by itself, without the log that its entries come from (format.md, Retention
 * and archive).
 */
public final class ArchiveVerifier {
  private ArchiveVerifier() {}

  /**
   * The result of the verification.
   *
   * @param checkpoint the checkpoint that covers the entries
   * @param entries number of entries that were read
   * @param bytes how much they are unpacked, whatever the zip says of itself
   * @param faults sentences; empty if every entry is as it was sealed
   */
  public record Report(Checkpoint checkpoint, long entries, long bytes, List<String> faults) {}

  /**
   * Checks every entry, the chain between them, and that the checkpoint covers them.
   *
   * @param keys one of these must have signed the checkpoint
   * @throws InvalidNoteException if none of them did
   */
  public static Report verify(ArchiveReader archive, List<VerifierKey> keys)
      throws IOException, InvalidNoteException {
    ArchiveManifest manifest = archive.manifest();
    List<String> faults = new ArrayList<>();
    long[] count = {0};
    long[] bytes = {0};
    Checkpoint checkpoint;
    try {
      checkpoint = Checkpoint.open(SignedNote.parse(archive.checkpoint()), keys);
    } catch (InvalidProofException e) {
      throw new InvalidNoteException(String.valueOf(e.getMessage()));
    }
    try {
      RangeProof proof = archive.rangeProof();
      if (!checkpoint.origin().equals(manifest.origin())
          || checkpoint.size() != manifest.checkpointSize()
          || proof.size() != checkpoint.size()
          || proof.start() != manifest.firstId() - 1
          || proof.end() != manifest.lastId()) {
        throw new InvalidProofException(
            "manifest.json, range-proof and checkpoint are not about the same entries");
      }
      Hasher hasher = new Hasher();
      CompactRange range = proof.begin(hasher);
      ArchivedValues values = new ArchivedValues(archive.erasures(keys));
      Link link = new Link(manifest.firstId() - 1, Hash.parseHex(manifest.previousHash()));
      archive.forEach(entry -> {
        link.next(entry, faults);
        faults.addAll(values.check(entry));
        range.append(hasher.leaf(entry.bytes()));
        count[0]++;
        bytes[0] += entry.bytes().length + entry.personalBytes();
        return faults.size() < VerifyReport.MAX_FAULTS;
      });
      if (!link.hash.toString().equals(manifest.lastHash())) {
        faults.add("the last entry does not have the hash in manifest.json");
      }
      proof.verify(range, checkpoint.root());
    } catch (InvalidProofException | LogException.Corrupt | IllegalArgumentException e) {
      faults.add(String.valueOf(e.getMessage()));
    }
    return new Report(checkpoint, count[0], bytes[0], faults);
  }

  /** The end of the chain that was checked so far. */
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
          faults.add("entry " + head.id() + " is where entry " + (id + 1) + " was expected");
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
        faults.add("the line after entry " + id + " is not an entry: " + e.getMessage());
      }
    }
  }
}
