package io.tallystick.cli.options;

import io.tallystick.service.query.Parameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Options under the names that the API has for them, so that the same code checks both and gives
 * the same messages. Used by one thread.
 */
public final class Given {
  private final Map<String, List<String>> values = new LinkedHashMap<>();

  /** An option with one value, unless it was not given. */
  public Given one(String name, @Nullable Object value) {
    if (value != null) {
      values.put(name, List.of(value.toString()));
    }
    return this;
  }

  /** An option that may have several values, unless it has none. */
  public Given all(String name, List<String> given) {
    if (!given.isEmpty()) {
      values.put(name, given);
    }
    return this;
  }

  public Parameters parameters() {
    return Parameters.of(values);
  }
}
