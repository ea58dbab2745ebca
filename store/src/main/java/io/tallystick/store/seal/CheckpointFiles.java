package io.tallystick.store.seal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.DirectoryLock;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest checkpoint and the history of kept ones on disk (format.md, Checkpoint). Every
 * checkpoint that is read is verified with the log's keys. Safe for any number of threads; one
 * thread publishes the newest checkpoint, and any thread of any process may add to the history.
 */
public final class CheckpointFiles {
  private static final String NOTE = ".note";
  private static final String TOKEN = ".tsr";
  private static final Pattern SIZE = Pattern.compile("0|[1-9][0-9]{0,17}");

  /** A writer in another process that holds the lock longer than this is stuck. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** Held while writing to the history, together with a lock file against other processes. */
  private static final ReentrantLock KEEPING = new ReentrantLock();

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointFiles.class);

  private final DataDirectory directory;
  private final Path newest;
  private final Path cosigned;
  private final Path kept;
  private final Path sizesFile;
  private final String origin;
  private final List<VerifierKey> keys;

  /** Whether this writer has made {@link #sizesFile} whole. */
  @GuardedBy("KEEPING")
  private boolean sizesComplete;

  /**
   * The checkpoints in this directory.
   *
   * @param keys verifier keys of the log; one of them must have signed each checkpoint
   */
  public CheckpointFiles(DataDirectory directory, String origin, List<VerifierKey> keys) {
    this.directory = directory;
    this.newest = directory.checkpoint();
    this.cosigned = directory.cosigned();
    this.kept = directory.checkpoints();
    this.sizesFile = kept.resolve("sizes");
    this.origin = origin;
    this.keys = keys;
  }

  public String origin() {
    return origin;
  }

  public List<VerifierKey> keys() {
    return keys;
  }

  /**
   * Reads the newest checkpoint; empty if there is none.
   *
   * @throws LogException.Contradiction if the file is not a checkpoint of this log
   */
  public Optional<SignedCheckpoint> newest() throws IOException {
    return read(newest);
  }

  /**
   * The size that the newest checkpoint gives, whoever signed it; 0 if there is none or it is
   * damaged. It says where to look for entries, and proves nothing.
   */
  public long claimedSize() throws IOException {
    try {
      return Checkpoint.parse(SignedNote.parse(Files.readAllBytes(newest)).text()).size();
    } catch (NoSuchFileException | InvalidNoteException e) {
      return 0;
    }
  }

  /** Reads the newest cosigned checkpoint; empty if there is none. */
  public Optional<SignedCheckpoint> cosigned() throws IOException {
    return read(cosigned);
  }

  /** Publishes the newest cosigned checkpoint. */
  public void publishCosigned(SignedNote note) throws IOException {
    AtomicFile.write(cosigned, note.toBytes());
  }

  /** Reads the kept checkpoint of this size; empty if there is none. */
  public Optional<SignedCheckpoint> kept(long size) throws IOException {
    return read(file(size));
  }

  /** When the kept checkpoint of this size was written; empty if that one is not kept. */
  public Optional<Instant> keptAt(long size) throws IOException {
    try {
      return Optional.of(Files.getLastModifiedTime(file(size)).toInstant());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private Optional<SignedCheckpoint> read(Path file) throws IOException {
    try {
      Instant at = Files.getLastModifiedTime(file).toInstant();
      return Optional.of(SignedCheckpoint.open(Files.readAllBytes(file), origin, keys, at));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (InvalidNoteException e) {
      throw new LogException.Contradiction(
          file + " is not a checkpoint of this log: " + e.getMessage());
    }
  }

  /** The sizes of all kept checkpoints, newest first. */
  public List<Long> keptSizes() throws IOException {
    List<Long> sizes = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(kept, "*" + NOTE)) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        String size = name.substring(0, name.length() - NOTE.length());
        if (SIZE.matcher(size).matches()) {
          sizes.add(Long.parseLong(size));
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    }
    sizes.sort(Collections.reverseOrder());
    return sizes;
  }

  /**
   * The sizes of all checkpoints that were ever kept, from {@code checkpoints/sizes}, one per line.
   * A checkpoint that is listed there and has no file was lost. Empty if the file is missing, as in
   * logs of early versions. A last line without a line feed is an addition that a crash cut short.
   *
   * @throws LogException.Contradiction if it is damaged
   */
  public SortedSet<Long> recordedSizes() throws IOException {
    String text;
    try {
      text = Files.readString(sizesFile, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return new TreeSet<>();
    }
    SortedSet<Long> sizes = new TreeSet<>();
    int start = 0;
    for (int end = text.indexOf('\n'); start < text.length(); end = text.indexOf('\n', start)) {
      String line = text.substring(start, end < 0 ? text.length() : end);
      if (!SIZE.matcher(line).matches()) {
        throw new LogException.Contradiction(
            sizesFile + " is damaged: it has a line that is not a size");
      }
      if (end < 0) {
        break;
      }
      sizes.add(Long.valueOf(line));
      start = end + 1;
    }
    return sizes;
  }

  /**
   * Adds a size to {@code checkpoints/sizes}. The first time, rewrites the file with the sizes of
   * all checkpoints that exist or are listed.
   */
  @GuardedBy("KEEPING")
  private void recordSize(long size) throws IOException {
    if (sizesComplete && Files.exists(sizesFile)) {
      sizesComplete = false;
      try (FileChannel channel = FileChannel.open(sizesFile, StandardOpenOption.APPEND)) {
        channel.write(ByteBuffer.wrap(bytes(sizesText(List.of(size)))));
        channel.force(true);
      }
    } else {
      SortedSet<Long> sizes = new TreeSet<>(keptSizes());
      try {
        sizes.addAll(recordedSizes());
      } catch (LogException.Contradiction e) {
        LOG.warn("{}; it is rewritten from the checkpoints that exist", e.getMessage());
      }
      AtomicFile.write(sizesFile, bytes(sizesText(sizes)));
    }
    sizesComplete = true;
  }

  private static byte[] bytes(String sizes) {
    return sizes.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The content of {@code checkpoints/sizes} for these sizes. */
  public static String sizesText(Collection<Long> sizes) {
    return sizes.stream().map(size -> size + "\n").collect(Collectors.joining());
  }

  /** When the newest kept checkpoint was signed; 1970 if none is kept. */
  Instant newestKeptAt() throws IOException {
    List<Long> sizes = keptSizes();
    return sizes.isEmpty()
        ? Instant.EPOCH
        : Files.getLastModifiedTime(file(sizes.getFirst())).toInstant();
  }

  /** Publishes the newest checkpoint. */
  void publish(SignedNote note) throws IOException {
    AtomicFile.write(newest, note.toBytes());
  }

  /**
   * Keeps a checkpoint in the history, with the cosignatures of both if it is there already. A
   * checkpoint with a timestamp is not changed, because the timestamp covers its bytes.
   */
  public void keep(SignedCheckpoint checkpoint) throws IOException {
    KEEPING.lock();
    try (DirectoryLock _ = lockKept()) {
      add(checkpoint);
    } finally {
      KEEPING.unlock();
    }
  }

  /**
   * As {@link #keep}, but waits for nobody.
   *
   * @return {@code false} if another writer, here or in another process, is at work on the history;
   *     nothing is kept then
   */
  boolean tryKeep(SignedCheckpoint checkpoint) throws IOException {
    if (!KEEPING.tryLock()) {
      return false;
    }
    try {
      OwnerOnly.createDirectories(kept);
      Optional<DirectoryLock> lock = DirectoryLock.tryLock(kept);
      if (lock.isEmpty()) {
        return false;
      }
      try (DirectoryLock _ = lock.get()) {
        add(checkpoint);
      }
      return true;
    } finally {
      KEEPING.unlock();
    }
  }

  /** Keeps other processes from writing to the history until it is closed. */
  private DirectoryLock lockKept() throws IOException {
    directory.checkOurs();
    OwnerOnly.createDirectories(kept);
    long started = System.nanoTime();
    while (true) {
      Optional<DirectoryLock> lock = DirectoryLock.tryLock(kept);
      if (lock.isPresent()) {
        return lock.get();
      }
      if (System.nanoTime() - started > PATIENCE.toNanos()) {
        throw new IOException(
            "another process has held the lock "
                + kept.resolve("lock")
                + " for more than "
                + PATIENCE.toSeconds()
                + " s");
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  @GuardedBy("KEEPING")
  private void add(SignedCheckpoint checkpoint) throws IOException {
    if (Files.exists(kept.resolve(checkpoint.size() + TOKEN))) {
      return;
    }
    Optional<SignedCheckpoint> known = kept(checkpoint.size());
    SignedNote note =
        known.map(k -> k.note().with(checkpoint.note().signatures())).orElse(checkpoint.note());
    if (known.isEmpty() || !known.get().note().equals(note)) {
      AtomicFile.write(file(checkpoint.size()), note.toBytes());
    }
    if (known.isEmpty()) {
      recordSize(checkpoint.size());
    }
  }

  /** Reads the timestamp token of a kept checkpoint; empty if there is none. */
  public Optional<byte[]> token(long size) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(kept.resolve(size + TOKEN)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * Keeps a checkpoint together with the timestamp token for its bytes.
   *
   * @throws IOException if the kept checkpoint has other bytes by now
   */
  public void keepToken(SignedCheckpoint stamped, byte[] token) throws IOException {
    KEEPING.lock();
    try (DirectoryLock _ = lockKept()) {
      add(stamped);
      Path file = file(stamped.size());
      if (!Arrays.equals(Files.readAllBytes(file), stamped.note().toBytes())) {
        throw new IOException(
            file
                + " got another signature after its timestamp was requested; nothing was kept."
                + " Request the timestamp again");
      }
      AtomicFile.write(kept.resolve(stamped.size() + TOKEN), token);
    } finally {
      KEEPING.unlock();
    }
  }

  private Path file(long size) {
    return kept.resolve(size + NOTE);
  }
}
