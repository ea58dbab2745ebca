package io.tallystick.index;

import java.util.List;

/**
 * Whose entries match a question, and where from. All counts are exact.
 *
 * @param total how many entries match
 * @param actors those with the most of them
 * @param addresses those with the most of them
 */
public record TopActors(long total, List<LogStatistics.Actor> actors, List<Address> addresses) {

  /** Where something came from, and how many entries tell of it. */
  public record Address(String actorIp, long count) {}
}
