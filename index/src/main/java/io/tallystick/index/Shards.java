package io.tallystick.index;

import io.tallystick.index.text.IndexedDetails;
import io.tallystick.store.LogReader;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.StoredEntry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.LockObtainFailedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shards of an index, oldest first, and the way from one to the next. One thread adds; any
 * number read the list.
 *
 * <p>A shard that can't be opened, does not follow the one before it, or has seen more than the log
 * holds, is deleted with all that come after it, and the server's log says so; the follower
 * rebuilds them.
 */
final class Shards implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Shards.class);

  private final Path directory;
  private final LogReader log;
  private final ShardCommit.Content content;
  private final long maxIds;
  private final Opener begin;
  private final DocumentSource documents;

  /** Replaced as a whole; the last one may be written. */
  private volatile List<Shard> shards = List.of();

  private volatile long erasedThrough;

  /** First id of a shard that could not be created yet; 0 if there is none. */
  private volatile long pending;

  /** Opens the files of a shard. */
  @FunctionalInterface
  interface Opener {
    Directory open(Path path) throws IOException;
  }

  /** {@code begin} gives the files of a shard that begins anew. */
  private Shards(Path directory, LogReader log, IndexedDetails details, long maxIds, Opener begin)
      throws IOException {
    this.directory = directory;
    this.log = log;
    this.content = new ShardCommit.Content(log.identity().origin(), details);
    this.maxIds = maxIds;
    this.begin = begin;
    this.documents = new DocumentSource(log, details);
    this.erasedThrough = DocumentSource.erasedThrough(log);
  }

  /**
   * Opens the index to write it.
   *
   * @param details how much of the details it must have, {@code null} for as much as it has
   */
  static Shards write(
      Path directory, LogReader log, @Nullable IndexedDetails details, long maxIds, Opener opener)
      throws IOException {
    OwnerOnly.createDirectories(directory);
    Opener begin =
        path -> {
          // It may have been deleted meanwhile, and must not come back with another mode.
          OwnerOnly.createDirectories(directory);
          if (Files.exists(path)) {
            Shard.delete(path);
          }
          return opener.open(path);
        };
    Shards shards =
        new Shards(
            directory,
            log,
            details == null ? ShardCommit.details(ShardFiles.find(directory)) : details,
            maxIds,
            begin);
    try {
      shards.openAll(opener);
    } catch (IOException | RuntimeException e) {
      shards.close();
      throw e;
    }
    return shards;
  }

  /**
   * Opens what is committed to read it. What is not is indexed in memory, or, if that is more than
   * {@code maxInMemory} entries, in a temporary directory.
   */
  static Shards readBeside(Path directory, LogReader log, long maxInMemory) throws IOException {
    long[] next = {log.firstId()};
    Opener opener =
        path ->
            log.lastId() - next[0] >= maxInMemory
                ? TemporaryIndex.create()
                : new ByteBuffersDirectory();
    Shards shards =
        new Shards(
            directory,
            log,
            ShardCommit.details(ShardFiles.find(directory)),
            Long.MAX_VALUE,
            opener);
    List<Shard> open = new ArrayList<>();
    try {
      for (Map.Entry<Long, Path> found : ShardFiles.find(directory).entrySet()) {
        Shard shard = Shard.read(Shard.directory(found.getValue()), found.getKey(), shards.content);
        open.add(shard);
        // Reading the log's end also updates where it begins.
        if (shard.indexedThrough() > log.lastId()
            || found.getKey() > Math.max(next[0], log.firstId())) {
          throw new IndexException("the index does not fit to the log");
        }
        if (!shards.erased(shard).isEmpty()) {
          throw new IndexException("it has values that were erased from the log");
        }
        next[0] = shards.after(shard);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("the index on disk can't be used ({}); entries are indexed anew instead", reason(e));
      closeAll(open);
      open.clear();
      next[0] = log.firstId();
    }
    open.add(shards.beginAt(next[0]));
    shards.shards = List.copyOf(open);
    return shards;
  }

  /** What is on the disk now, if it is more than these shards have from there. */
  static Shards newer(Shards before, Path directory, LogReader log, long maxInMemory)
      throws IOException {
    Shards now = readBeside(directory, log, maxInMemory);
    boolean more =
        now.erasedThrough > before.erasedThrough
            || now.indexedThrough() > before.indexedThrough() - before.uncommitted();
    (more ? before : now).close();
    return more ? now : before;
  }

  private void openAll(Opener opener) throws IOException {
    SortedMap<Long, Path> found = ShardFiles.find(directory);
    List<Shard> open = new ArrayList<>();
    ShardFiles.dropRemoved(found, log.firstId());
    long next = log.firstId();
    for (Map.Entry<Long, Path> one : found.entrySet()) {
      long firstId = one.getKey();
      boolean newest = firstId == found.lastKey();
      try {
        if (firstId > next) {
          throw new IndexException("entries " + next + " to " + (firstId - 1) + " are in no shard");
        }
        Shard shard =
            newest
                ? Shard.write(opener.open(one.getValue()), firstId, content, erasedThrough)
                : Shard.read(opener.open(one.getValue()), firstId, content);
        open.add(shard);
        if (shard.indexedThrough() > log.lastId()) {
          throw new IndexException(
              "it knows entry " + shard.indexedThrough() + ", the log ends at " + log.lastId());
        }
        forget(shard);
        next = after(shard);
      } catch (LockObtainFailedException e) {
        closeAll(open);
        throw lockedElsewhere(e);
      } catch (IOException | RuntimeException e) {
        LOG.warn("index shard {} is deleted and built again: {}", firstId, reason(e));
        if (!open.isEmpty() && open.getLast().firstId() == firstId) {
          open.removeLast().close();
        }
        for (Path path : found.tailMap(firstId).values()) {
          Shard.delete(path);
        }
        break;
      }
    }
    boolean writable =
        !open.isEmpty() && !found.isEmpty() && open.getLast().firstId() == found.lastKey();
    List<Shard> finished = List.copyOf(writable ? open.subList(0, open.size() - 1) : open);
    if (!writable) {
      try {
        open.add(beginAt(next));
      } catch (LockObtainFailedException e) {
        closeAll(open);
        throw lockedElsewhere(e);
      } catch (IOException e) {
        // The log can be read all the same, and the follower tries again.
        LOG.warn("index shard {} can't be begun yet: {}", next, reason(e));
        pending = next;
      }
    }
    shards = List.copyOf(open);
    mergeBeside(finished);
  }

  /** Merges shards that are only read, in a thread of its own: it may take minutes. */
  private static void mergeBeside(List<Shard> finished) {
    if (finished.isEmpty()) {
      return;
    }
    Thread.ofPlatform()
        .name("tally-index-merge")
        .daemon()
        .start(() -> {
          for (Shard shard : finished) {
            try {
              shard.merge();
            } catch (IOException | RuntimeException e) {
              LOG.warn(
                  "index shard {} can't be merged and stays as it is until the next start: {}",
                  shard.firstId(),
                  reason(e));
            }
          }
        });
  }

  private IndexException lockedElsewhere(IOException e) {
    return new IndexException(
        "another process has the index in " + directory + " open for writing", e);
  }

  private static String reason(Exception e) {
    return e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  /** Which entry comes after those of a shard; retention may have removed more than it knows. */
  private long after(Shard shard) {
    return Math.max(shard.indexedThrough() + 1, log.firstId());
  }

  private Shard beginAt(long firstId) throws IOException {
    Path path = directory.resolve(Long.toString(firstId));
    return Shard.write(begin.open(path), firstId, content, erasedThrough);
  }

  Path directory() {
    return directory;
  }

  IndexedDetails details() {
    return content.details();
  }

  /** The shards, oldest first. */
  List<Shard> oldestFirst() {
    return shards;
  }

  /** The last id that was added. */
  long indexedThrough() {
    long missing = pending;
    return missing > 0 ? missing - 1 : newest().indexedThrough();
  }

  /** The id that is to be added next. */
  long next() {
    return Math.max(indexedThrough() + 1, log.firstId());
  }

  private Shard newest() {
    return shards.getLast();
  }

  /** Adds an entry. A shard has no gaps: behind entries that were never indexed begins another. */
  void add(StoredEntry entry) throws IOException {
    Shard last = newest();
    if (entry.id() - last.firstId() >= maxIds || entry.id() != last.indexedThrough() + 1) {
      last.finish();
      List<Shard> more = new ArrayList<>(shards);
      more.add(beginAt(entry.id()));
      shards = List.copyOf(more);
      mergeBeside(List.of(last));
    }
    newest().add(entry.id(), documents.of(entry));
  }

  long erasedThrough() {
    return erasedThrough;
  }

  /** Takes what was erased, by this erasure and earlier ones, out of the shards. */
  void erase(long through) throws IOException {
    erasedThrough = Math.max(erasedThrough, through);
    for (Shard shard : shards) {
      forget(shard);
    }
  }

  private void forget(Shard shard) throws IOException {
    List<Erasure.Ids> erased = erased(shard);
    if (erased.isEmpty()) {
      shard.follows(erasedThrough);
    } else {
      shard.replace(erased, documents::addTo, erasedThrough);
      shard.refresh();
    }
  }

  /** The entries of a shard of which values were erased that it may have. */
  private List<Erasure.Ids> erased(Shard shard) throws IOException {
    return documents
        .erased(shard.erasedThrough(), erasedThrough)
        .filter(ids -> ids.first() <= shard.indexedThrough() && ids.last() >= shard.firstId())
        .toList();
  }

  void refresh() throws IOException {
    newest().refresh();
  }

  long uncommitted() {
    return pending > 0 ? 0 : newest().uncommitted();
  }

  void commit() throws IOException {
    newest().commit();
  }

  /**
   * Goes back to the last commit if the last operation on the index failed, and creates a shard
   * that is missing.
   */
  void recover() throws IOException {
    if (pending > 0) {
      List<Shard> more = new ArrayList<>(shards);
      more.add(beginAt(Math.max(pending, log.firstId())));
      shards = List.copyOf(more);
      pending = 0;
    }
    newest().recover();
  }

  /** Index of the first shard whose files are gone; negative if there is none. */
  int firstLost() {
    List<Shard> now = shards;
    for (int i = 0; i < now.size(); i++) {
      if (now.get(i).isLost()) {
        return i;
      }
    }
    return -1;
  }

  /** Index of the first damaged shard, found by reading all of them; negative if there is none. */
  int firstDamaged() {
    List<Shard> now = shards;
    for (int i = 0; i < now.size(); i++) {
      if (now.get(i).isDamaged()) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Deletes this shard and those after it; {@link #recover} begins again where it began.
   *
   * @return them, to be closed; until then they can be searched
   */
  List<Shard> dropFrom(int index) {
    List<Shard> dropped = shards.subList(index, shards.size());
    for (Shard shard : dropped) {
      shard.drop();
    }
    pending = dropped.getFirst().firstId();
    shards = List.copyOf(shards.subList(0, index));
    for (Shard shard : dropped) {
      try {
        Path path = directory.resolve(Long.toString(shard.firstId()));
        if (Files.exists(path)) {
          Shard.delete(path);
        }
      } catch (IOException e) {
        LOG.warn("index shard {} can't be deleted: {}", shard.firstId(), reason(e));
      }
    }
    return dropped;
  }

  /** Deletes everything and indexes the log up to its end. No search may be running. */
  void rebuild(AuditIndex.Progress progress) throws IOException {
    clear();
    long last = log.lastId();
    log.forEach(
        log.firstId(),
        last,
        entry -> {
          add(entry);
          if (entry.id() % 1_000 == 0) {
            progress.at(entry.id(), last);
          }
          return true;
        });
    commit();
  }

  /** Deletes everything and starts with an empty shard. No search may be running. */
  private void clear() throws IOException {
    close();
    for (Path path : ShardFiles.find(directory).values()) {
      Shard.delete(path);
    }
    shards = List.of(beginAt(log.firstId()));
    pending = 0;
  }

  private static void closeAll(List<Shard> open) throws IOException {
    for (Shard shard : open) {
      shard.close();
    }
  }

  @Override
  public void close() throws IOException {
    List<Shard> open = shards;
    if (!open.isEmpty()) {
      pending = indexedThrough() + 1;
      shards = List.of();
    }
    closeAll(open);
  }

  /** Closes shards whose files are deleted. What fails harms nothing but is worth knowing. */
  static void discardAll(List<Shard> old) {
    for (Shard shard : old) {
      try {
        shard.discard();
      } catch (IOException | RuntimeException e) {
        LOG.debug("the files of index shard {} could not be closed", shard.firstId(), e);
      }
    }
  }
}
