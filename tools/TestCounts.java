import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Adds up the reports that Surefire and Failsafe leave in each module's target directory, and prints
 * every test that was skipped with its reason, every one that failed, and one line of counts:
 *
 * <pre>{@code java tools/TestCounts.java DIRECTORY [SINCE]}</pre>
 *
 * <p>Reports that were last written before SINCE, in seconds since 1970, are of an earlier run and
 * do not count.
 */
final class TestCounts {
  private static final int MAX_REASON = 200;

  private final DocumentBuilder parser;
  private int passed;
  private int failed;
  private int skipped;

  private TestCounts() throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    this.parser = factory.newDocumentBuilder();
  }

  public static void main(String[] args) throws Exception {
    long sinceMillis = args.length > 1 ? Long.parseLong(args[1]) * 1000 : 0;
    TestCounts counts = new TestCounts();
    for (Path report : reports(Path.of(args[0]))) {
      if (Files.getLastModifiedTime(report).toMillis() >= sinceMillis) {
        counts.add(report);
      }
    }
    System.out.printf(
        "%d passed, %d failed, %d skipped%n", counts.passed, counts.failed, counts.skipped);
  }

  private static List<Path> reports(Path root) throws IOException {
    try (Stream<Path> files =
        Files.find(
            root,
            5, // clients/java/target/surefire-reports/TEST-….xml
            (path, attributes) ->
                attributes.isRegularFile()
                    && path.getParent().toString().matches(".*/target/(surefire|failsafe)-reports")
                    && path.getFileName().toString().matches("TEST-.*\\.xml"))) {
      return files.sorted().toList();
    }
  }

  private void add(Path report) throws Exception {
    NodeList tests = parser.parse(report.toFile()).getElementsByTagName("testcase");
    for (int i = 0; i < tests.getLength(); i++) {
      Element test = (Element) tests.item(i);
      Element wrong = first(test, "failure", "error");
      Element skip = first(test, "skipped");
      if (wrong != null) {
        failed++;
        print("failed", test, wrong);
      } else if (skip != null) {
        skipped++;
        print("skipped", test, skip);
      } else {
        passed++;
      }
    }
  }

  private static Element first(Element test, String... names) {
    for (String name : names) {
      NodeList found = test.getElementsByTagName(name);
      if (found.getLength() > 0) {
        return (Element) found.item(0);
      }
    }
    return null;
  }

  private static void print(String what, Element test, Element why) {
    String type = test.getAttribute("classname").replaceFirst(".*\\.", "");
    String name = test.getAttribute("name");
    // Surefire writes some skipped tests without a message, only with the exception in the text.
    String said = why.getAttribute("message");
    if (said.isEmpty()) {
      said = why.getTextContent().strip().replaceFirst("^[\\w.$]+(Exception|Error): ", "");
    }
    String reason =
        said
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .findFirst()
            .orElse("no reason given")
            .replaceFirst("^Assumption failed: ", "");
    if (reason.length() > MAX_REASON) {
      reason = reason.substring(0, MAX_REASON) + "…";
    }
    System.out.println(what + ": " + type + (name.isEmpty() ? "" : "." + name) + ": " + reason);
  }
}
