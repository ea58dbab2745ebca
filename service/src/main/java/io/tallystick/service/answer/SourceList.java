package io.tallystick.service.answer;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of events that sources sent, and what is missing of those that are counted.
 *
 * @param streams by their sources and names
 * @param others entries of streams that are not listed, because there are too many
 */
public record SourceList(List<Stream> streams, long others) {
  public SourceList {
    streams = List.copyOf(streams);
  }

  /**
   * The events of a source that are counted together.
   *
   * @param source {@code null} for what the log and the command line wrote themselves
   * @param stream {@code default}, unless the details name another one
   * @param firstSeq the lowest {@code source_seq}; {@code null} if no entry has one
   * @param lastSeq the highest
   * @param missing how many numbers between these two no entry has
   * @param repeated entries whose number another entry has too: two writers share the stream
   * @param gaps the first of the gaps
   */
  public record Stream(
      @Nullable String source,
      String stream,
      long entries,
      long lastId,
      Instant lastSeen,
      @Nullable Long firstSeq,
      @Nullable Long lastSeq,
      long missing,
      long repeated,
      List<Gap> gaps) {
    public Stream {
      gaps = List.copyOf(gaps);
    }
  }

  /** Numbers that no entry has, both included. */
  public record Gap(long firstSeq, long lastSeq) {}
}
