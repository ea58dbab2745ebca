package io.tallystick.cli.input;

import io.tallystick.cli.terminal.Failure;
import java.io.ByteArrayOutputStream;

/**
 * Splits an input into events: one JSON object a line, or JSON arrays of objects in any layout; and
 * where text is allowed, any other line. It finds where an event begins and ends, and leaves the
 * JSON of the event to its reader. An event has at most {@value #MAX_EVENT_BYTES} bytes. Used by
 * one thread.
 */
final class EventSplitter {
  static final int MAX_EVENT_BYTES = 1 << 20;

  private enum State {
    BETWEEN_LINES,
    IN_LINE,
    AFTER_OPENING_BRACKET,
    AFTER_COMMA,
    IN_ELEMENT,
    AFTER_ELEMENT
  }

  /** Receives each event. */
  @FunctionalInterface
  interface Sink {
    void event(byte[] json, Place place) throws InterruptedException;
  }

  private final int index;
  private final String input;
  private final boolean text;
  private final Sink sink;
  private final ByteArrayOutputStream event = new ByteArrayOutputStream(512);
  private State state = State.BETWEEN_LINES;
  private int depth;
  private boolean inString;
  private boolean escaped;

  private long line = 1;
  private int column = 1;
  private long eventLine = 1;
  private int eventColumn = 1;
  private long events;

  /**
   * @param index of the input among those of the command, from 0
   * @param input its name, for messages
   * @param text whether a line may be text, and is passed on as it is
   */
  EventSplitter(int index, String input, boolean text, Sink sink) {
    this.index = index;
    this.input = input;
    this.text = text;
    this.sink = sink;
  }

  /**
   * Takes the next bytes of the input and passes on each event that ends in them.
   *
   * @throws Failure naming the line, if they are no events
   */
  void feed(byte[] bytes, int length) throws InterruptedException {
    for (int i = 0; i < length; i++) {
      accept(bytes[i]);
      if (bytes[i] == '\n') {
        line++;
        column = 1;
      } else {
        column++;
      }
    }
  }

  /** The input has ended: a last line needs no line break, but an array must be closed. */
  void end() throws InterruptedException {
    switch (state) {
      case BETWEEN_LINES -> {}
      case IN_LINE -> emit(State.BETWEEN_LINES);
      default -> throw malformed("the input ends inside an array, which must end with ]");
    }
  }

  /** How many events the input held so far. */
  long events() {
    return events;
  }

  private void accept(byte b) throws InterruptedException {
    switch (state) {
      case BETWEEN_LINES -> {
        if (b == '[') {
          begin(b, State.AFTER_OPENING_BRACKET);
        } else if (!isSpace(b)) {
          begin(b, State.IN_LINE);
        } else if (b == '\n' || !text) {
          event.reset();
        } else {
          keep(b);
        }
      }
      case IN_LINE -> {
        if (b == '\n') {
          emit(State.BETWEEN_LINES);
        } else {
          keep(b);
        }
      }
      case AFTER_OPENING_BRACKET, AFTER_COMMA -> {
        if (b == ']' && state == State.AFTER_OPENING_BRACKET) {
          event.reset();
          state = State.BETWEEN_LINES;
        } else if (b == '{') {
          event.reset();
          depth = 0;
          begin(b, State.IN_ELEMENT);
          track(b);
        } else if (isTextAfterBracket() && b != '\n') {
          if (!isSpace(b)) {
            state = State.IN_LINE;
          }
          keep(b);
        } else if (!isSpace(b)) {
          throw malformed("expected an event here, a JSON object that begins with {");
        }
      }
      case IN_ELEMENT -> {
        keep(b);
        track(b);
        if (depth == 0) {
          emit(State.AFTER_ELEMENT);
        }
      }
      case AFTER_ELEMENT -> {
        if (b == ',') {
          state = State.AFTER_COMMA;
        } else if (b == ']') {
          state = State.BETWEEN_LINES;
        } else if (!isSpace(b)) {
          throw malformed("expected , or ] after an event in an array");
        }
      }
    }
  }

  /** Whether this may be a line of text that begins with a bracket, as a time does in some logs. */
  private boolean isTextAfterBracket() {
    return text && state == State.AFTER_OPENING_BRACKET && line == eventLine;
  }

  private void begin(byte b, State next) {
    eventLine = line;
    eventColumn = column;
    state = next;
    keep(b);
  }

  private void keep(byte b) {
    if (event.size() == MAX_EVENT_BYTES) {
      throw new Failure(
          Failure.USAGE,
          "%s: this event is longer than %,d bytes".formatted(place(events + 1), MAX_EVENT_BYTES));
    }
    event.write(b);
  }

  /** Follows brackets and strings, which is all it takes to find the end of an object. */
  private void track(byte b) {
    if (inString) {
      if (escaped) {
        escaped = false;
      } else if (b == '\\') {
        escaped = true;
      } else if (b == '"') {
        inString = false;
      } else if (b == '\n') {
        throw malformed("a string is not closed on its line");
      }
      return;
    }
    switch (b) {
      case '"' -> inString = true;
      case '{', '[' -> depth++;
      case '}', ']' -> depth--;
      default -> {}
    }
  }

  private void emit(State next) throws InterruptedException {
    byte[] json = event.toByteArray();
    event.reset();
    state = next;
    events++;
    sink.event(json, place(events));
  }

  private Place place(long number) {
    return new Place(index, input, number, eventLine, eventColumn);
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
  }

  private Failure malformed(String what) {
    return new Failure(
        Failure.USAGE, input + ", line " + line + ", column " + column + ": " + what);
  }
}
