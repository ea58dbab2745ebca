package io.tallystick.forward.reconcile;

import org.jspecify.annotations.Nullable;

/** A record that a receiver holds. Immutable, as long as nobody changes the bytes. */
public final class Held {
  private final long id;
  private final long seq;
  private final String hash;
  private final byte @Nullable [] body;
  private final @Nullable String place;

  /**
   * A record.
   *
   * @param id of the entry that it says it is; 0 or less if it does not say
   * @param seq that it says it has; 0 or less if it does not say
   * @param hash that it says the entry has; empty if it does not say
   * @param body the record as it was sent, or JSON with the same fields in any order; {@code null}
   *     if the receiver does not give it back, so that only the three above can be compared
   */
  public Held(long id, long seq, String hash, byte @Nullable [] body) {
    this.id = id;
    this.seq = seq;
    this.hash = hash;
    this.body = body;
    this.place = null;
  }

  private Held(Held other, String place) {
    this.id = other.id;
    this.seq = other.seq;
    this.hash = other.hash;
    this.body = other.body;
    this.place = place;
  }

  /** The same, with where it is, such as {@code line 7}, for a person who looks for it. */
  public Held at(String where) {
    return new Held(this, where);
  }

  public long id() {
    return id;
  }

  public long seq() {
    return seq;
  }

  public String hash() {
    return hash;
  }

  /** Where it is; {@code null} if that was not said. */
  public @Nullable String place() {
    return place;
  }

  /** The bytes, {@code null} if the receiver does not give them back; not copied. */
  public byte @Nullable [] body() {
    return body;
  }
}
