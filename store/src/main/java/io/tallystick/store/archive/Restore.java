package io.tallystick.store.archive;

import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogConfig;
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
 * Creates a read-only data directory from archives: their entries in segments, with their ids and
 * hashes. It is not the log that they come from, because it has no key, no checkpoint and no tree.
 * The archives themselves remain the proof.
 */
public final class Restore {
  /** Blocks, their index and the pages of segments add less than this part. */
  private static final int OVERHEAD_PART = 8;

  private final List<ArchiveReader> archives;
  private final DataDirectory directory;

  private Restore(List<ArchiveReader> archives, DataDirectory directory) {
    this.archives = archives;
    this.directory = directory;
  }

  /**
   * Restores consecutive archives of one log.
   *
   * @param files archives in any order
   * @param keys one of these must have signed each archive's checkpoint; empty to trust the keys in
   *     the archives
   * @param data a directory that is empty or does not exist; it holds a log when this returns, and
   *     nothing when it throws
   * @return number of restored entries
   * @throws LogException.Corrupt if an archive does not verify, or one between them is missing
   * @throws NoSpaceException if they would not fit on the device; nothing was written
   * @throws InvalidNoteException if none of the keys signed a checkpoint
   */
  public static long restore(List<Path> files, List<VerifierKey> keys, Path data)
      throws IOException, InvalidNoteException {
    DataDirectory directory = new DataDirectory(data);
    checkEmpty(directory.root());
    List<ArchiveReader> opened = new ArrayList<>();
    long bytes = 0;
    try {
      for (Path file : files) {
        ArchiveReader archive = ArchiveReader.open(file);
        opened.add(archive);
        List<VerifierKey> trusted = keys.isEmpty() ? archive.keys() : keys;
        ArchiveVerifier.Report report = ArchiveVerifier.verify(archive, trusted);
        if (!report.faults().isEmpty()) {
          throw new LogException.Corrupt(file + " does not verify: " + report.faults().getFirst());
        }
        bytes += report.bytes();
      }
      checkRoom(bytes, directory.root());
      opened.sort(Comparator.comparingLong(archive -> archive.manifest().firstId()));
      checkFollow(opened);
      return new Restore(opened, directory).restore();
    } finally {
      for (Closeable archive : opened) {
        archive.close();
      }
    }
  }

  /** Nothing is written before it is known how much it will be: a zip can hold a thousandfold. */
  private static void checkRoom(long bytes, Path root) throws IOException {
    Path existing = root;
    while (!Files.exists(existing)) {
      existing = existing.resolveSibling("").toAbsolutePath();
    }
    long free = Files.getFileStore(existing).getUsableSpace();
    long needed = bytes + bytes / OVERHEAD_PART;
    if (free - needed < LogConfig.RESERVE_BYTES) {
      throw new NoSpaceException(
          "the entries need up to "
              + (needed >> 20)
              + " MiB unpacked, and "
              + (free >> 20)
              + " MiB are free on the device of "
              + root
              + ", of which "
              + (LogConfig.RESERVE_BYTES >> 20)
              + " MiB stay in reserve; choose a directory on a larger one (tally restore --data)");
    }
  }

  private static void checkEmpty(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    try (Stream<Path> inside = Files.list(root)) {
      if (inside.findAny().isPresent()) {
        throw new LogException.NotALog(
            root + " is not empty; name a directory that is empty or does not exist");
      }
    }
  }

  private static void checkFollow(List<ArchiveReader> archives) throws LogException.Corrupt {
    for (int i = 1; i < archives.size(); i++) {
      ArchiveManifest before = archives.get(i - 1).manifest();
      ArchiveManifest next = archives.get(i).manifest();
      if (!next.origin().equals(before.origin())) {
        throw new LogException.Corrupt(
            "the archives come from different logs, " + before.origin() + " and " + next.origin());
      }
      if (next.firstId() != before.lastId() + 1 || !next.previousHash().equals(before.lastHash())) {
        throw new LogException.Corrupt(
            "entry %d, the first of an archive, does not follow entry %d, the last of the one before: add the archives between them, or restore them separately"
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
      // Last, because the directory holds a log from then on.
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

  /** Writes entries in blocks to the segments of their hours. */
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
      block.addExisting(entry, nanos);
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
      throw new LogException.Corrupt(
          "the archive has a line that is not an entry: " + e.getMessage());
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
