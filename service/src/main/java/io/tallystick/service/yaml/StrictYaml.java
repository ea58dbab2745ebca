package io.tallystick.service.yaml;

import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads YAML 1.2 in which no key stands twice and nothing refers to something else. */
public final class StrictYaml {
  private StrictYaml() {}

  /**
   * The maps, lists and scalars of a text; {@code null} for an empty one.
   *
   * @throws InvalidYamlException if it is anything else
   */
  public static @Nullable Object read(String text) throws InvalidYamlException {
    LoadSettings settings =
        LoadSettings.builder().setAllowDuplicateKeys(false).setMaxAliasesForCollections(0).build();
    try {
      return new Load(settings).loadFromString(text);
    } catch (YamlEngineException e) {
      throw new InvalidYamlException(oneLine(e), e);
    }
  }

  private static String oneLine(YamlEngineException e) {
    return e instanceof MarkedYamlEngineException marked && marked.getProblemMark().isPresent()
        ? "line %d, column %d: %s"
            .formatted(
                marked.getProblemMark().get().getLine() + 1,
                marked.getProblemMark().get().getColumn() + 1,
                marked.getProblem())
        : String.valueOf(e.getMessage()).replaceAll("\\s+", " ");
  }
}
