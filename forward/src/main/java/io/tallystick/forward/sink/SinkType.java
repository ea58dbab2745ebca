package io.tallystick.forward.sink;

import io.tallystick.forward.reconcile.Inventory;
import java.io.IOException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A kind of sink, such as {@code file}. {@code SinkTypes} lists them. A type is made when a sink is
 * configured, its libraries are loaded when one of its sinks is opened. Safe for any number of
 * threads.
 */
public interface SinkType {
  /** What {@code type} is in the configuration. */
  String name();

  /** The settings that it has, besides those of every sink. */
  Set<String> settings();

  /**
   * Checks the settings, every one of them, without asking the receiver. Called when the
   * configuration is read.
   *
   * @throws SettingException naming the setting that is wrong
   */
  default void check(SinkSettings settings) throws IOException {}

  /**
   * A sink with these settings. It may connect now or with the first batch; it must not hang.
   *
   * @throws SettingException if a setting is wrong, which trying again does not mend
   * @throws IOException if it can't be opened now; it is tried again
   */
  Sink open(SinkSettings settings) throws IOException;

  /** Whether the receiver can be asked what it holds; of others only an export can be compared. */
  default boolean isQueryable() {
    return false;
  }

  /** What the receiver holds of this sink, by asking it; {@code null} if it can't be asked. */
  default @Nullable Inventory inventory(SinkSettings settings) throws IOException {
    return null;
  }

  /**
   * What no other sink may send to, because all that is there is compared with this one; {@code
   * null} if several can share a receiver. It stands in messages.
   */
  default @Nullable String exclusive(SinkSettings settings) throws IOException {
    return null;
  }

  /** Most records in a batch unless the configuration says otherwise. */
  default int batch() {
    return 500;
  }

  /** Longest record in bytes unless the configuration says otherwise. */
  default int maxRecordBytes() {
    return 1 << 20;
  }
}
