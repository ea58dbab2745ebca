package io.tallystick.index;

import java.util.List;

/**
 * The actors and addresses of matching entries. All counts are exact.
 *
 * @param total how many entries match
 * @param actors those with the most of them
 * @param addresses those with the most of them
 */
public record TopActors(long total, List<LogStatistics.Actor> actors, List<Address> addresses) {

  /** An address, and how many entries it has. */
  public record Address(String actorIp, long count) {}
}
