package io.tallystick.ingest.receiver;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A protocol by which other systems send events over HTTP. It reads what they send and words the
 * answers; who may send, how much, and what is appended is not up to it. Safe for any number of
 * threads.
 */
public interface Receiver {
  /**
   * Something that a sender can ask.
   *
   * @param path below the receiver's own, empty for that itself
   * @param open whether it needs no key, and brings nothing
   */
  record Route(String method, String path, boolean open) {
    /** Brings events. */
    public static Route post(String path) {
      return new Route("POST", path, false);
    }
  }

  /** What it answers. */
  List<Route> routes();

  /**
   * Reads a request. Whatever the sender sent, this does not fail: it has an answer that says what
   * is wrong.
   */
  Received receive(Delivery delivery);

  /** The answer to a request of an open route. */
  default Reply answer(Delivery delivery) {
    return Reply.noContent();
  }

  /**
   * Whether senders sign what they send, instead of having a key. Then {@link #objection} decides.
   */
  default boolean isSigned() {
    return false;
  }

  /**
   * What is wrong with the signature of this request; {@code null} if one who knows the secret
   * signed it now.
   */
  default @Nullable Objection objection(Delivery delivery) {
    return Objection.WRONG_SIGNATURE;
  }

  /**
   * The answer to a request that the server does not accept, or that failed.
   *
   * @param delivery perhaps without its body
   * @param status that the API would answer with
   * @param detail for a person
   * @return {@code null} to answer as the API does
   */
  default @Nullable Reply refused(Delivery delivery, int status, String detail) {
    return null;
  }
}
