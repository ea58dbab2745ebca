package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The packaged jars do not depend on when, where or by whom they were built: two builds of the same
 * sources give the same bytes.
 */
class ReproducibleJarsIT {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final String FOLDER = Path.of("..").toAbsolutePath().normalize().toString();

  static List<Path> jars() throws IOException {
    List<Path> jars = new ArrayList<>();
    jars.add(TARGET.resolve("tally.jar"));
    try (Stream<Path> libraries = Files.list(TARGET.resolve("lib"))) {
      libraries
          .filter(jar -> jar.getFileName().toString().startsWith("tallystick-"))
          .forEach(jars::add);
    }
    assertThat(jars).hasSize(8);
    return jars;
  }

  @ParameterizedTest
  @MethodSource("jars")
  void aJarSaysNothingOfItsBuild(Path path) throws Exception {
    try (JarFile jar = new JarFile(path.toFile())) {
      assertThat(jar.getManifest().getMainAttributes().keySet())
          .isSubsetOf(
              Set.of(
                  Attributes.Name.MANIFEST_VERSION,
                  new Attributes.Name("Created-By"),
                  new Attributes.Name("Build-Jdk-Spec"),
                  Attributes.Name.CLASS_PATH,
                  Attributes.Name.MAIN_CLASS,
                  Attributes.Name.IMPLEMENTATION_TITLE,
                  Attributes.Name.IMPLEMENTATION_VERSION));
      Instant built = Instant.parse(System.getProperty("tallystick.jars.time"));
      assertThat(jar.stream().map(ZipEntry::getTimeLocal))
          .containsOnly(LocalDateTime.ofInstant(built, ZoneOffset.UTC));
      for (ZipEntry entry : jar.stream().toList()) {
        String content =
            new String(jar.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(content.contains(FOLDER)).as("%s names the build's folder", entry).isFalse();
      }
    }
  }
}
