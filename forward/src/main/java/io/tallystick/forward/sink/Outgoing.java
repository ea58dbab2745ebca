package io.tallystick.forward.sink;

import java.time.Instant;

/** A record on its way to a receiver. Immutable, as long as nobody changes the bytes. */
public final class Outgoing {
  private final long seq;
  private final long id;
  private final String hash;
  private final Instant time;
  private final String eventType;
  private final boolean marker;
  private final byte[] body;

  /**
   * A record.
   *
   * @param seq 1, 2, 3 … over the entries of the sink; of a marker its own number, 1, 2, 3 … over
   *     the sink's markers
   * @param id of the entry in the log; 0 for a marker
   * @param hash of the entry, 64 lower-case hex digits; of a marker its own
   * @param time when the log recorded the entry, or the marker was made
   * @param eventType of the entry, or {@code audit.forward.marker}
   * @param marker whether it is a marker
   * @param body one record in the sink's format: UTF-8 without a line feed; not copied
   */
  public Outgoing(
      long seq, long id, String hash, Instant time, String eventType, boolean marker, byte[] body) {
    this.seq = seq;
    this.id = id;
    this.hash = hash;
    this.time = time;
    this.eventType = eventType;
    this.marker = marker;
    this.body = body;
  }

  public long seq() {
    return seq;
  }

  public long id() {
    return id;
  }

  public String hash() {
    return hash;
  }

  public Instant time() {
    return time;
  }

  public String eventType() {
    return eventType;
  }

  public boolean marker() {
    return marker;
  }

  /** The bytes; not copied, so do not change them. */
  public byte[] body() {
    return body;
  }
}
