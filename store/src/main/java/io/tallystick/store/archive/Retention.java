package io.tallystick.store.archive;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.segment.ChronicleWriter;
import io.tallystick.store.segment.Segments;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Removes old segments from a log (format.md, Retention and archive). Each step is durable before
 * the next: verify and seal the entries, archive them, record the removal as a sealed entry of the
 * log, move the horizon, delete the files. A crash at any point leaves the old state or the new
 * one, and the next open deletes what is left to delete. Safe for any number of threads, of which
 * one removes at a time ({@link AuditLog#removalLock}).
 *
 * <p>The tree keeps every tile, so the remaining entries can still be proven, and so can
 * consistency with every older checkpoint.
 */
public final class Retention {
  /** What happens to removed entries. */
  public enum Mode {
    /** They are kept in a file in {@code archive/}. */
    ARCHIVE,
    /** They are deleted for good. */
    PURGE
  }

  /**
   * Complete segments of one UTC day that can be removed together.
   *
   * @param bytes total size of the files
   */
  public record Batch(long firstId, long lastId, LocalDate day, long bytes) {
    /** Number of entries. */
    public long count() {
      return lastId - firstId + 1;
    }
  }

  private final AuditLog log;
  private final LogReader reader;

  public Retention(AuditLog log) {
    this.log = log;
    this.reader = log.reader();
  }

  /**
   * Plans a removal of the oldest closed segments, in order, whose entries are all older than
   * {@code before}. The newest segment with entries always stays.
   *
   * @param keepFrom the first entry that must stay; {@link Long#MAX_VALUE} for none
   */
  public List<Batch> plan(Instant before, long keepFrom) throws IOException {
    return plan(reader, before, keepFrom);
  }

  /** As {@link #plan(Instant, long)}, for a log that another process may be writing. */
  public static List<Batch> plan(LogReader reader, Instant before, long keepFrom)
      throws IOException {
    Segments segments = reader.segments();
    segments.refresh();
    List<Batch> batches = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (String name : segments.names()) {
      if (segments.firstId(name) >= reader.firstId()) {
        names.add(name);
      }
    }
    for (int i = 0; i + 1 < names.size(); i++) {
      Instant start = Instant.ofEpochMilli(ChronicleWriter.startMillis(names.get(i)));
      long lastId = segments.firstId(names.get(i + 1)) - 1;
      if (start.plus(ChronicleWriter.SEGMENT).isAfter(before) || lastId >= keepFrom) {
        break;
      }
      LocalDate day = LocalDate.ofInstant(start, ZoneOffset.UTC);
      long bytes = Files.size(segments.directory().resolve(names.get(i)));
      Batch batch = new Batch(segments.firstId(names.get(i)), lastId, day, bytes);
      if (!batches.isEmpty() && batches.getLast().day().equals(day)) {
        Batch begun = batches.removeLast();
        batch = new Batch(begun.firstId(), lastId, day, begun.bytes() + bytes);
      }
      batches.add(batch);
    }
    return batches;
  }

  /**
   * Removes the oldest batch of a {@link #plan}.
   *
   * @param by name of the API key that requested it; {@code null} for the server itself
   * @throws LogException.Corrupt if the entries do not verify; nothing is removed then
   * @throws IllegalArgumentException if the batch is not the oldest any more
   */
  public Horizon.Removed remove(Batch batch, Mode mode, @Nullable String by)
      throws IOException, InterruptedException {
    return remove(batch, mode, by, false);
  }

  /**
   * Removes a batch, see {@link #remove(Batch, Mode, String)}.
   *
   * @param local whether {@code by} is an account of the operating system, not a key
   */
  public Horizon.Removed remove(Batch batch, Mode mode, @Nullable String by, boolean local)
      throws IOException, InterruptedException {
    log.removalLock().lockInterruptibly();
    try {
      return removeOldest(batch, mode, by, local);
    } finally {
      log.removalLock().unlock();
    }
  }

  private Horizon.Removed removeOldest(Batch batch, Mode mode, @Nullable String by, boolean local)
      throws IOException, InterruptedException {
    Horizon horizon = reader.horizon();
    if (batch.firstId() != horizon.firstId()) {
      throw new IllegalArgumentException(
          "the log begins at entry " + horizon.firstId() + ", not at " + batch.firstId());
    }
    SignedCheckpoint under = Futures.from(log.seal());
    checkSound(batch);
    String archive = null;
    String sha256 = null;
    if (mode == Mode.ARCHIVE) {
      Path file = archive(batch, horizon.previous(), under);
      archive = String.valueOf(file.getFileName());
      sha256 = sha256(file);
    }
    Hash lastHash = reader.read(batch.lastId()).orElseThrow().hash();
    long recorded = record(batch, lastHash, archive, sha256, by, local);
    Futures.from(log.seal());
    Horizon.Removed removed =
        new Horizon.Removed(
            batch.firstId(), batch.lastId(), lastHash.toString(), archive, sha256, recorded);
    reader.moveHorizon(horizon.after(removed));
    reader.segments().deleteBefore(batch.lastId() + 1);
    return removed;
  }

  private void checkSound(Batch batch) throws IOException, InterruptedException {
    VerifyReport report =
        new LogVerifier(reader)
            .verify(VerifyRequest.range(batch.firstId(), batch.lastId()).strictly(), null);
    if (!report.valid()) {
      throw new LogException.Corrupt(
          "entries "
              + batch.firstId()
              + " to "
              + batch.lastId()
              + " do not verify, so they are not removed: "
              + report.faults().getFirst().reason());
    }
  }

  private Path archive(Batch batch, Hash previous, SignedCheckpoint under) throws IOException {
    reader.tree().keep(under);
    // As it is kept, because a timestamp covers all of its signatures.
    SignedCheckpoint kept = reader.tree().checkpoint(under.size()).orElse(under);
    Path directory = reader.directory().archive();
    OwnerOnly.createDirectories(directory);
    AtomicFile.forceDirectory(reader.directory().root());
    Path file = directory.resolve(batch.firstId() + "-" + batch.lastId() + ".zip");
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      write(batch, previous, kept, temporary);
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
    AtomicFile.forceDirectory(directory);
    return file;
  }

  /** Writes an archive of the batch durably, and verifies it. */
  private void write(Batch batch, Hash previous, SignedCheckpoint kept, Path temporary)
      throws IOException {
    checkRoom(batch);
    ArchiveWriter.write(reader, batch.firstId(), batch.lastId(), previous, kept, temporary);
    try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    try (ArchiveReader written = ArchiveReader.open(temporary)) {
      ArchiveVerifier.Report report = ArchiveVerifier.verify(written, reader.identity().keys());
      if (!report.faults().isEmpty()) {
        throw new LogException.Corrupt(
            temporary + " does not verify after writing it: " + report.faults().getFirst());
      }
    } catch (InvalidNoteException e) {
      throw new LogException.Corrupt(
          temporary + " has no valid checkpoint of this log after writing it");
    }
  }

  /** Checks the space for an archive, which is never larger than its blocks. */
  private void checkRoom(Batch batch) throws IOException {
    long[] needed = {0};
    reader.forEachBlock(
        batch.firstId(),
        batch.lastId(),
        (block, first, last) -> {
          needed[0] += block.bytes().length;
          return true;
        });
    long free = log.freeBytes();
    if (free - needed[0] < LogConfig.RESERVE_BYTES) {
      throw new NoSpaceException(
          "no room on the device for the archive of entries "
              + batch.firstId()
              + " to "
              + batch.lastId()
              + ": it needs up to "
              + (needed[0] >> 20)
              + " MiB, "
              + (free >> 20)
              + " MiB are free, and "
              + (LogConfig.RESERVE_BYTES >> 20)
              + " MiB are kept in reserve");
    }
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest sha256 = Sha256.newDigest();
    try (InputStream in = Files.newInputStream(file);
        DigestInputStream digest = new DigestInputStream(in, sha256)) {
      digest.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  /**
   * Records the removal as an entry of the log.
   *
   * @return its id
   */
  private long record(
      Batch batch,
      Hash lastHash,
      @Nullable String archive,
      @Nullable String sha256,
      @Nullable String by,
      boolean local)
      throws IOException, InterruptedException {
    String what =
        "{\"first_id\":"
            + batch.firstId()
            + ",\"last_id\":"
            + batch.lastId()
            + ",\"count\":"
            + batch.count()
            + ",\"last_hash\":\""
            + lastHash
            + "\"";
    String where =
        archive == null
            ? ""
            : ",\"archive\":\"" + archive + "\",\"archive_sha256\":\"" + sha256 + "\"";
    Event event =
        Event.builder(archive == null ? "audit.retention.purged" : "audit.retention.archived")
            .actorUsername(by)
            .targetType("entries")
            .targetId(batch.firstId() + "-" + batch.lastId())
            .details(Details.parse(what + where + (local ? ",\"local\":true" : "") + "}"))
            .build();
    return Futures.from(log.append(event)).firstId();
  }
}
