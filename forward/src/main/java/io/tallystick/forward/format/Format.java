package io.tallystick.forward.format;

/**
 * How entries look outside: {@code native}, {@code ocsf}, {@code ecs} or {@code cef}. The same
 * entry gives the same bytes every time, as long as none of its values was erased. Records are
 * UTF-8 without a line feed. Safe for any number of threads. {@code
 * Formats} lists them.
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
}
