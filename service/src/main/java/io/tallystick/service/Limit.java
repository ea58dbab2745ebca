package io.tallystick.service;

/** What all keys share, and none may have more of than its share. */
public enum Limit {
  /** Memory for the bodies of requests. */
  BODIES(
      "bodies",
      "bytes of request bodies in memory",
      1,
      "send it again when its other requests are answered"),
  /** Streams of entries as they arrive. */
  LIVE_STREAMS("live_streams", "live streams", 30, "close one, or ask for the list instead"),
  /** Event ids that the index cannot find yet. */
  EVENT_IDS("event_ids", "event ids in memory", 5, "send it again when the index has caught up"),
  /** Sessions of the web page. */
  SESSIONS("sessions", "sessions", 60, "sign in again when somebody has signed out");

  private final String value;
  private final String unit;
  private final int retryAfterSeconds;
  private final String advice;

  Limit(String value, String unit, int retryAfterSeconds, String advice) {
    this.value = value;
    this.unit = unit;
    this.retryAfterSeconds = retryAfterSeconds;
    this.advice = advice;
  }

  /** What is counted, for instance {@code live streams}. */
  String unit() {
    return unit;
  }

  /** When another attempt is worth it. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }

  /** What helps. */
  String advice() {
    return advice;
  }

  /** The name in metrics and entries, for instance {@code live_streams}. */
  @Override
  public String toString() {
    return value;
  }
}
