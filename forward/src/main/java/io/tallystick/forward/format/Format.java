package io.tallystick.forward.format;

import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Places;
import java.util.Optional;

/**
 * How entries look outside: {@code native}, {@code ocsf}, {@code ecs} or {@code cef}. The same
 * entry gives the same bytes every time, as long as none of its values was erased. Records are
 * UTF-8 without a line feed. Safe for any number of threads. {@code Formats} lists them.
 */
public interface Format {
  /** What {@code format} is in the configuration. */
  String name();

  /**
   * The record of an entry, with {@code origin}, {@code id}, {@code hash} and {@code seq} among its
   * fields. If it throws, the entry is sent as {@link #reduced}.
   */
  byte[] format(Forwarded entry);

  /** The record of a marker. Its event type is {@link Marker#EVENT_TYPE}. */
  byte[] marker(Marker marker);

  /** The record of an entry that could not be sent whole. */
  byte[] reduced(Reduced entry);

  /**
   * What a record says that came back from a receiver, whoever wrote it; empty for a marker. What
   * is no record of this format says nothing: {@link Held} without an id. {@link Places} does it
   * for JSON.
   */
  Optional<Held> read(byte[] record);
}
