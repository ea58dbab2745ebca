package io.tallystick.ingest.receiver;

/**
 * Why a request that should be signed is refused.
 *
 * @param reason in few words, for the log
 * @param detail a sentence for the sender, without anything secret
 */
public record Objection(String reason, String detail) {
  /** It is not signed by anybody who knows the secret. */
  public static final Objection WRONG_SIGNATURE =
      new Objection("wrong signature", "The signature is missing or wrong.");
}
