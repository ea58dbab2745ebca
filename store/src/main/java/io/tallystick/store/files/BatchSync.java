package io.tallystick.store.files;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes many new files durable together. An fsync for each costs 0.7 ms, more than writing the
 * entries behind a tile; Linux's {@code syncfs} makes everything on the file system durable in one
 * go and costs about as much as one fsync.
 *
 * <p>The kernel reports a failed write-back once to each descriptor that was open when it failed.
 * So every file stays open from its first write to its force, and the descriptor for {@code syncfs}
 * is opened before anything is written. Through that one the kernel also reports other files of the
 * same file system: a device that loses anybody's data is not to be relied on. Used by one thread.
 */
public final class BatchSync implements Closeable {
  /** From this many files on, one {@code syncfs} is cheaper. */
  private static final int TOGETHER = 4;

  /** Open files are forced when there are this many, a quarter of the usual limit of a process. */
  private static final int MAX_OPEN = 256;

  private static final Pattern VERSION = Pattern.compile("(\\d{1,4})\\.(\\d{1,4})");

  /** A file that was written and not forced. */
  private record Written(Path path, FileChannel channel) {}

  private final Path root;
  private final List<Written> unforced = new ArrayList<>();
  private final Optional<Posix> calls =
      syncfsReportsErrors() ? Posix.available() : Optional.empty();

  /** Descriptor of the root, from before the first write on; -1 if there is none. */
  private int descriptor = -1;

  /**
   * @param root directory of all files of the batch, which are on its file system
   */
  public BatchSync(Path root) {
    this.root = root;
  }

  /** Whether {@code syncfs} reports what could not be written, as it does since Linux 5.8. */
  private static boolean syncfsReportsErrors() {
    Matcher version = VERSION.matcher(System.getProperty("os.version"));
    if (!version.lookingAt()) {
      return false;
    }
    int major = Integer.parseInt(version.group(1));
    return major > 5 || (major == 5 && Integer.parseInt(version.group(2)) >= 8);
  }

  /**
   * Prepares for writing files of the batch. Called before each of them is opened.
   *
   * @throws IOException if the files that are open could not be forced
   */
  public void beforeWrite() throws IOException {
    if (unforced.size() >= MAX_OPEN) {
      force();
    }
    if (descriptor < 0 && calls.isPresent()) {
      descriptor = calls.get().openToSync(root);
    }
  }

  /**
   * Adds a file that was written, and takes over its channel, which may not be closed elsewhere. It
   * was opened after {@link #beforeWrite}.
   */
  public void written(Path file, FileChannel channel) {
    unforced.add(new Written(file, channel));
  }

  /**
   * Makes all files, and the directories that name them, durable, and closes them.
   *
   * @throws IOException if the device failed, after which nothing is known of any of them
   */
  public void force() throws IOException {
    if (unforced.size() >= TOGETHER && descriptor >= 0 && calls.isPresent()) {
      calls.get().syncfs(descriptor);
    } else {
      forceEach();
    }
    closeFiles();
  }

  private void forceEach() throws IOException {
    Set<Path> directories = new LinkedHashSet<>();
    for (Written file : unforced) {
      file.channel().force(true);
      for (Path up = file.path().getParent();
          up != null && up.startsWith(root);
          up = up.getParent()) {
        directories.add(up);
      }
    }
    for (Path directory : directories) {
      AtomicFile.forceDirectory(directory);
    }
  }

  private void closeFiles() throws IOException {
    while (!unforced.isEmpty()) {
      unforced.removeLast().channel().close();
    }
  }

  /** Closes everything without a force. May be called again. */
  @Override
  public void close() throws IOException {
    closeFiles();
    if (descriptor >= 0 && calls.isPresent()) {
      calls.get().close(descriptor);
      descriptor = -1;
    }
  }
}
