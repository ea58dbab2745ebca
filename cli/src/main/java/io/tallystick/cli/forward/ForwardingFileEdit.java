package io.tallystick.cli.forward;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.forward.ForwardingFile;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Adds sinks to the file that says where entries are forwarded. */
final class ForwardingFileEdit {
  private ForwardingFileEdit() {}

  /** Adds a sink at the end, if the file is right with it. Values are YAML as they are given. */
  static void add(Path file, String name, String type, List<String> settings) throws IOException {
    boolean there = Files.exists(file);
    String before = there ? Files.readString(file) : "sinks:\n";
    StringBuilder yaml = new StringBuilder(before.endsWith("\n") ? before : before + "\n");
    yaml.append("  - name: " + name + "\n    type: " + type + "\n");
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      if (equals < 1) {
        throw new Failure(
            Failure.USAGE,
            "a setting must be NAME=VALUE, like path=/var/log/audit.ndjson, but was \""
                + Printable.of(setting)
                + "\"");
      }
      yaml.append(
          "    " + setting.substring(0, equals) + ": " + setting.substring(equals + 1) + "\n");
    }
    try {
      int sinks =
          there ? ForwardingFile.parse(file.toString(), before, "", base(file)).sinks().size() : 0;
      ForwardingFile after = ForwardingFile.parse(file.toString(), yaml.toString(), "", base(file));
      if (after.sinks().size() != sinks + 1) {
        throw new Failure(
            Failure.USAGE, file + " is written in a way that can't be added to; edit it by hand");
      }
    } catch (SettingException e) {
      throw new Failure(Failure.USAGE, String.valueOf(e.getMessage()));
    }
    AtomicFile.write(file, yaml.toString().getBytes(StandardCharsets.UTF_8));
  }

  private static Path base(Path file) {
    return file.toAbsolutePath().resolveSibling("");
  }
}
