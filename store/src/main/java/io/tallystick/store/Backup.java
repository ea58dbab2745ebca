package io.tallystick.store;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.BatchSync;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.store.log.Erasures;
import io.tallystick.store.log.LogIdentity;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.seal.CheckpointFiles;
import io.tallystick.store.segment.SegmentCursor;
import io.tallystick.store.segment.SegmentFile;
import io.tallystick.store.segment.Segments;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Copies a log to another directory, also while it is being written. The copy is a complete log
 * that verifies up to the checkpoint that was the newest when the backup began, and may hold
 * entries after it. A second run into the same directory copies only what is new. Used once, by one
 * thread.
 *
 * <p>Every file is written beside its place and renamed once all of them are durable. The directory
 * is ours alone, and no link in it is followed: otherwise whoever planted one could have root write
 * to any file of the machine.
 *
 * <p>Small files are read first and written last, so that a checkpoint never arrives before the
 * entries that it covers. An interrupted backup leaves the older copy, or one that the next run
 * completes. The newest segment is copied up to the block that was the last when the segments were
 * listed, because blocks that are written meanwhile would be copied in part. The index, which can
 * be rebuilt, is not copied; the signing key only on request.
 */
public final class Backup {
  private static final int CHUNK_BYTES = 1 << 20;

  /** Ends the name of a copy that is not in its place yet. */
  private static final String TEMPORARY = ".tmp";

  /** Folders whose files only grow, so that size and time show whether one was copied already. */
  private static final List<String> FOLDERS = List.of("tiles", "archive", "segments", "dropped");

  private final LogReader log;
  private final Path from;
  private final Path to;
  private final long firstId;

  /**
   * A file that was copied beside its place.
   *
   * @param modified the time that it gets once all copies are durable
   */
  private record Copied(Path temporary, Path place, FileTime modified) {}

  private final List<Copied> copied = new ArrayList<>();

  private String newestSegment = "";
  private long end;
  private long filesCopied;
  private long sealed;
  private long filesKept;
  private long bytesCopied;

  /**
   * The result of a backup.
   *
   * @param sealed entries that the checkpoint in the copy covers
   * @param filesKept files that an earlier backup had copied already
   */
  public record Report(long sealed, long filesCopied, long filesKept, long bytesCopied) {}

  private Backup(LogReader log, Path to) throws IOException {
    log.refreshHorizon();
    this.log = log;
    this.firstId = log.firstId();
    this.from = log.directory().root();
    this.to = to.toAbsolutePath().normalize();
  }

  /**
   * Copies the log.
   *
   * @param to a directory that does not exist, is empty, or holds a backup of this log
   * @param withKey whether to copy the signing key, if it is in the data directory
   * @throws IOException if it can't be copied, or the directory holds something else
   */
  public static Report make(LogReader log, Path to, boolean withKey) throws IOException {
    return new Backup(log, to).make(withKey);
  }

  private Report make(boolean withKey) throws IOException {
    checkTarget();
    // Before the newest checkpoint, which covers the entries that it names.
    Erasures erasures = log.erasures();
    Map<Path, byte[]> small = smallFiles(withKey);
    // First, so that an interrupted copy is recognised as a copy of this log.
    AtomicFile.write(to.resolve("log.json"), Files.readAllBytes(log.directory().identity()));
    try {
      try (BatchSync batch = new BatchSync(to)) {
        copyFolders(batch);
        batch.force();
      }
      putInPlace();
    } finally {
      for (Copied file : copied) {
        Files.deleteIfExists(file.temporary());
      }
    }
    if (!log.erasures().equals(Erasures.NONE)) {
      // What was being erased while the segments were copied, the copy's next start erases again.
      erasures.begin(sealed).write(to.resolve(from.relativize(log.directory().erasures())));
      filesCopied++;
    }
    for (Map.Entry<Path, byte[]> file : small.entrySet()) {
      write(file.getKey(), file.getValue());
    }
    return new Report(sealed, filesCopied, filesKept, bytesCopied);
  }

  private void putInPlace() throws IOException {
    Set<Path> directories = new LinkedHashSet<>();
    for (Copied file : copied) {
      // A file with the time of its source is not copied again.
      Files.setLastModifiedTime(file.temporary(), file.modified());
      Files.move(
          file.temporary(),
          file.place(),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
      directories.add(file.place().resolveSibling(""));
    }
    for (Path directory : directories) {
      AtomicFile.forceDirectory(directory);
    }
  }

  private void copyFolders(BatchSync batch) throws IOException {
    try {
      for (String folder : FOLDERS) {
        Path source = from.resolve(folder);
        if (source.equals(log.directory().segments())) {
          findEnd();
        }
        if (Files.isDirectory(source)) {
          copyFolder(source.toRealPath(), to.resolve(folder), batch);
        }
      }
    } catch (NoSuchFileException e) {
      checkHorizonStayed();
      throw e;
    }
    checkHorizonStayed();
  }

  /** Finds the newest segment and its end, even behind damage. */
  private void findEnd() throws IOException {
    Segments segments = log.segments();
    segments.refresh();
    if (segments.names().isEmpty()) {
      return;
    }
    newestSegment = segments.names().getLast();
    try (SegmentFile file = segments.open(newestSegment)) {
      SegmentCursor cursor = new SegmentCursor(file, 0);
      while (cursor.next() || cursor.findNext()) {
        // to the end
      }
      end = cursor.position();
    }
  }

  private void checkHorizonStayed() throws IOException {
    log.refreshHorizon();
    if (log.firstId() != firstId) {
      throw new IOException("retention removed entries during the backup; start the backup again");
    }
  }

  private void checkTarget() throws IOException {
    if (to.startsWith(from) || from.startsWith(to)) {
      throw new IOException(
          "the backup directory must be neither inside nor around the data directory");
    }
    checkNoLink(to);
    DataDirectory target = new DataDirectory(to);
    boolean exists = target.holdsLog();
    if (exists) {
      String origin = LogIdentity.read(target.identity()).origin();
      if (!origin.equals(log.identity().origin())) {
        throw new IOException(to + " holds a backup of another log, \"" + origin + "\"");
      }
    } else if (Files.isDirectory(to)) {
      try (var files = Files.list(to)) {
        if (files.findAny().isPresent()) {
          throw new IOException(to + " is not empty and holds no backup of this log");
        }
      }
    }
    OwnerOnly.createDirectories(to);
    OwnerOnly.claim(to);
    if (exists) {
      target.lock().close();
    }
  }

  private static void checkNoLink(Path path) throws IOException {
    if (Files.isSymbolicLink(path)) {
      throw new IOException(
          path + " is a symbolic link, which a backup does not follow; put the real one there");
    }
  }

  private static void createDirectory(Path directory) throws IOException {
    checkNoLink(directory);
    OwnerOnly.createDirectories(directory);
  }

  /** Small files in the order in which they are written, with the newest checkpoint last. */
  private Map<Path, byte[]> smallFiles(boolean withKey) throws IOException {
    DataDirectory source = log.directory();
    Map<Path, byte[]> files = new LinkedHashMap<>();
    Optional<SignedCheckpoint> newest = log.tree().files().newest();
    for (Path file : List.of(source.access(), source.edge(), source.horizon(), source.cosigned())) {
      if (Files.exists(file)) {
        files.put(file, Files.readAllBytes(file));
      }
    }
    if (Files.isDirectory(source.checkpoints())) {
      List<Long> sizes = new ArrayList<>();
      for (long size : log.tree().files().keptSizes()) {
        if (newest.isPresent() && size <= newest.get().size()) {
          sizes.addFirst(size);
          Path note = source.checkpoints().resolve(size + ".note");
          files.put(note, Files.readAllBytes(note));
          Path token = source.checkpoints().resolve(size + ".tsr");
          if (Files.exists(token)) {
            files.put(token, Files.readAllBytes(token));
          }
        }
      }
      files.put(
          source.checkpoints().resolve("sizes"),
          CheckpointFiles.sizesText(sizes).getBytes(StandardCharsets.US_ASCII));
    }
    if (withKey && Files.exists(source.signingKey())) {
      files.put(source.signingKey(), Files.readAllBytes(source.signingKey()));
    }
    if (newest.isPresent()) {
      files.put(source.checkpoint(), newest.get().note().toBytes());
      sealed = newest.get().size();
    }
    return files;
  }

  private void write(Path source, byte[] content) throws IOException {
    Path file = to.resolve(from.relativize(source));
    createDirectory(file.resolveSibling(""));
    AtomicFile.write(file, content);
    boolean secret =
        source.equals(log.directory().signingKey()) || source.equals(log.directory().access());
    if (!secret) {
      Files.setLastModifiedTime(file, Files.getLastModifiedTime(source));
    }
    filesCopied++;
    bytesCopied += content.length;
  }

  private void copyFolder(Path source, Path target, BatchSync batch) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            createDirectory(target.resolve(source.relativize(directory).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            checkNoLink(file);
            long size = size(file, attributes);
            if (size >= 0) {
              copyFile(file, target.resolve(source.relativize(file)), size, attributes, batch);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Number of bytes of a file to copy; -1 to skip the file. */
  private long size(Path file, BasicFileAttributes attributes) {
    String name = String.valueOf(file.getFileName());
    if (name.endsWith(".cq4t") || name.endsWith(TEMPORARY)) {
      // Chronicle recreates its table of segments.
      return -1;
    }
    boolean older = !name.endsWith(SegmentFile.SUFFIX) || name.compareTo(newestSegment) < 0;
    if (older) {
      return attributes.size();
    }
    return name.equals(newestSegment) && end > 0 ? end : -1;
  }

  private void copyFile(
      Path source, Path target, long size, BasicFileAttributes attributes, BatchSync batch)
      throws IOException {
    FileTime modified = attributes.lastModifiedTime();
    if (isCopied(target, size, modified)) {
      filesKept++;
      return;
    }
    Path temporary = target.resolveSibling(target.getFileName() + TEMPORARY);
    // What an interrupted backup left, or somebody planted.
    Files.deleteIfExists(temporary);
    batch.beforeWrite();
    FileChannel out = OwnerOnly.create(temporary);
    batch.written(temporary, out);
    copied.add(new Copied(temporary, target, modified));
    try (FileChannel in =
        FileChannel.open(source, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      copy(in, out, size);
    }
    filesCopied++;
  }

  private static boolean isCopied(Path target, long size, FileTime modified) throws IOException {
    try {
      BasicFileAttributes there =
          Files.readAttributes(target, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return there.isRegularFile()
          && there.size() == size
          && there.lastModifiedTime().equals(modified);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Leaves holes for blocks of zeros: most of a segment. */
  private void copy(FileChannel in, FileChannel out, long size) throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES);
    for (long at = 0; at < size; at += CHUNK_BYTES) {
      chunk.clear().limit((int) Math.min(CHUNK_BYTES, size - at));
      int n = 0;
      while (chunk.hasRemaining() && n >= 0) {
        n = in.read(chunk, at + chunk.position());
      }
      chunk.flip();
      if (!isZero(chunk)) {
        bytesCopied += chunk.remaining();
        for (long to = at; chunk.hasRemaining(); ) {
          to += out.write(chunk, to);
        }
      }
    }
    if (out.size() < size) {
      out.write(ByteBuffer.allocate(1), size - 1);
    }
  }

  private static boolean isZero(ByteBuffer chunk) {
    return chunk.mismatch(ByteBuffer.allocate(chunk.remaining())) < 0;
  }
}
