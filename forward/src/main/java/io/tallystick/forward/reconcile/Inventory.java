package io.tallystick.forward.reconcile;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a receiver holds of a sink, by query or from an export, in any order. Used by one thread,
 * once.
 */
public interface Inventory extends Closeable {
  /**
   * Gives every record, each as often as it is held, without markers. It must not keep them all in
   * memory.
   *
   * @throws IOException if not everything could be read: then nothing is known
   */
  void forEach(Consumer<Held> consumer) throws IOException;

  /**
   * What is wrong, besides the records, with where they are kept. Asked for after {@link #forEach}.
   */
  default List<Finding> findings() {
    return List.of();
  }

  /**
   * What the receiver shows that may explain missing records, once all were given; {@code null} if
   * there is nothing to say.
   */
  default @Nullable String note() {
    return null;
  }
}
