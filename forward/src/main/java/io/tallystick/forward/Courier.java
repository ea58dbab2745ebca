package io.tallystick.forward;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.forward.format.Marker;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.EntryProof;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.query.LogView;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes entries from the log to one sink. The position is written after the receiver acknowledged
 * what it counts. Confined to the thread of its sink, but for what status asks.
 */
final class Courier implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Courier.class);
  private static final long MAX_BATCH_BYTES = 4L << 20;

  /** Most entries that are looked at in a round: a filter may let none through. */
  private static final int MAX_LOOKED = 20_000;

  /** What is quoted of an answer, and some words before it. */
  private static final int MAX_REASON_CHARACTERS = Rejected.MAX_QUOTED_CHARACTERS + 100;

  private final SinkConfig config;
  private final LogView view;
  private final Path folder;
  private final DeadLetters dead;
  private final Records records;
  private final StopSignal signal;
  private @Nullable Sink sink;
  private boolean checked;
  private long lastMarkerNanos = System.nanoTime();

  private volatile Position position;

  /** Whether the position's file could be read. */
  private volatile boolean known;

  private volatile @Nullable String level;

  /** The sink can refuse no more: somebody has to look at what it refused. */
  static final class FullException extends IOException {
    private static final long serialVersionUID = 1L;

    FullException() {
      super(
          "it has %,d dead letters, and no more have room; look at them and drain them"
              .formatted(DeadLetters.MAX));
    }
  }

  Courier(SinkConfig config, LogView view, Path folder, DeadLetters dead, StopSignal signal)
      throws IOException {
    this.config = config;
    this.view = view;
    this.folder = folder;
    this.dead = dead;
    this.records = new Records(config, view);
    this.signal = signal;
    this.position = start();
    load();
  }

  /** Reads the position. It is checked, and damage reported, before anything is sent. */
  void load() throws IOException {
    checked = false;
    Position start = start();
    try {
      position = Position.read(folder, start);
      known = true;
    } catch (MismatchException e) {
      position = start;
      known = false;
    }
  }

  /** How far the sink came; safe for any thread. */
  Position position() {
    return position;
  }

  /** Where the sink goes on, as far as that is known; safe for any thread. */
  void writePosition(JsonGenerator out) throws IOException {
    if (known) {
      ForwardingEvents.position(out, position);
    }
  }

  /** What the sink's answers prove; {@code null} until it answered. Safe for any thread. */
  @Nullable String level() {
    return level;
  }

  Records records() {
    return records;
  }

  /**
   * Sends what there is, at most one batch and one marker.
   *
   * @return whether there was anything, so that there may be more
   * @throws MismatchException if the position does not fit the log
   */
  boolean round() throws IOException, InterruptedException {
    check();
    boolean sent = batch();
    if (isMarkerDue() && !signal.isStopped()) {
      mark();
      sent = true;
    }
    return sent;
  }

  private void check() throws IOException {
    if (!checked) {
      position = checkedPosition();
      checked = true;
    }
  }

  /**
   * How far the sink came as its file says, checked against the log; safe for any thread.
   *
   * @throws MismatchException if it does not fit the log
   */
  Position checkedPosition() throws IOException {
    Position start = start();
    Position found = Position.read(folder, start);
    PositionCheck.check(found, start, config, view);
    return found;
  }

  private Position start() {
    return Position.start(config.settings().origin(), config, view.behindRemoved(0) + 1);
  }

  /** How long until a marker is due that is due anyway. */
  Duration untilMarker() {
    long nanos = config.markerEvery().toNanos() - (System.nanoTime() - lastMarkerNanos);
    return Duration.ofNanos(Math.max(0, nanos));
  }

  private boolean isMarkerDue() {
    Position now = position;
    return now.seq() / config.markerEntries() > now.markedSeq() / config.markerEntries()
        || untilMarker().isZero();
  }

  private boolean batch() throws IOException, InterruptedException {
    Position before = position;
    long end = Math.min(view.end() + 1, before.nextId() + MAX_LOOKED);
    long toMarker = config.markerEntries() - before.seq() % config.markerEntries();
    int most = (int) Math.min(config.batch(), toMarker);
    List<StoredEntry> entries = new ArrayList<>();
    long bytes = 0;
    long next = before.nextId();
    while (next < end && entries.size() < most && bytes < MAX_BATCH_BYTES) {
      Outbox.Slice slice =
          Outbox.read(
              view, config.filter(), next, end, most - entries.size(), MAX_BATCH_BYTES - bytes);
      entries.addAll(slice.entries());
      bytes += slice.entries().stream().mapToLong(entry -> entry.bytes().length).sum();
      next = slice.next();
    }
    if (next == before.nextId()) {
      return false;
    }
    long seq = before.seq();
    if (!entries.isEmpty()) {
      deliver(entries, seq + 1);
    }
    List<Hash> hashes = entries.stream().map(StoredEntry::hash).toList();
    advance(
        before.forwarded(hashes, entries.isEmpty() ? 0 : entries.getLast().id(), next),
        entries.isEmpty());
    return true;
  }

  /** A position that only looked further may be lost: it is looked at again. */
  private void advance(Position next, boolean mayBeLost) throws IOException {
    if (!mayBeLost) {
      next.write(folder);
    }
    position = next;
  }

  private void deliver(List<StoredEntry> entries, long firstSeq)
      throws IOException, InterruptedException {
    List<Outgoing> batch = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      batch.add(records.of(entries.get(i), firstSeq + i));
    }
    for (Rejected each : send(batch).rejected()) {
      bury(entries.get(each.index()), batch.get(each.index()), each.reason());
    }
  }

  /** Tries an entry that was refused once more, alone and in an envelope. */
  private void bury(StoredEntry entry, Outgoing refused, String reason)
      throws IOException, InterruptedException {
    if (dead.isFull()) {
      throw new FullException();
    }
    Delivery again = send(List.of(records.envelope(entry, refused.seq())));
    if (again.rejected().isEmpty()) {
      LOG.warn("sink {} refused entry {} and took it in an envelope", config.name(), refused.id());
      return;
    }
    dead.add(
        new DeadLetter(
            refused.seq(),
            refused.id(),
            refused.hash(),
            refused.eventType(),
            reason.length() > MAX_REASON_CHARACTERS
                ? reason.substring(0, MAX_REASON_CHARACTERS)
                : reason,
            Instant.now().toString()));
    LOG.warn("sink {} refused entry {}: it is a dead letter now", config.name(), refused.id());
  }

  private void mark() throws IOException, InterruptedException {
    Position now = position;
    Optional<SignedCheckpoint> newest = view.checkpointOver(AuditQuery.builder().build());
    Marker marker =
        new Marker(
            now.origin(),
            config.name(),
            now.markers() + 1,
            now.nextId() - 1,
            now.seq(),
            now.seq(),
            now.tree().root(),
            Hash.parseHex(now.marker()),
            newest.map(each -> each.note().toString()).orElse(null),
            Instant.now());
    for (Rejected each : send(List.of(records.of(marker))).rejected()) {
      LOG.warn("sink {} refuses markers: {}", config.name(), each.reason());
    }
    advance(now.marked(marker), false);
    lastMarkerNanos = System.nanoTime();
    if (newest.isPresent()) {
      prove(newest.get());
    }
  }

  /** The log is read outside of what a stop may interrupt. */
  private void prove(SignedCheckpoint under) throws IOException, InterruptedException {
    Sink open = open();
    NavigableSet<Long> ids = signal.during(() -> open.unproved(under.size()));
    if (!ids.isEmpty()) {
      EntryProof proof = new EntryProof(view.beside(ids, under), under.note().toString());
      var _ =
          signal.delivering(() -> {
            open.prove(proof);
            return true;
          });
    }
  }

  private Delivery send(List<Outgoing> batch) throws IOException, InterruptedException {
    Sink open = open();
    Delivery delivery = signal.delivering(() -> open.send(batch));
    level = open.level().toString();
    Set<Integer> indexes = new HashSet<>();
    for (Rejected each : delivery.rejected()) {
      if (each.index() < 0 || each.index() >= batch.size() || !indexes.add(each.index())) {
        throw new IllegalStateException("the sink rejects a record that is not in the batch");
      }
    }
    return delivery;
  }

  private Sink open() throws IOException, InterruptedException {
    Sink open = sink;
    if (open == null) {
      open = signal.during(() -> config.type().open(config.settings()));
      sink = open;
    }
    return open;
  }

  /** Sends entries once more, with the {@code seq} they had; returns how many were taken. */
  long resend(List<Long> ids, ForwardedIds known) throws IOException, InterruptedException {
    long taken = 0;
    for (int from = 0; from < ids.size(); from += config.batch()) {
      endIfStopped();
      List<Outgoing> batch = new ArrayList<>();
      for (long id : ids.subList(from, Math.min(ids.size(), from + config.batch()))) {
        Optional<StoredEntry> entry = view.entry(id);
        if (entry.isPresent()) {
          batch.add(records.of(entry.get(), known.seq(id)));
        }
      }
      if (!batch.isEmpty()) {
        Set<Long> arrived = new HashSet<>();
        batch.forEach(record -> arrived.add(record.seq()));
        send(batch).rejected().forEach(each -> arrived.remove(batch.get(each.index()).seq()));
        dead.remove(arrived);
        taken += arrived.size();
      }
    }
    return taken;
  }

  private void endIfStopped() throws InterruptedException {
    if (signal.isStopped()) {
      throw new InterruptedException("stopped");
    }
  }

  /** Tries the dead letters again, each alone; returns how many were taken. */
  long drain() throws IOException, InterruptedException {
    Set<Long> taken = new HashSet<>();
    try {
      for (DeadLetter letter : dead.list(0, DeadLetters.MAX)) {
        endIfStopped();
        Optional<StoredEntry> entry = view.entry(letter.id());
        if (entry.isPresent()
            && send(List.of(records.of(entry.get(), letter.seq()))).rejected().isEmpty()) {
          taken.add(letter.seq());
        }
      }
    } finally {
      dead.remove(taken);
    }
    return taken.size();
  }

  /** Waits until there is something to forward or so much time has passed. */
  void await(Duration longest) throws IOException, InterruptedException {
    Duration until = untilMarker();
    Duration wait = until.compareTo(longest) < 0 ? until : longest;
    if (!wait.isZero()) {
      var _ = signal.during(() -> view.awaitBeyond(position.nextId() - 1, wait));
    }
  }

  @Override
  public void close() throws IOException {
    Sink open = sink;
    sink = null;
    if (open != null) {
      open.close();
    }
  }
}
