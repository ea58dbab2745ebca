package io.tallystick.ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;
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

  /** What is wrong with the file, as it was logged; it is tried again at each request. */
  @GuardedBy("this")
  private @Nullable String fault;

  /**
   * The secrets in this file.
   *
   * @throws IOException if it can't be read, others can read it, or it has none; the message is for
   *     a person
   */
  public Secrets(Path file) throws IOException {
    this.file = file;
    try {
      this.readAt = Files.getLastModifiedTime(file);
      this.secrets = read(file);
    } catch (IOException e) {
      throw new IOException(reason(file, e), e);
    }
  }

  private static List<String> read(Path file) throws IOException {
    String name = Quoted.of(file.toString());
    if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
      throw new IOException(name + " is not a file");
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
        secrets = read(file);
        readAt = changed;
      }
      fault = null;
    } catch (IOException e) {
      String why = reason(file, e);
      if (!why.equals(fault)) {
        LOG.warn("the secrets of a receiver stay as they were: {}", why);
      }
      fault = why;
    }
    return secrets;
  }

  /** Why a file can't be used; of some failures, the message is no more than its name. */
  static String reason(Path file, IOException e) {
    String name = Quoted.of(file.toString());
    return switch (e) {
      case NoSuchFileException _ -> "there is no file " + name;
      case AccessDeniedException _ ->
          "the server may not read " + name + "; give it to the user that runs the server";
      case FileSystemException broken when broken.getReason() != null ->
          name + " can't be read: " + broken.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
