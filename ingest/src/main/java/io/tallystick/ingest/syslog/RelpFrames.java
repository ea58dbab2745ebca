package io.tallystick.ingest.syslog;

import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The frames of a RELP session: {@code number command length data}, a space between them and a line
 * feed behind them. Numbers begin with 1 and grow by 1. Used by one thread.
 */
final class RelpFrames {
  private static final int MAX_DIGITS = 9;
  private static final int MAX_COMMAND = 32;
  private static final int LAST_NUMBER = 999_999_999;

  private final Incoming in;
  private final int maxBytes;
  private int last;

  /**
   * A frame.
   *
   * @param data of which the beginning is kept, if it is large
   */
  record Frame(int number, String command, MessageBytes data) {}

  RelpFrames(Incoming in, int maxBytes) {
    this.in = in;
    this.maxBytes = maxBytes;
  }

  /**
   * The next frame; {@code null} at the end.
   *
   * @throws Frames.Malformed if it is none, or has another number than the next one
   * @throws EOFException if the stream ends in the middle of it
   */
  @Nullable Frame next() throws IOException, InterruptedException {
    int first = in.read();
    if (first < 0) {
      in.checkEnded();
      return null;
    }
    int number = number(first);
    int expected = last == LAST_NUMBER ? 1 : last + 1;
    if (number != expected) {
      throw new Frames.Malformed(
          "the next frame of the session must have the number "
              + expected
              + ", but it has "
              + number);
    }
    last = number;
    String command = command();
    MessageBytes data = new MessageBytes(maxBytes);
    int length = 0;
    int end = read();
    for (int digits = 0; end >= '0' && end <= '9' && digits < MAX_DIGITS; digits++) {
      length = length * 10 + end - '0';
      end = read();
    }
    if (end == ' ') {
      for (int left = length; left > 0; left--) {
        data.add(read());
      }
      end = read();
    } else if (length > 0) {
      throw noFrame();
    }
    if (end != '\n') {
      throw noFrame();
    }
    return new Frame(number, command, data);
  }

  private int number(int first) throws IOException, InterruptedException {
    int number = 0;
    int b = first;
    for (int digits = 0; b >= '0' && b <= '9' && digits < MAX_DIGITS; digits++) {
      number = number * 10 + b - '0';
      b = read();
    }
    if (b != ' ') {
      throw noFrame();
    }
    return number;
  }

  private String command() throws IOException, InterruptedException {
    StringBuilder command = new StringBuilder();
    for (int b = read(); b != ' '; b = read()) {
      boolean letter = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z');
      if (!letter || command.length() == MAX_COMMAND) {
        throw noFrame();
      }
      command.append((char) b);
    }
    return command.toString();
  }

  private int read() throws IOException, InterruptedException {
    int b = in.read();
    if (b < 0) {
      in.checkEnded();
      throw new EOFException("the connection ended in the middle of a frame");
    }
    return b;
  }

  private static Frames.Malformed noFrame() {
    return new Frames.Malformed(
        "it does not speak RELP: a frame is a number, a command, a length and so much data; a sender"
            + " of syslog without RELP needs a receiver with the transport tcp or tls");
  }
}
