package io.tallystick.forward;

/**
 * An entry that a receiver refused for good, whole and as an envelope.
 *
 * @param seq that it was sent with
 * @param reason what the receiver said
 * @param refusedAt when, RFC 3339
 */
public record DeadLetter(
    long seq, long id, String hash, String eventType, String reason, String refusedAt) {}
