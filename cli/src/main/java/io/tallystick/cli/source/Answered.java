package io.tallystick.cli.source;

import io.tallystick.service.answer.AnswerJson;
import java.io.IOException;
import java.util.function.Function;

/** An answer, and the JSON that the HTTP API gives for it. */
public final class Answered<T> {
  private final T value;
  private final byte[] json;

  private Answered(T value, byte[] json) {
    this.value = value;
    this.json = json;
  }

  /** An answer that was made here. */
  static <T> Answered<T> of(T value) {
    return new Answered<>(value, AnswerJson.bytes(value));
  }

  /**
   * An answer that a server sent.
   *
   * @throws IOException if it is not such an answer
   */
  static <T> Answered<T> read(byte[] json, Class<T> type) throws IOException {
    return new Answered<>(AnswerJson.read(json, type), json);
  }

  /** The same answer, understood as something else. */
  <S> Answered<S> as(Function<T, S> meaning) {
    return new Answered<>(meaning.apply(value), json);
  }

  public T value() {
    return value;
  }

  /** The bytes that a server sent, fields that this program does not know included; not copied. */
  public byte[] json() {
    return json;
  }
}
