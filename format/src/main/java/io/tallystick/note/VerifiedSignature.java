package io.tallystick.note;

import java.time.Instant;
import java.util.Optional;

/**
 * A signature that verified.
 *
 * @param key that signed
 * @param time when, to the second, where the signature says so
 */
public record VerifiedSignature(VerifierKey key, Optional<Instant> time) {}
