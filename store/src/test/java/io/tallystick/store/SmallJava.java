package io.tallystick.store;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Java as a process of its own, small and quick to start, with the class path of the test. */
public final class SmallJava {
  private SmallJava() {}

  /** The command that runs the main method of a class. */
  public static List<String> command(Class<?> main, String... arguments) {
    return command(List.of(), main, arguments);
  }

  /** The same with more options of the JVM. */
  public static List<String> command(List<String> more, Class<?> main, String... arguments) {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + options.toAbsolutePath().normalize(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    command.addAll(more);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
