package io.tallystick.cli.mapping;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.ingest.mapping.InvalidMappingException;
import io.tallystick.ingest.mapping.Mapping;
import io.tallystick.ingest.mapping.Mappings;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The mappings that a command line names. */
public final class MappingChoice {
  private MappingChoice() {}

  /**
   * What {@code auto}, the name of a mapping, or a file ending in {@code .yaml} stands for.
   *
   * @throws Failure if there is no such mapping, or the file is none
   */
  public static Mappings of(String choice) throws IOException {
    if (choice.endsWith(".yaml") || choice.endsWith(".yml")) {
      return new Mappings(List.of(read(Path.of(choice))));
    }
    try {
      return Mappings.named(choice);
    } catch (InvalidMappingException e) {
      throw new Failure(Failure.USAGE, String.valueOf(e.getMessage()));
    }
  }

  private static Mapping read(Path file) throws IOException {
    String name = Printable.of(file.toString());
    if (!Files.isRegularFile(file)) {
      throw new Failure(Failure.USAGE, "there is no file " + name);
    }
    try {
      return Mapping.parse(name, Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new Failure(Failure.USAGE, name + " is not UTF-8");
    } catch (InvalidMappingException e) {
      throw new Failure(Failure.USAGE, String.valueOf(e.getMessage()));
    }
  }
}
