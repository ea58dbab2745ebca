package io.tallystick.forward;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.LogException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The entries that a receiver refused for good, {@code dead-letters.ndjson} in the sink's folder,
 * for its owner alone. What they say is in the log; the file has which they are and why. Safe for
 * any number of threads.
 */
final class DeadLetters {
  /** Most letters; a sink that refuses more is disabled. */
  static final int MAX = 10_000;

  private static final String FILE = "dead-letters.ndjson";

  private final Path file;

  @GuardedBy("this")
  private final SortedMap<Long, DeadLetter> letters = new TreeMap<>();

  private DeadLetters(Path file) {
    this.file = file;
  }

  /**
   * Those in this folder.
   *
   * @throws LogException.Corrupt if a line is none
   */
  static DeadLetters open(Path folder) throws IOException {
    DeadLetters dead = new DeadLetters(folder.resolve(FILE));
    dead.read();
    return dead;
  }

  private synchronized void read() throws IOException {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      return;
    }
    // A crash may have left a part of the last line, of a letter that will be refused again.
    int end = text.lastIndexOf('\n') + 1;
    for (String line : text.substring(0, end).lines().toList()) {
      try {
        DeadLetter letter =
            AnswerJson.read(line.getBytes(StandardCharsets.UTF_8), DeadLetter.class);
        letters.put(letter.seq(), letter);
      } catch (IOException e) {
        throw new LogException.Corrupt(file + " has a line that is no dead letter; look at it");
      }
    }
    if (end < text.length()) {
      write();
    }
  }

  /** How many there are. */
  synchronized int count() {
    return letters.size();
  }

  /** Some of them, in the order of their {@code seq}. */
  synchronized List<DeadLetter> list(long afterSeq, int limit) {
    return letters.tailMap(afterSeq + 1).values().stream().limit(limit).toList();
  }

  /** Whether there is room for one more. */
  synchronized boolean isFull() {
    return letters.size() >= MAX;
  }

  /** Adds one durably; one that is there already is replaced. */
  synchronized void add(DeadLetter letter) throws IOException {
    if (letters.put(letter.seq(), letter) != null) {
      write();
      return;
    }
    try (FileChannel channel = OwnerOnly.open(file, StandardOpenOption.APPEND)) {
      ByteBuffer line = ByteBuffer.wrap(line(letter));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(true);
    }
  }

  /** Takes out those that arrived after all. */
  synchronized void remove(Collection<Long> seqs) throws IOException {
    if (letters.keySet().removeAll(seqs)) {
      write();
    }
  }

  @GuardedBy("this")
  private void write() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (DeadLetter letter : letters.values()) {
      all.writeBytes(line(letter));
    }
    AtomicFile.write(file, all.toByteArray());
  }

  private static byte[] line(DeadLetter letter) {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    line.writeBytes(AnswerJson.bytes(letter));
    line.write('\n');
    return line.toByteArray();
  }
}
