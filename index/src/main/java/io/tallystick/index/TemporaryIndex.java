package io.tallystick.index;

import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.FilterDirectory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An index for one process, in a directory of the system for temporary files that only its owner
 * may use. It is deleted when it is closed and when the JVM ends, so that a log without an index
 * can be searched without holding all of it in memory.
 */
final class TemporaryIndex extends FilterDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(TemporaryIndex.class);
  static final String PREFIX = "tally-index-";

  private final Path path;
  private final Thread atExit;

  private TemporaryIndex(Path path, Directory files) {
    super(files);
    this.path = path;
    this.atExit = Thread.ofPlatform().name("tally-delete-index").unstarted(() -> delete(path));
  }

  /**
   * Creates an empty one.
   *
   * @throws IndexException if there is no directory for temporary files that can be written to
   */
  static Directory create() throws IOException {
    Path path;
    try {
      path = OwnerOnly.createTemporaryDirectory(PREFIX);
    } catch (IOException e) {
      throw new IndexException(
          "this log has no index, and none can be made in "
              + System.getProperty("java.io.tmpdir")
              + ", which cannot be written to; make room there, or set TMPDIR in the environment or"
              + " run \"tally rebuild-index\"",
          e);
    }
    TemporaryIndex index = new TemporaryIndex(path, FSDirectory.open(path));
    Runtime.getRuntime().addShutdownHook(index.atExit);
    return index;
  }

  @Override
  public void close() throws IOException {
    super.close();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM is ending, and the hook deletes the files too.
      LOG.debug("the hook deletes {}", path, e);
    }
    delete(path);
  }

  private static void delete(Path path) {
    try (Stream<Path> files = Files.walk(path)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      LOG.warn("the temporary index {} could not be deleted: {}", path, e.getMessage());
    }
  }
}
