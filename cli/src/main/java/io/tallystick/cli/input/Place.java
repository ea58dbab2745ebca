package io.tallystick.cli.input;

import java.util.Comparator;

/**
 * Where an event begins.
 *
 * @param index of the input among those of the command, from 0
 * @param input its name
 * @param number of the event in its input, from 1
 * @param line of the input, from 1
 * @param column of that line in bytes, from 1
 */
public record Place(int index, String input, long number, long line, int column)
    implements Comparable<Place> {
  private static final Comparator<Place> ORDER =
      Comparator.comparingInt(Place::index).thenComparingLong(Place::number);

  /** In the order of the inputs. */
  @Override
  public int compareTo(Place other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return input + ", line " + line;
  }
}
