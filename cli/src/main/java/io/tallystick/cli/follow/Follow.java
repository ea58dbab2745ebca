package io.tallystick.cli.follow;

import io.tallystick.cli.backfill.RecordAppender;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.ingest.backfill.Lines;
import io.tallystick.ingest.backfill.SourceRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
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
 * yet is read from the copy, which is known by a {@link Mark}. Files that were rotated away unseen
 * are read as a whole. The state is written before the first line of a file is appended, and after
 * each batch; the ids of lines are made of it, so lines that are sent again are known to the log.
 *
 * <p>Used by one thread; another one may stop it.
 */
public final class Follow {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final int ID_DIGITS = 20;
  private static final Duration STILL_WRITTEN = Duration.ofMinutes(1);
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
  private final List<Mark> done = new ArrayList<>();
  private final Set<String> ignored = new LinkedHashSet<>();
  private final Map<String, Mark> ends = new HashMap<>();
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
    this.siblings = new Siblings(path, stateFile);
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
    FollowState.deleteTemporaries(stateFile);
    boolean first = !Files.exists(stateFile);
    FollowState state = FollowState.read(stateFile, log, path.toString());
    done.addAll(state.done());
    Map<String, Siblings.Sibling> found = new HashMap<>();
    for (Siblings.Sibling each : siblings.rotated()) {
      found.put(each.key(), each);
      if (state.ignored().contains(each.stamp())) {
        ignored.add(each.stamp());
      }
    }
    Siblings.Sibling current = siblings.current();
    if (current != null) {
      found.put(current.key(), current);
    }
    List<FollowState.Position> gone = new ArrayList<>();
    for (FollowState.Position position : state.files()) {
      Siblings.Sibling file = found.get(position.key());
      if (file == null) {
        gone.add(position);
      } else {
        add(FollowedFile.open(file.path(), position));
      }
    }
    for (FollowState.Position position : gone) {
      if (finishFromCopy(position)) {
        continue;
      }
      notes.accept(
          "a file that %s was rotated to is gone; what was written into it behind byte %,d is missing"
              .formatted(path, position.offset()));
    }
    if (first) {
      ignoreAll();
    } else {
      readUnseen(current);
    }
  }

  /** What was rotated away before the first run is not meant. */
  private void ignoreAll() throws IOException {
    Instant recently = Instant.now().minus(STILL_WRITTEN);
    for (Siblings.Sibling each : siblings.rotated()) {
      Mark end = each.changed().toInstant().isAfter(recently) ? Siblings.end(each) : null;
      if (end != null) {
        done.add(end);
      }
      ignored.add(each.stamp());
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
        FollowedFile.open(path, new FollowState.Position(newId(), current.key(), Mark.START));
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
    List<Siblings.Sibling> rotated = siblings.rotated();
    ends.keySet().retainAll(rotated.stream().map(Siblings.Sibling::stamp).toList());
    for (Siblings.Sibling file : rotated) {
      Mark end = isKnown(file) || file.key().equals(keyOf(current)) ? null : endOf(file);
      // Looked at after its end: a copy that was not complete then is one of what is there now.
      if (end == null || isCopyOfWhatIsThere(end, current)) {
        continue;
      }
      for (FollowedFile each : files) {
        if (!each.isIntact()) {
          // This may be the copy of what was in it; the next look at it shows.
          return;
        }
      }
      List<Mark> marks = new ArrayList<>(done);
      files.forEach(each -> marks.add(each.position().mark()));
      Mark read = Siblings.farthest(file, marks);
      // The id is made of the file, so that a run that is killed here and the next one give the
      // same ids.
      readWhole(
          file,
          new FollowState.Position(end.id(), file.key(), read == null ? Mark.START : read),
          end);
      save();
    }
  }

  private boolean isKnown(Siblings.Sibling file) {
    return ignored.contains(file.stamp())
        || files.stream().anyMatch(each -> each.position().key().equals(file.key()));
  }

  private @Nullable Mark endOf(Siblings.Sibling file) throws IOException {
    Mark end = ends.get(file.stamp());
    if (end == null) {
      end = Siblings.end(file);
      if (end != null) {
        ends.put(file.stamp(), end);
      }
    }
    return end;
  }

  /** Such a copy may be in the making, or made before the file is truncated. */
  private boolean isCopyOfWhatIsThere(Mark end, Siblings.@Nullable Sibling current)
      throws IOException {
    for (FollowedFile each : files) {
      if (each.has(end)) {
        return true;
      }
    }
    return current != null && Siblings.farthest(current, List.of(end)) != null;
  }

  /** What was not read yet of a file that is not at its place any more, if there is a copy. */
  private boolean finishFromCopy(FollowState.Position position)
      throws IOException, InterruptedException {
    for (Siblings.Sibling file : siblings.rotated().reversed()) {
      Mark end = isKnown(file) ? null : endOf(file);
      if (end != null && Siblings.farthest(file, List.of(position.mark())) != null) {
        readWhole(file, position, end);
        return true;
      }
    }
    return false;
  }

  /** Whether there is a copy that was made before what was read last was written. */
  private boolean hasCopyOfBefore(FollowedFile truncated) throws IOException {
    for (Siblings.Sibling file : siblings.rotated().reversed()) {
      Mark end = isKnown(file) ? null : endOf(file);
      if (end != null && truncated.hadEnd(end)) {
        ignored.add(file.stamp());
        done.add(end);
        return true;
      }
    }
    return false;
  }

  /** Reads a file from a position to what was its end. */
  private void readWhole(Siblings.Sibling file, FollowState.Position position, Mark end)
      throws IOException, InterruptedException {
    ignored.add(file.stamp());
    done.add(end);
    try (InputStream in = Siblings.open(file, position.offset(), end.offset())) {
      Lines lines = new Lines(in);
      FollowedFile.Chunk chunk = FollowedFile.lines(lines, position.offset(), true);
      while (!chunk.lines().isEmpty()) {
        append(position.id(), file.path(), chunk);
        chunk = FollowedFile.lines(lines, position.offset(), true);
      }
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
      file.appended();
      save();
    }
    if (grew) {
      grewNanos.put(file, System.nanoTime());
    }
    return grew;
  }

  private void restart(FollowedFile file) throws IOException, InterruptedException {
    FollowState.Position before = file.position();
    if (before.offset() > 0 && !finishFromCopy(before) && !hasCopyOfBefore(file)) {
      notes.accept(
          "%s was truncated, and there is no copy of it; what was written behind byte %,d before that is missing"
              .formatted(path, before.offset()));
    }
    if (before.offset() > 0) {
      done.add(before.mark());
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
        if (file.position().offset() > 0) {
          done.add(file.position().mark());
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
            List.copyOf(ignored))
        .write(stateFile);
  }

  private void append(String id, Path file, FollowedFile.Chunk chunk)
      throws IOException, InterruptedException {
    List<RecordAppender.Item> items = new ArrayList<>();
    for (FollowedFile.Line line : chunk.lines()) {
      if (!Lines.isBlank(line.content())) {
        String place = file + ", byte " + line.offset();
        SourceRecord record =
            new SourceRecord(line.content().orTextAsObject(), id + ":" + line.offset(), 1, place);
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
