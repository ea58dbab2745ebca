package io.tallystick.cli.input;

/**
 * Where an event begins.
 *
 * @param index of the input among those of the command, from 0
 * @param input its name
 * @param number of the event in its input, from 1
 * @param line of the input, from 1
 * @param column of that line in bytes, from 1
 */
public record Place(int index, String input, long number, long line, int column) {
  @Override
  public String toString() {
    return input + ", line " + line;
  }
}
