package io.tallystick.cli.input;

import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.ingest.backfill.InputFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.ZipException;

/**
 * Files of events, one after another; {@code -} is standard input. Each may be compressed with gzip
 * and may begin with a byte order mark, whatever its name.
 */
public final class EventInputs {
  /** The name of standard input on a command line. */
  public static final String STANDARD_INPUT = "-";

  private static final int CHUNK_BYTES = 1 << 16;

  /** Receives the JSON of each event. */
  @FunctionalInterface
  public interface Consumer {
    void event(byte[] json, Place place) throws InterruptedException;
  }

  private final List<String> names;
  private final long skipped;
  private final boolean text;
  private final long size;
  private final AtomicLong read = new AtomicLong();

  /**
   * Checks that the files can be read.
   *
   * @param names at least one
   * @param skipped how many events of the first input to pass over
   * @param text whether a line may be text, for what makes an event of it
   * @throws Failure if one is not a file that can be read
   */
  public EventInputs(List<String> names, long skipped, boolean text) throws IOException {
    this.names = List.copyOf(names);
    this.skipped = skipped;
    this.text = text;
    if (names.stream().filter(STANDARD_INPUT::equals).count() > 1) {
      throw new Failure(Failure.USAGE, "standard input (-) can be read only once");
    }
    long sum = 0;
    for (String name : names) {
      if (!name.equals(STANDARD_INPUT)) {
        sum += checkedSize(name);
      }
    }
    this.size = names.contains(STANDARD_INPUT) ? 0 : sum;
  }

  private static long checkedSize(String name) throws IOException {
    Path file = Path.of(name);
    String shown = Printable.of(name);
    if (Files.notExists(file)) {
      throw new Failure(Failure.USAGE, "there is no file " + shown);
    }
    if (Files.isDirectory(file)) {
      throw new Failure(Failure.USAGE, shown + " is a directory; give files, or - to read a pipe");
    }
    if (!Files.isReadable(file)) {
      throw new Failure(Failure.USAGE, "no permission to read " + shown);
    }
    return Files.size(file);
  }

  /** The input of this index and those after it, as the user named them. */
  public List<String> from(int index) {
    return names.subList(index, names.size()).stream().map(Printable::of).toList();
  }

  /** How a message names an input. */
  static String shown(String name) {
    return name.equals(STANDARD_INPUT) ? "standard input" : Printable.of(name);
  }

  /** Bytes of all files together; 0 if that is not known. */
  public long size() {
    return size;
  }

  /** Bytes that were read so far. */
  public long read() {
    return read.get();
  }

  /**
   * Reads all inputs on a thread of its own, which does not keep the process alive.
   *
   * @param decoder what makes events of their JSON
   */
  public void readInto(EventBatches batches, EventDecoder decoder) {
    Thread.ofPlatform()
        .daemon()
        .name("tally-input")
        .start(() -> {
          Failure failure = null;
          try {
            if (!readAll(batches, (json, place) -> decoder.decode(json, place, batches))) {
              return;
            }
          } catch (Failure e) {
            failure = e;
          } catch (InterruptedException e) {
            failure = new Failure(Failure.UNREACHABLE, "reading was interrupted");
          } catch (RuntimeException | Error e) {
            failure = new Failure(Failure.UNREACHABLE, "unexpected: " + e);
          }
          batches.end(failure);
        });
  }

  /** Reads all inputs on this thread. */
  public void forEach(Consumer consumer) throws InterruptedException {
    readAll(new EventBatches(), consumer);
  }

  private boolean readAll(EventBatches batches, Consumer consumer) throws InterruptedException {
    long toSkip = skipped;
    for (int i = 0; i < names.size(); i++) {
      if (!readOne(i, toSkip, batches, consumer)) {
        return false;
      }
      toSkip = 0;
    }
    return true;
  }

  /** Reads one input to its end; {@code false} if reading was stopped before. */
  private boolean readOne(int index, long toSkip, EventBatches batches, Consumer consumer)
      throws InterruptedException {
    String name = names.get(index);
    EventSplitter splitter =
        new EventSplitter(
            index,
            shown(name),
            text,
            (json, place) -> {
              if (place.number() > toSkip) {
                consumer.event(json, place);
              }
            });
    try (InputStream file =
            name.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(Path.of(name));
        InputStream counting = InputFile.counting(file, read::addAndGet)) {
      byte[] chunk = new byte[CHUNK_BYTES];
      batches.beforeInput();
      InputStream in = InputFile.text(counting);
      while (true) {
        int length = in.read(chunk);
        if (!batches.afterInput()) {
          return false;
        }
        if (length < 0) {
          break;
        }
        splitter.feed(chunk, length);
        batches.beforeInput();
      }
      splitter.end();
    } catch (EOFException | ZipException e) {
      throw new Failure(
          Failure.USAGE,
          shown(name) + " is damaged or cut off: it begins like gzip and does not unpack");
    } catch (IOException e) {
      throw new Failure(Failure.USAGE, "can't read " + shown(name) + ": " + e.getMessage());
    }
    if (splitter.events() < toSkip) {
      throw new Failure(
          Failure.USAGE,
          "--skip is %d, but %s holds only %s"
              .formatted(toSkip, shown(name), Amount.of(splitter.events(), "event", "events")));
    }
    return true;
  }
}
