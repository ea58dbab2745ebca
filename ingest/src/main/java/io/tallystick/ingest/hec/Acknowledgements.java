package io.tallystick.ingest.hec;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The requests that are in the log and whose senders have not asked yet. Each is confirmed once.
 * Memory is bounded: of more than {@value #MAX_CHANNELS} channels the one that was used least
 * recently is forgotten, of more than {@value #MAX_UNASKED} requests of a channel the oldest; their
 * senders send them again, and nothing is appended twice. Safe for any number of threads.
 */
final class Acknowledgements {
  static final int MAX_CHANNELS = 1_000;
  static final int MAX_UNASKED = 10_000;

  /**
   * Where a sender counts its requests.
   *
   * @param sender whose it is: another key can't ask for it, even if it knows the id
   */
  record Channel(String sender, String id) {}

  private static final class Requests {
    long next;
    final Set<Long> written = new LinkedHashSet<>();
  }

  @GuardedBy("this")
  private final Map<Channel, Requests> channels =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Channel, Requests> eldest) {
          return size() > MAX_CHANNELS;
        }
      };

  /** Notes that a request is in the log, and returns its id, from 0 in each channel. */
  synchronized long written(Channel channel) {
    Requests requests = channels.computeIfAbsent(channel, any -> new Requests());
    long id = requests.next++;
    requests.written.add(id);
    if (requests.written.size() > MAX_UNASKED) {
      requests.written.remove(requests.written.iterator().next());
    }
    return id;
  }

  /** Whether each of these requests is in the log, as far as that was not said before. */
  synchronized Map<Long, Boolean> ask(Channel channel, Collection<Long> ids) {
    Requests requests = channels.get(channel);
    Map<Long, Boolean> answers = new HashMap<>();
    for (Long id : ids) {
      answers.put(id, requests != null && requests.written.remove(id));
    }
    return answers;
  }
}
