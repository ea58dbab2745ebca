package io.tallystick.ingest.config;

import io.tallystick.ingest.Intake;
import io.tallystick.ingest.receiver.Receiver;
import org.jspecify.annotations.Nullable;

/**
 * A receiver that a server has.
 *
 * @param name its place, below {@code /ingest/}
 * @param key name of the access key in whose name events are appended; {@code null} where each
 *     sender has a key of its own
 * @param customaryPath whether it answers where senders of its kind expect it too
 */
public record ReceiverSpec(
    String name, Receiver receiver, Intake intake, @Nullable String key, boolean customaryPath) {}
