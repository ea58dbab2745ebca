package io.tallystick.store.archive;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.Nanos;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.store.segment.BlockFormat;
import io.tallystick.store.segment.ChronicleWriter;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes a data directory from archives, for reading: their entries in segments, with their ids and
 * their hashes. It is not the log that they were taken from: it has no key, no checkpoint and no
 * tree, and it is never appended to. What an archive proves, the archive proves.
 */
public final class Restore {
  private final List<ArchiveReader> archives;
  private final DataDirectory directory;

  private Restore(List<ArchiveReader> archives, DataDirectory directory) {
    this.archives = archives;
    this.directory = directory;
  }

  /**
   * Restores archives of one log that follow each other.
   *
   * @param files in any order
   * @param keys of which one must have signed each archive's checkpoint; empty to trust those that
   *     the archives name themselves
   * @param data is made, or is empty; holds a log when this returns, and nothing when it throws
   * @return how many entries there are
   * @throws LogException.Corrupt if an archive does not verify, or one between them is missing
   * @throws InvalidNoteException if a checkpoint is not signed by one of the keys
   */
  public static long restore(List<Path> files, List<VerifierKey> keys, Path data)
      throws IOException, InvalidNoteException {
    DataDirectory directory = new DataDirectory(data);
    checkEmpty(directory.root());
    List<ArchiveReader> opened = new ArrayList<>();
    try {
      for (Path file : files) {
        ArchiveReader archive = ArchiveReader.open(file);
        opened.add(archive);
        List<VerifierKey> trusted = keys.isEmpty() ? archive.keys() : keys;
        List<String> faults = ArchiveVerifier.verify(archive, trusted).faults();
        if (!faults.isEmpty()) {
          throw new LogException.Corrupt(file + " does not verify: " + faults.getFirst());
        }
      }
      opened.sort(Comparator.comparingLong(archive -> archive.manifest().firstId()));
      checkFollow(opened);
      return new Restore(opened, directory).restore();
    } finally {
      for (Closeable archive : opened) {
        archive.close();
      }
    }
  }

  private static void checkEmpty(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> inside = Files.list(root)) {
      if (inside.findAny().isPresent()) {
        throw new LogException.NotALog(
            root + " is not empty; taken is a directory that is empty or not there yet");
      }
    }
  }

  private static void checkFollow(List<ArchiveReader> archives) throws LogException.Corrupt {
    for (int i = 1; i < archives.size(); i++) {
      ArchiveManifest before = archives.get(i - 1).manifest();
      ArchiveManifest next = archives.get(i).manifest();
      if (!next.origin().equals(before.origin())) {
        throw new LogException.Corrupt(
            "the archives are of two logs, " + before.origin() + " and " + next.origin());
      }
      if (next.firstId() != before.lastId() + 1 || !next.previousHash().equals(before.lastHash())) {
        throw new LogException.Corrupt(
            "an archive with entry %d does not follow one with entry %d: restore what is between them too, or one of them alone"
                .formatted(next.firstId(), before.lastId()));
      }
    }
  }

  private long restore() throws IOException {
    ArchiveManifest first = archives.getFirst().manifest();
    boolean whole = false;
    try {
      directory.create();
      Hash before = Hash.parseHex(first.previousHash());
      long lastId =
          writeSegments(new BlockBuilder(first.firstId() - 1, before, 0, Sha256.newDigest()));
      Horizon.restored(
              first.firstId(),
              first.previousHash(),
              archives.stream().map(ArchiveReader::name).toList())
          .write(directory.horizon());
      // Last, so that there is no log before all of it is there.
      new LogIdentity(LogIdentity.VERSION, first.origin(), firstTime(), List.of())
          .write(directory.identity());
      whole = true;
      return lastId - first.firstId() + 1;
    } finally {
      if (!whole) {
        deleteAll();
      }
    }
  }

  private long writeSegments(BlockBuilder block) throws IOException {
    try (Segmentation out = new Segmentation(block)) {
      for (ArchiveReader archive : archives) {
        archive.forEach(entry -> {
          out.add(entry);
          return true;
        });
      }
      out.write();
    }
    AtomicFile.forceDirectory(directory.segments());
    return block.lastId();
  }

  /** Puts entries into blocks, and blocks into the segments of their hours. */
  private final class Segmentation implements AutoCloseable {
    private final ChronicleWriter writer = ChronicleWriter.open(directory.segments(), 0);
    private final BlockBuilder block;
    private ChronicleWriter.@Nullable WritableSegment segment;

    Segmentation(BlockBuilder block) throws LogException {
      this.block = block;
    }

    void add(StoredEntry entry) throws IOException {
      long nanos = nanos(entry);
      boolean anotherHour =
          Math.floorDiv(nanos, ChronicleWriter.SEGMENT.toNanos())
              != Math.floorDiv(block.firstNanos(), ChronicleWriter.SEGMENT.toNanos());
      if (block.bytes() >= BlockFormat.TARGET_BLOCK_BYTES || (!block.isEmpty() && anotherHour)) {
        write();
      }
      block.addExisting(entry.bytes(), nanos);
    }

    void write() throws IOException {
      if (block.isEmpty()) {
        return;
      }
      ChronicleWriter.Written written = writer.append(block.finish(), block.firstNanos());
      if (segment != null && segment != written.segment()) {
        end(segment);
      }
      segment = written.segment();
      block.begin();
    }

    private static void end(ChronicleWriter.WritableSegment segment) throws IOException {
      try (FileChannel channel = segment.channel()) {
        channel.force(true);
      }
    }

    @Override
    public void close() throws IOException {
      try {
        if (segment != null) {
          end(segment);
        }
      } finally {
        writer.close();
      }
    }
  }

  private String firstTime() throws IOException {
    String[] time = {""};
    archives
        .getFirst()
        .forEach(entry -> {
          time[0] = Nanos.toInstant(nanos(entry)).toString();
          return false;
        });
    return time[0];
  }

  private static long nanos(StoredEntry entry) throws LogException.Corrupt {
    try {
      EntryCodec.Head head = EntryCodec.decodeHead(entry.bytes(), 0, entry.bytes().length);
      return Nanos.of(head.epochSecond(), head.nano());
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt("the archive has a line that is no entry: " + e.getMessage());
    }
  }

  private void deleteAll() throws IOException {
    try (Stream<Path> files = Files.walk(directory.root())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(directory.root())) {
          Files.delete(file);
        }
      }
    }
  }
}
