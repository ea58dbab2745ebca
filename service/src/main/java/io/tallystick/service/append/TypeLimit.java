package io.tallystick.service.append;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.entry.UnknownType;
import io.tallystick.index.AuditIndex;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets each source use {@value #MAX_TYPES} event types that the log does not know. An event of one
 * more is stored as {@link UnknownType} says, so that nobody fills the views of all others with
 * types that occur once.
 *
 * <p>What a source used in earlier runs comes from the index, when it first brings a type that is
 * new in this run. While the index does not have all of that yet, or can't be read, only this run
 * counts: an append never waits for the index, nor fails with it. Safe for any number of threads.
 */
public final class TypeLimit {
  public static final int MAX_TYPES = 1_000;

  private static final Logger LOG = LoggerFactory.getLogger(TypeLimit.class);

  /** So many sources' types are in memory, those that were used last: some 30 MB at most. */
  private static final int MAX_SOURCES = 256;

  private final AuditIndex index;
  private final long lastIdAtStart;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<String, Used> bySource =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Used> eldest) {
          return size() > MAX_SOURCES;
        }
      };

  /** What a source used. */
  private static final class Used {
    final Set<String> types = new HashSet<>();
    boolean complete;
    boolean warned;
  }

  /**
   * A limit for a log that ends with this entry now.
   *
   * @param index of the log
   */
  public TypeLimit(AuditIndex index, long lastIdAtStart) {
    this.index = index;
    this.lastIdAtStart = lastIdAtStart;
  }

  /**
   * The event as it is stored: as it is, or under {@link UnknownType}.
   *
   * @throws io.tallystick.entry.InvalidEventException if its details leave no room for its type
   */
  public Event admit(Event event, String source) {
    return EventType.isKnown(event.eventType()) || mayUse(source, event.eventType())
        ? event
        : UnknownType.wrap(event);
  }

  private boolean mayUse(String source, String type) {
    lock.lock();
    try {
      Used used = bySource.computeIfAbsent(source, any -> new Used());
      if (used.types.contains(type)) {
        return true;
      }
      complete(used, source);
      if (used.types.contains(type) || used.types.size() < MAX_TYPES) {
        used.types.add(type);
        return true;
      }
      if (!used.warned) {
        used.warned = true;
        LOG.warn(
            "{} has sent events of {} types that the log does not know; events of further ones are"
                + " stored as {}",
            Quoted.of(source),
            MAX_TYPES,
            UnknownType.VALUE);
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void complete(Used used, String source) {
    if (used.complete || index.visibleThrough() < lastIdAtStart) {
      return;
    }
    used.complete = true;
    try {
      for (String type : index.typesBy(source, MAX_TYPES)) {
        if (!EventType.isKnown(type)) {
          used.types.add(type);
        }
      }
    } catch (IOException e) {
      LOG.debug("the types that a source used before can't be read", e);
    }
  }
}
