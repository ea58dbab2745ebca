package io.tallystick.store.archive;

import io.tallystick.entry.Entry;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.ErasureProof;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.PersonalLine;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.ZipOutputStream;

/**
 * Writes the personal values of entries to an archive, and the proofs that what is not there any
 * more was erased. Writes nothing where no entry has any. Used once.
 */
final class PersonalWriter {
  private final LogReader log;
  private final long firstId;
  private final long lastId;
  private ErasureIndex recorded = new ErasureIndex(List.of());

  /** The erasures that the archive needs. */
  private final SortedSet<Long> needed = new TreeSet<>();

  private boolean begun;

  PersonalWriter(LogReader log, long firstId, long lastId) {
    this.log = log;
    this.firstId = firstId;
    this.lastId = lastId;
  }

  /**
   * @param under covers every entry that records an erasure
   */
  void write(ZipOutputStream zip, SignedCheckpoint under) throws IOException {
    List<Erasure.Recorded> known = new ArrayList<>();
    for (long id : log.erasures().entries()) {
      if (id > firstId && id <= under.size()) {
        Erasure.of(decoded(read(id))).ifPresent(known::add);
      }
    }
    recorded = new ErasureIndex(known);
    log.forEach(
        firstId,
        lastId,
        entry -> {
          if (!entry.personal().isEmpty()) {
            write(zip, entry);
          }
          return true;
        });
    if (begun) {
      zip.closeEntry();
    }
    LogTree.Prover prover = log.tree().prover(under);
    for (long id : needed) {
      byte[] proof = ErasureProof.of(prover.prove(id), read(id).bytes());
      ArchiveWriter.put(zip, ErasureProof.file(id), proof);
    }
  }

  private StoredEntry read(long id) throws IOException {
    return log.read(id)
        .orElseThrow(() ->
            new LogException.Corrupt(
                "entry " + id + ", which records an erasure, is not in the log"));
  }

  private static Entry decoded(StoredEntry stored) throws LogException.Corrupt {
    try {
      return stored.decode();
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt("entry " + stored.id() + ": " + e.getMessage());
    }
  }

  private void write(ZipOutputStream zip, StoredEntry stored) throws IOException {
    if (!begun) {
      ArchiveWriter.begin(zip, PersonalLine.FILE);
      begun = true;
    }
    Entry entry = decoded(stored);
    int member = 0;
    for (PersonalField field : entry.personal().keySet()) {
      PersonalValue value = stored.personal().get(member);
      if (value.isZero()) {
        recorded.find(entry, field).ifPresent(erasure -> needed.add(erasure.id()));
      }
      zip.write(new PersonalLine(stored.id(), member, value).toBytes());
      member++;
    }
  }
}
