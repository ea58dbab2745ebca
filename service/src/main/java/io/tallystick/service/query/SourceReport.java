package io.tallystick.service.query;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.answer.SourceList;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts the entries of each source and stream, and finds the numbers that are missing. It reads
 * every entry that matches once. Memory is bounded: {@link #MAX_STREAMS} streams, and {@link
 * #MAX_RUNS} gaps of each. Used by one thread.
 */
final class SourceReport {
  /** Streams that are listed. */
  static final int MAX_STREAMS = 10_000;

  /** Gaps of a stream that are remembered; an entry that comes later may close one of them. */
  static final int MAX_RUNS = 1_000;

  /** Gaps of a stream that are listed. */
  static final int MAX_GAPS = 100;

  private static final String DEFAULT_STREAM = "default";
  private static final ObjectMapper JSON = new ObjectMapper();

  private record Name(@Nullable String source, String stream) {}

  /** What is known of a stream. */
  private static final class Stream {
    long entries;
    long repeated;
    long lastId;
    Instant lastSeen = Instant.EPOCH;

    /** Numbers without a gap between them: the last of a run by its first. */
    final TreeMap<Long, Long> runs = new TreeMap<>();

    /** Numbers missing before the second of the runs, where there were too many. */
    long forgotten;

    long firstSeq = Long.MAX_VALUE;

    void add(long seq) {
      firstSeq = Math.min(firstSeq, seq);
      Map.Entry<Long, Long> before = runs.floorEntry(seq);
      if (before != null && before.getValue() >= seq) {
        repeated++;
        return;
      }
      long first = before != null && before.getValue() == seq - 1 ? before.getKey() : seq;
      Long after = runs.remove(seq + 1);
      runs.put(first, after == null ? seq : after);
      if (runs.size() > MAX_RUNS + 1) {
        Map.Entry<Long, Long> oldest = runs.pollFirstEntry();
        Map.Entry<Long, Long> next = runs.pollFirstEntry();
        forgotten += next.getKey() - oldest.getValue() - 1;
        runs.put(oldest.getKey(), next.getValue());
      }
    }

    SourceList.Stream answer(Name name) {
      List<SourceList.Gap> gaps = new ArrayList<>();
      long missing = forgotten;
      long end = 0;
      for (Map.Entry<Long, Long> run : runs.entrySet()) {
        if (end > 0) {
          missing += run.getKey() - end - 1;
          if (gaps.size() < MAX_GAPS) {
            gaps.add(new SourceList.Gap(end + 1, run.getKey() - 1));
          }
        }
        end = run.getValue();
      }
      return new SourceList.Stream(
          name.source,
          name.stream,
          entries,
          lastId,
          lastSeen,
          runs.isEmpty() ? null : firstSeq,
          runs.isEmpty() ? null : end,
          missing,
          repeated,
          gaps);
    }
  }

  private final LogView view;
  private final Map<Name, Stream> streams = new HashMap<>();
  private long others;

  SourceReport(LogView view) {
    this.view = view;
  }

  SourceList of(AuditQuery query) throws IOException, InterruptedException {
    view.forEachEntry(query, this::count);
    List<SourceList.Stream> found = new ArrayList<>();
    streams.forEach((name, stream) -> found.add(stream.answer(name)));
    found.sort(
        Comparator.comparing(
                SourceList.Stream::source, Comparator.nullsFirst(Comparator.naturalOrder()))
            .thenComparing(SourceList.Stream::stream));
    return new SourceList(found, others);
  }

  /** An entry that can't be decoded is what {@code verify} reports. */
  private void count(StoredEntry stored) {
    Entry entry;
    try {
      entry = stored.decode();
    } catch (InvalidEntryException e) {
      others++;
      return;
    }
    Name name = new Name(entry.source(), streamOf(entry.event().details()));
    Stream stream = streams.get(name);
    if (stream == null) {
      if (streams.size() == MAX_STREAMS) {
        others++;
        return;
      }
      stream = new Stream();
      streams.put(name, stream);
    }
    stream.entries++;
    stream.lastId = entry.id();
    stream.lastSeen = entry.timestamp();
    Long seq = entry.event().sourceSeq();
    if (seq != null) {
      stream.add(seq);
    }
  }

  private static String streamOf(@Nullable Details details) {
    if (details == null) {
      return DEFAULT_STREAM;
    }
    try {
      return JSON.readTree(details.toString()).path("stream").asText(DEFAULT_STREAM);
    } catch (IOException e) {
      throw new IllegalStateException("details are JSON", e);
    }
  }
}
