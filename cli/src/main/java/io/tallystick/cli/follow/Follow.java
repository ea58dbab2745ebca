package io.tallystick.cli.follow;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.tallystick.cli.backfill.RecordAppender;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.ingest.backfill.Lines;
import io.tallystick.ingest.backfill.SourceRecord;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Appends the lines of a log file as they are written, each once, across rotations and restarts.
 *
 * <p>A file that was renamed is read until nothing has come for a while, because whoever writes it
 * may do so until told of the rotation. One that was truncated was copied before: what was not read
 * yet is read from the copy, which is known by its beginning. Files that were rotated away unseen
 * are read as a whole. The state is written before the first line of a file is appended, and after
 * each batch; the ids of lines are made of it, so lines that are sent again are known to the log.
 *
 * <p>Used by one thread; another one may stop it.
 */
public final class Follow {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final int ID_DIGITS = 20;
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration MAX_WAIT = Duration.ofSeconds(30);

  private final Path path;
  private final Path stateFile;
  private final Siblings siblings;
  private final RecordAppender appender;
  private final Source source;
  private final String log;
  private final Consumer<String> notes;
  private final Duration retire;

  private final CountDownLatch stop = new CountDownLatch(1);
  private final List<FollowedFile> files = new ArrayList<>();
  private final Map<FollowedFile, Long> grewNanos = new HashMap<>();
  private final List<Head> done = new ArrayList<>();
  private final List<String> ignored = new ArrayList<>();
  private long lookedNanos = System.nanoTime();
  private long appended;
  private long raw;

  /**
   * @param path of the file, absolute; it need not exist yet
   * @param log by what the log is known
   * @param notes receives sentences about what went wrong
   * @param retire how long a file that was rotated away is watched after it has last grown
   */
  public Follow(
      Path path,
      Path stateFile,
      RecordAppender appender,
      Source source,
      String log,
      Consumer<String> notes,
      Duration retire) {
    this.path = path;
    this.stateFile = stateFile;
    this.siblings = new Siblings(path);
    this.appender = appender;
    this.source = source;
    this.log = log;
    this.notes = notes;
    this.retire = retire;
  }

  /** Ends it when what was read is appended. */
  public void stop() {
    stop.countDown();
  }

  private boolean isStopped() {
    return stop.getCount() == 0;
  }

  /** How many entries were appended. */
  public long appended() {
    return appended;
  }

  /** How many lines were kept raw. */
  public long raw() {
    return raw;
  }

  /** Runs until it is stopped. */
  public void run() throws IOException, InterruptedException {
    try {
      restore();
      while (!isStopped()) {
        boolean grew = false;
        for (FollowedFile file : List.copyOf(files)) {
          grew |= drain(file, false);
        }
        grew |= lookForRotation();
        lookForUnseen();
        retireOld();
        if (!grew) {
          boolean _ = stop.await(POLL.toMillis(), TimeUnit.MILLISECONDS);
        }
      }
    } finally {
      for (FollowedFile file : files) {
        file.close();
      }
    }
  }

  private void restore() throws IOException, InterruptedException {
    FollowState state = FollowState.read(stateFile, log, path.toString());
    done.addAll(state.done());
    ignored.addAll(state.ignored());
    Map<String, Siblings.Sibling> found = new HashMap<>();
    siblings.rotated().forEach(each -> found.put(each.key(), each));
    Siblings.Sibling current = siblings.current();
    if (current != null) {
      found.put(current.key(), current);
    }
    for (FollowState.Position position : state.files()) {
      Siblings.Sibling file = found.get(position.key());
      if (file != null) {
        add(FollowedFile.open(file.path(), position));
      } else if (!finishFromCopy(position)) {
        notes.accept(
            "a file that %s was rotated to is gone; what was written into it behind byte %,d is missing"
                .formatted(path, position.offset()));
      }
    }
    if (state.files().isEmpty() && state.done().isEmpty() && state.ignored().isEmpty()) {
      // What was rotated away before the first run is not meant.
      siblings.rotated().forEach(each -> ignored.add(each.key()));
    } else {
      readUnseen(current);
    }
  }

  private void add(FollowedFile file) {
    files.add(file);
    grewNanos.put(file, System.nanoTime());
  }

  private static String newId() {
    return UUID.randomUUID().toString().replace("-", "").substring(0, ID_DIGITS);
  }

  /** Looks whether there is another file at the path; gives whether there is. */
  private boolean lookForRotation() throws IOException, InterruptedException {
    Siblings.Sibling current = siblings.current();
    if (current == null
        || (!files.isEmpty() && files.getLast().position().key().equals(current.key()))) {
      return false;
    }
    for (FollowedFile file : List.copyOf(files)) {
      boolean _ = drain(file, false);
    }
    if (!files.isEmpty()) {
      readUnseen(current);
    }
    FollowedFile opened =
        FollowedFile.open(path, new FollowState.Position(newId(), current.key(), 0, Head.EMPTY));
    if (!current.key().equals(keyOf(siblings.current()))) {
      // It was rotated just now; the next time it is found among the others.
      opened.close();
      return true;
    }
    add(opened);
    save();
    return true;
  }

  /** A file that was truncated before anything of it was read looks as if nothing had happened. */
  private void lookForUnseen() throws IOException, InterruptedException {
    if (System.nanoTime() - lookedNanos > LOOK.toNanos()) {
      readUnseen(siblings.current());
      lookedNanos = System.nanoTime();
    }
  }

  private static @Nullable String keyOf(Siblings.@Nullable Sibling file) {
    return file == null ? null : file.key();
  }

  /** Takes up files that came and were rotated away between two looks. */
  private void readUnseen(Siblings.@Nullable Sibling current)
      throws IOException, InterruptedException {
    Set<String> known = new HashSet<>(ignored);
    files.forEach(file -> known.add(file.position().key()));
    List<Siblings.Sibling> rotated = siblings.rotated();
    // Looked at after them: a copy that was not complete then is one of what is there now.
    byte[] written = current == null ? null : Siblings.beginning(current);
    for (Siblings.Sibling file : rotated) {
      byte[] beginning =
          known.contains(file.key()) || Objects.equals(file.key(), keyOf(current))
              ? null
              : Siblings.beginning(file);
      if (beginning == null || beginning.length == 0) {
        // A copy is empty for a moment.
        continue;
      }
      boolean copy =
          done.stream().anyMatch(head -> head.matches(beginning))
              || files.stream()
                  .map(each -> each.position().head())
                  .anyMatch(head -> head.length() > 0 && head.matches(beginning));
      if (copy) {
        ignored.add(file.key());
      } else if (written == null || !Head.isShared(beginning, written)) {
        ignored.add(file.key());
        // Made of the file, so that a run that is killed here and the next one give the same ids.
        String id = Head.of(beginning, beginning.length).sha256().substring(0, ID_DIGITS);
        boolean _ = readWhole(file, new FollowState.Position(id, file.key(), 0, Head.EMPTY));
        save();
      }
    }
  }

  /** What was not read yet of a file that is not at its place any more, if there is a copy. */
  private boolean finishFromCopy(FollowState.Position position)
      throws IOException, InterruptedException {
    if (position.head().length() == 0) {
      return false;
    }
    boolean found = false;
    for (Siblings.Sibling file : siblings.rotated().reversed()) {
      byte[] beginning =
          files.stream().anyMatch(each -> each.position().key().equals(file.key()))
              ? null
              : Siblings.beginning(file);
      if (beginning != null && position.head().matches(beginning)) {
        ignored.add(file.key());
        found = true;
        if (readWhole(file, position)) {
          break;
        }
      }
    }
    return found;
  }

  /**
   * Reads a file that nobody writes any more, from a position to its end.
   *
   * @return whether it goes that far; a copy may have been made before what was read last
   */
  private boolean readWhole(Siblings.Sibling file, FollowState.Position position)
      throws IOException, InterruptedException {
    byte[] beginning = Siblings.beginning(file);
    if (beginning != null && beginning.length > 0) {
      done.add(Head.of(beginning, beginning.length));
    }
    try (InputStream in = Siblings.open(file)) {
      in.skipNBytes(position.offset());
      Lines lines = new Lines(in);
      FollowedFile.Chunk chunk = FollowedFile.lines(lines, position.offset(), true);
      while (!chunk.lines().isEmpty()) {
        append(position.id(), file.path(), chunk);
        chunk = FollowedFile.lines(lines, position.offset(), true);
      }
      return true;
    } catch (EOFException e) {
      return false;
    }
  }

  /** Appends what is new in a file, and gives whether something was. */
  private boolean drain(FollowedFile file, boolean last) throws IOException, InterruptedException {
    boolean grew = false;
    while (!isStopped()) {
      FollowedFile.Chunk chunk = file.next(last);
      if (chunk == null) {
        restart(file);
        grew = true;
        continue;
      }
      if (chunk.lines().isEmpty()) {
        break;
      }
      grew = true;
      append(file.position().id(), path, chunk);
      file.appended(chunk);
      save();
    }
    if (grew) {
      grewNanos.put(file, System.nanoTime());
    }
    return grew;
  }

  private void restart(FollowedFile file) throws IOException, InterruptedException {
    FollowState.Position before = file.position();
    if (before.offset() > 0 && !finishFromCopy(before)) {
      notes.accept(
          "%s was truncated, and there is no copy of it; what was written behind byte %,d before that is missing"
              .formatted(path, before.offset()));
    }
    if (before.head().length() > 0) {
      done.add(before.head());
    }
    file.restart(newId());
    save();
    readUnseen(siblings.current());
  }

  /** Ends with files that were rotated away and have not grown for a while. */
  private void retireOld() throws IOException, InterruptedException {
    for (FollowedFile file : List.copyOf(files)) {
      long idle = System.nanoTime() - grewNanos.getOrDefault(file, 0L);
      if (!file.equals(files.getLast()) && idle > retire.toNanos()) {
        boolean _ = drain(file, true);
        files.remove(file);
        grewNanos.remove(file);
        ignored.add(file.position().key());
        if (file.position().head().length() > 0) {
          done.add(file.position().head());
        }
        file.close();
        save();
      }
    }
  }

  private void save() throws IOException {
    new FollowState(
            log,
            path.toString(),
            files.stream().map(FollowedFile::position).toList(),
            done,
            ignored)
        .write(stateFile);
  }

  private void append(String id, Path file, FollowedFile.Chunk chunk)
      throws IOException, InterruptedException {
    List<RecordAppender.Item> items = new ArrayList<>();
    for (FollowedFile.Line line : chunk.lines()) {
      if (!Lines.isBlank(line.content())) {
        String place = file + ", byte " + line.offset();
        SourceRecord record =
            new SourceRecord(content(line.content()), id + ":" + line.offset(), 1, place);
        RecordAppender.Item item = appender.item(record, place);
        raw += item.isRaw() ? 1 : 0;
        items.add(item);
      }
    }
    if (items.isEmpty()) {
      return;
    }
    RecordAppender.Outcome outcome = appendUntilItIsThere(items);
    appended += outcome.appended();
    outcome.rejected().forEach((place, why) -> notes.accept(place + " can't be appended: " + why));
  }

  /** A line that is not JSON becomes an object, so that a mapping can look into it. */
  private static SourceRecord.Content content(SourceRecord.Content content) {
    String text = content instanceof SourceRecord.Line line ? line.text() : null;
    return text == null || text.startsWith("{")
        ? content
        : new SourceRecord.Tree(JsonNodeFactory.instance.objectNode().put("line", text));
  }

  /** A log that can't be reached, or is busy, is asked again. */
  private RecordAppender.Outcome appendUntilItIsThere(List<RecordAppender.Item> items)
      throws IOException, InterruptedException {
    Duration wait = POLL;
    while (true) {
      try {
        return appender.append(source, items);
      } catch (Failure e) {
        if (!e.isTemporary()) {
          throw e;
        }
        if (wait.equals(POLL)) {
          notes.accept(Printable.of(e.getMessage() + "; trying again until it works"));
        }
        if (stop.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
          throw e;
        }
        Duration twice = wait.multipliedBy(2);
        wait = twice.compareTo(MAX_WAIT) > 0 ? MAX_WAIT : twice;
      }
    }
  }
}
