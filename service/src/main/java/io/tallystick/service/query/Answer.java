package io.tallystick.service.query;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;

/** What is answered to a question, ready to be written. Used once, by one thread. */
public interface Answer {
  /** The media type of what is written. */
  String contentType();

  /**
   * Writes the answer. The stream stays open.
   *
   * @throws IOException if the stream takes no more, or what is left of the answer can't be read
   */
  void writeTo(OutputStream out) throws IOException, InterruptedException;

  /** The media type of JSON. */
  String JSON = "application/json";

  /** Writes JSON. */
  @FunctionalInterface
  interface JsonBody {
    void writeTo(JsonGenerator out) throws IOException;
  }

  /** An answer in JSON. */
  static Answer json(JsonBody body) {
    return of(
        JSON,
        out -> {
          try (JsonGenerator generator = EntryJson.generator(out)) {
            body.writeTo(generator);
          }
        });
  }

  /** Writes bytes. */
  @FunctionalInterface
  interface Body {
    void writeTo(OutputStream out) throws IOException;
  }

  /** An answer of this media type. */
  static Answer of(String contentType, Body body) {
    return new Answer() {
      @Override
      public String contentType() {
        return contentType;
      }

      @Override
      public void writeTo(OutputStream out) throws IOException {
        body.writeTo(out);
      }
    };
  }
}
