package io.tallystick.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.access.Permission;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The pages of this repository lead only to what is in it, leave out no endpoint and no option, and
 * stay readable as plain text: lines of at most {@value #MAX_COLUMNS} columns outside tables and
 * code, a README of fewer than {@value #MAX_README_WORDS} words.
 */
class DocsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final int MAX_COLUMNS = 120;
  private static final int MAX_README_WORDS = 800;

  /** The target of a link or an image; a title after it is left out. */
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)[^)]*\\)");

  /** A page that is named, linked or not. */
  private static final Pattern PAGE = Pattern.compile("[A-Za-z0-9_-]+\\.md\\b");

  /** Something between backquotes. */
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");

  private static final Pattern OPTION = Pattern.compile("--[a-z]+(?:-[a-z]+)*");

  private static final Pattern ELSEWHERE = Pattern.compile("[a-z][a-z0-9+.-]*:.*");

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String name : List.of("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")) {
      pages.add(ROOT.resolve(name));
    }
    try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  @TestFactory
  Stream<DynamicTest> everyRelativeLinkLeadsSomewhere() throws IOException {
    return DynamicTest.stream(
        pages().stream(),
        DocsTest::name,
        page -> assertThat(links(page).filter(link -> !leadsSomewhere(page, link))).isEmpty());
  }

  @TestFactory
  Stream<DynamicTest> everyPageThatIsNamedExists() throws IOException {
    Set<String> names = new HashSet<>();
    pages().forEach(page -> names.add(page.getFileName().toString()));
    return DynamicTest.stream(
        pages().stream(),
        DocsTest::name,
        page -> assertThat(found(PAGE, Files.readString(page))).isSubsetOf(names));
  }

  @TestFactory
  Stream<DynamicTest> linesFitOnAScreen() throws IOException {
    return DynamicTest.stream(
        pages().stream(),
        DocsTest::name,
        page -> assertThat(prose(page)).allMatch(line -> columns(line) <= MAX_COLUMNS));
  }

  @Test
  void readmeIsShort() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md")).strip();
    assertThat(readme.split("\\s+")).hasSizeLessThan(MAX_README_WORDS);
  }

  @Test
  void everyEndpointIsDescribed() throws IOException {
    Path description;
    try (Stream<Path> files = Files.walk(ROOT.resolve("http/src/main/resources"))) {
      description = files.filter(file -> file.endsWith("openapi.json")).findFirst().orElseThrow();
    }
    Set<String> paths = new HashSet<>();
    for (String path : found(CODE, Files.readString(ROOT.resolve("docs/http-api.md")))) {
      paths.add(withoutNames(path));
    }
    // The page has one path for all tiles, and writes out what they look like.
    paths.add(withoutNames("/tlog/tile/{path}"));
    assertThat(
            new ObjectMapper().readTree(Files.readAllBytes(description)).path("paths").fieldNames())
        .toIterable()
        .isNotEmpty()
        .allSatisfy(path -> assertThat(paths).contains(withoutNames(path)));
  }

  @Test
  void everyPermissionSaysWhatItReaches() throws IOException {
    for (String page : List.of("SECURITY.md", "docs/threat-model.md", "docs/http-api.md")) {
      List<String> lines = Files.readAllLines(ROOT.resolve(page));
      assertThat(Permission.values())
          .allSatisfy(permission ->
              assertThat(lines)
                  .as(page)
                  .anyMatch(line -> line.startsWith("| `" + permission + "` |")));
    }
  }

  @Test
  void everyOptionIsDescribed() throws IOException {
    ByteArrayOutputStream manual = new ByteArrayOutputStream();
    Terminal terminal =
        new Terminal(
            new PrintStream(manual, true, StandardCharsets.UTF_8),
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
            Map.of());
    assertThat(Main.run(terminal, Map.of(), List.of("generate-man-page"))).isZero();
    Set<String> options =
        new TreeSet<>(found(OPTION, manual.toString(StandardCharsets.UTF_8).replace("\\-", "-")));
    Set<String> described =
        new HashSet<>(found(OPTION, Files.readString(ROOT.resolve("docs/cli.md"))));
    assertThat(options).hasSizeGreaterThan(50).isSubsetOf(described);
  }

  /** A path without a method before it, names of its variables, and a query. */
  private static String withoutNames(String path) {
    return path.replaceFirst("^[A-Z]+ ", "").replaceAll("\\{[^}]*}", "{}").replaceAll("[?].*", "");
  }

  private static int columns(String line) {
    return line.codePointCount(0, line.length());
  }

  private static String name(Path page) {
    return ROOT.relativize(page).toString();
  }

  private static Stream<String> links(Path page) throws IOException {
    return outsideCode(page).stream()
        .flatMap(line -> found(LINK, line).stream())
        .filter(link -> !ELSEWHERE.matcher(link).matches());
  }

  private static boolean leadsSomewhere(Path page, String link) {
    int hash = link.indexOf('#');
    String file = hash < 0 ? link : link.substring(0, hash);
    Path target = file.isEmpty() ? page : page.resolveSibling(file).normalize();
    if (!target.startsWith(ROOT) || !Files.exists(target)) {
      return false;
    }
    return hash < 0
        || !target.toString().endsWith(".md")
        || anchors(target).contains(link.substring(hash + 1));
  }

  /** The anchors that hosts of Git repositories give to the headings of a page. */
  private static Set<String> anchors(Path page) {
    Set<String> anchors = new HashSet<>();
    try {
      for (String line : outsideCode(page)) {
        if (line.startsWith("#")) {
          String heading = line.replaceFirst("#+", "").strip().toLowerCase(Locale.ROOT);
          anchors.add(heading.replaceAll("[^\\p{L}\\p{N}_ -]", "").replace(' ', '-'));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return anchors;
  }

  private static List<String> prose(Path page) throws IOException {
    return outsideCode(page).stream().filter(line -> !line.startsWith("|")).toList();
  }

  private static List<String> outsideCode(Path page) throws IOException {
    List<String> lines = new ArrayList<>();
    boolean code = false;
    for (String line : Files.readAllLines(page)) {
      if (line.strip().startsWith("```")) {
        code = !code;
      } else if (!code) {
        lines.add(line);
      }
    }
    return lines;
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.groupCount() == 0 ? match.group() : match.group(1))
        .toList();
  }
}
