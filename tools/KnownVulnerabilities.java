import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Asks <a href="https://osv.dev">OSV</a> for known vulnerabilities of the libraries that Tallystick
 * ships, and exits with 1 if there are any:
 *
 * <pre>{@code java -cp "cli/target/lib/*" tools/KnownVulnerabilities.java cli/target [URL]}</pre>
 *
 * <p>Where OSV cannot be asked it says so and prints each library with its version and the date of
 * the newest file in it, for a person to look at.
 */
final class KnownVulnerabilities {
  private static final String OSV = "https://api.osv.dev/v1/querybatch";
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** A line of Maven's dependency:list: group:artifact:jar[:classifier]:version:scope. */
  private static final Pattern LIBRARY =
      Pattern.compile("\\s*([\\w.-]+):([\\w.-]+):jar:(?:([\\w-]+):)?([\\w.-]+):(?:compile|runtime)\\b.*");

  /** Jars that are built to be the same every time have this or an earlier date in them. */
  private static final LocalDate NO_DATE = LocalDate.of(2000, 1, 1);

  private record Library(String group, String artifact, String classifier, String version) {
    String name() {
      return group + ":" + artifact;
    }

    String fileName() {
      return artifact + "-" + version + (classifier == null ? "" : "-" + classifier) + ".jar";
    }
  }

  private KnownVulnerabilities() {}

  public static void main(String[] args) throws Exception {
    Path target = Path.of(args[0]);
    List<Library> libraries = libraries(target.resolve("libraries.txt"));
    if (libraries.isEmpty()) {
      throw new IOException(target.resolve("libraries.txt") + " lists no libraries");
    }
    JsonNode results;
    try {
      results = ask(URI.create(args.length > 1 ? args[1] : OSV), libraries);
    } catch (IOException e) {
      System.out.printf("OSV cannot be asked (%s); look at these %d yourself:%n", e, libraries.size());
      for (Library library : libraries) {
        System.out.printf(
            "  %-60s %-12s %s%n",
            library.name(), library.version(), newest(target.resolve("lib"), library));
      }
      return;
    }
    System.exit(print(libraries, results) == 0 ? 0 : 1);
  }

  private static List<Library> libraries(Path list) throws IOException {
    List<Library> libraries = new ArrayList<>();
    for (String line : Files.readAllLines(list)) {
      Matcher library = LIBRARY.matcher(line);
      if (library.matches() && !library.group(1).equals("io.tallystick")) {
        libraries.add(
            new Library(library.group(1), library.group(2), library.group(3), library.group(4)));
      }
    }
    return libraries;
  }

  private static JsonNode ask(URI osv, List<Library> libraries)
      throws IOException, InterruptedException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode batch = json.createObjectNode();
    ArrayNode queries = batch.putArray("queries");
    for (Library library : libraries) {
      ObjectNode query = queries.addObject().put("version", library.version());
      query.putObject("package").put("ecosystem", "Maven").put("name", library.name());
    }
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(osv)
                  .timeout(PATIENCE)
                  .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(batch)))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException("status " + response.statusCode());
      }
      JsonNode results = json.readTree(response.body()).path("results");
      if (results.size() != libraries.size()) {
        throw new IOException(results.size() + " answers");
      }
      return results;
    }
  }

  private static int print(List<Library> libraries, JsonNode results) {
    int count = 0;
    for (int i = 0; i < libraries.size(); i++) {
      for (JsonNode vulnerability : results.get(i).path("vulns")) {
        count++;
        System.out.printf(
            "%s %s: https://osv.dev/vulnerability/%s%n",
            libraries.get(i).name(),
            libraries.get(i).version(),
            vulnerability.path("id").asText().replaceAll("[^\\w.-]", "?"));
      }
    }
    System.out.printf("%d known vulnerabilities in %d libraries%n", count, libraries.size());
    return count;
  }

  private static String newest(Path directory, Library library) throws IOException {
    try (ZipFile jar = new ZipFile(directory.resolve(library.fileName()).toFile())) {
      LocalDate newest =
          jar.stream()
              .map(ZipEntry::getTime)
              .map(millis -> LocalDate.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC))
              .max(LocalDate::compareTo)
              .orElse(NO_DATE);
      return newest.isAfter(NO_DATE) ? newest.toString() : "no date";
    }
  }
}
