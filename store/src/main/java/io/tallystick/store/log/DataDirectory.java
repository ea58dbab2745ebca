package io.tallystick.store.log;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.DirectoryLock;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where things are in a data directory (format.md, The data directory), and its writer's lock.
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

  /** Tails that recovery took out of segments, kept for whoever wants to look at them. */
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

  /** Where the log begins since retention took older entries out. */
  public Path horizon() {
    return root.resolve("horizon.json");
  }

  /** What retention took out and kept. */
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

  /** Checkpoints that are kept. */
  public Path checkpoints() {
    return root.resolve("checkpoints");
  }

  /** Where the signing key is unless it is kept elsewhere. */
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

  /** The file in which the first start leaves a key with every permission. */
  public Path adminKey() {
    return root.resolve("admin.key");
  }

  /** Whether there is a log here. */
  public boolean holdsLog() {
    return Files.isRegularFile(identity());
  }

  /** Makes the directory and its folders, for the owner alone, where they are missing. */
  public void create() throws IOException {
    OwnerOnly.createDirectories(root);
    OwnerOnly.createDirectories(segments());
    AtomicFile.forceDirectory(root);
    Path parent = root.getParent();
    if (parent != null) {
      AtomicFile.forceDirectory(parent);
    }
  }

  /** Deletes what writers left that were ended while they replaced a file. */
  public void deleteStale() throws IOException {
    for (Path folder : List.of(root, checkpoints(), archive(), signingKey().resolveSibling(""))) {
      AtomicFile.deleteStale(folder);
    }
  }

  /**
   * Takes the writer's lock; it lasts until it is closed or the process ends.
   *
   * @throws LogException.Locked if somebody has it
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
