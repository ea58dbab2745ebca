package io.tallystick.ingest.receiver;

import io.tallystick.ingest.Intake.Document;
import java.util.List;
import java.util.function.Supplier;

/**
 * What a request brought.
 *
 * @param documents to append, none if the request is refused or asks for something else
 * @param reply made once all of them are acknowledged, and only then
 */
public record Received(List<Document> documents, Supplier<Reply> reply) {
  public Received {
    documents = List.copyOf(documents);
  }

  /** A request that brings nothing, with its answer. */
  public static Received nothing(Reply reply) {
    return new Received(List.of(), () -> reply);
  }
}
