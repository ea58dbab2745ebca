package io.tallystick.ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secrets that a sender may sign with, one on each line of a file that its owner alone can
 * read. Several are good while they are replaced. The file is read again when it changes; while it
 * is not right, those that were good stay good. Safe for any number of threads.
 */
public final class Secrets {
  /** Shortest secret, in characters: others can try shorter ones with what they saw signed. */
  private static final int MIN_LENGTH = 16;

  private static final Logger LOG = LoggerFactory.getLogger(Secrets.class);

  private final Path file;

  @GuardedBy("this")
  private List<String> secrets;

  @GuardedBy("this")
  private FileTime readAt;

  /**
   * The secrets in this file.
   *
   * @throws IOException if it can't be read, others can read it, or it has none; the message is for
   *     a person
   */
  public Secrets(Path file) throws IOException {
    this.file = file;
    this.readAt =
        Files.isRegularFile(file) ? Files.getLastModifiedTime(file) : FileTime.fromMillis(0);
    this.secrets = read(file);
  }

  private static List<String> read(Path file) throws IOException {
    String name = Quoted.of(file.toString());
    if (!Files.isRegularFile(file)) {
      throw new IOException("there is no file " + name);
    }
    OwnerOnly.checkSecret(file);
    List<String> lines =
        new String(Files.readAllBytes(file), UTF_8)
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    if (lines.isEmpty() || lines.stream().anyMatch(line -> line.length() < MIN_LENGTH)) {
      throw new IOException(
          name
              + " must have a secret of at least "
              + MIN_LENGTH
              + " characters on each line, and at least one");
    }
    return lines;
  }

  /** Those that are good now. */
  synchronized List<String> good() {
    try {
      FileTime changed = Files.getLastModifiedTime(file);
      if (!changed.equals(readAt)) {
        readAt = changed;
        secrets = read(file);
      }
    } catch (IOException e) {
      LOG.warn("the secrets of a receiver stay as they were: {}", e.getMessage());
    }
    return secrets;
  }
}
