package io.tallystick.store.log;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.DirectoryLock;
import io.tallystick.store.files.NotPrivateException;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The layout of a data directory (format.md, The data directory), and the lock of its writer.
 * Immutable.
 *
 * @param root the directory itself
 */
public record DataDirectory(Path root) {
  public DataDirectory {
    root = root.toAbsolutePath().normalize();
  }

  public Path identity() {
    return root.resolve("log.json");
  }

  public Path segments() {
    return root.resolve("segments");
  }

  /** Unfinished tails that recovery removed from segments, kept for inspection. */
  public Path dropped() {
    return root.resolve("dropped");
  }

  /** Full tiles of the tree. */
  public Path tiles() {
    return root.resolve("tiles");
  }

  /** The partial tiles at the tree's right edge. */
  public Path edge() {
    return root.resolve("edge");
  }

  /** The file that says where the log begins since retention removed older entries. */
  public Path horizon() {
    return root.resolve("horizon.json");
  }

  /** The file that says which entries record erasures. */
  public Path erasures() {
    return root.resolve("erasures.json");
  }

  /** Archives of entries that retention removed. */
  public Path archive() {
    return root.resolve("archive");
  }

  /** The newest checkpoint. */
  public Path checkpoint() {
    return root.resolve("checkpoint");
  }

  /** The newest checkpoint that a witness signed. */
  public Path cosigned() {
    return root.resolve("cosigned");
  }

  /** The history of checkpoints. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** The signing key, unless the configuration names another file. */
  public Path signingKey() {
    return root.resolve("keys").resolve("checkpoint.key");
  }

  /** The index's directory. */
  public Path index() {
    return root.resolve("index");
  }

  /** The file of API keys. */
  public Path access() {
    return root.resolve("access.json");
  }

  /** The file to which the first start writes an API key with every permission. */
  public Path adminKey() {
    return root.resolve("admin.key");
  }

  /** Folders of the sinks that entries are forwarded to, one each, with how far they came. */
  public Path forwarding() {
    return root.resolve("forward");
  }

  /** Where native code is unpacked if it cannot be elsewhere; not part of the log. */
  public Path nativeLibraries() {
    return root.resolve("native");
  }

  /** Whether the directory holds a log. */
  public boolean holdsLog() {
    return Files.isRegularFile(identity());
  }

  /**
   * Creates the directory and its folders where they are missing, for the owner alone.
   *
   * @throws NotPrivateException if it is not ours, or open to others and not empty
   */
  public void create() throws IOException {
    OwnerOnly.createDirectories(root);
    OwnerOnly.claim(root);
    OwnerOnly.createDirectories(segments());
    AtomicFile.forceDirectory(root);
    Path parent = root.getParent();
    if (parent != null) {
      AtomicFile.forceDirectory(parent);
    }
  }

  /**
   * Checks that the directory is ours to write to, for whoever writes beside the log's writer.
   *
   * @throws NotPrivateException if it is not
   */
  public void checkOurs() throws IOException {
    OwnerOnly.checkOurs(root);
  }

  /** Deletes temporary files of writers that ended while they replaced a file. */
  public void deleteStale() throws IOException {
    for (Path folder : List.of(root, checkpoints(), archive(), signingKey().resolveSibling(""))) {
      AtomicFile.deleteStale(folder);
    }
  }

  /**
   * Locks the directory for its one writer, until the lock is closed or the process ends.
   *
   * @throws LogException.Locked if another writer holds the lock
   */
  public DirectoryLock lock() throws IOException {
    try {
      return DirectoryLock.tryLock(root)
          .orElseThrow(() ->
              new LogException.Locked(
                  root + " is open for writing in another process; reading it is fine meanwhile"));
    } catch (OverlappingFileLockException e) {
      throw new LogException.Locked(root + " is open for writing in this process already");
    }
  }
}
