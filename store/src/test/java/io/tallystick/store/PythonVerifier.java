package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.log.Fault;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The auditor's checker, {@code tools/verify_log.py}: a second program that was written from
 * docs/format.md alone. Fault tests ask it about the same damage as {@link LogVerifier#verify}.
 */
public final class PythonVerifier {
  private static final Path PROGRAM =
      Stream.iterate(Path.of("").toAbsolutePath(), folder -> folder != null, Path::getParent)
          .map(folder -> folder.resolve("tools/verify_log.py"))
          .filter(Files::exists)
          .findFirst()
          .orElseThrow();

  /** Why it can't run; empty if it can. */
  static final String MISSING = missing();

  private static final Set<Fault.Kind> OF_ENTRIES =
      EnumSet.of(
          Fault.Kind.CONTENT,
          Fault.Kind.CHAIN,
          Fault.Kind.SEQUENCE,
          Fault.Kind.TIME,
          Fault.Kind.TREE);

  /**
   * Of a log that was rewritten, one blames the checkpoint and the other the entries; of one that
   * ends too early, one says so of the checkpoint too.
   */
  private static final Set<Fault.Kind> OF_CHECKPOINTS =
      EnumSet.of(Fault.Kind.CHECKPOINT, Fault.Kind.TREE, Fault.Kind.TILE, Fault.Kind.SEQUENCE);

  private static final Pattern ENTRY = Pattern.compile("\\bentry (\\d+)");
  private static final Pattern ENTRIES = Pattern.compile("\\bentries (\\d+) to (\\d+)");
  private static final Pattern ITS_ENTRY = Pattern.compile("^entry (\\d+)");
  private static final Pattern ITS_ENTRIES = Pattern.compile("^entries (\\d+) to (\\d+)");
  private static final Pattern PLACE = Pattern.compile("\\b([0-9]{8}-[0-9]{2}F\\.cq4@\\d+): ");
  private static final Pattern CHANGED_TILE =
      Pattern.compile("^tile (\\S+?):? (?:holds other hashes|does not have the root)");
  private static final Pattern TILE = Pattern.compile("\\btile (\\d+/[x0-9/]+(?:\\.p/\\d+)?)");

  private PythonVerifier() {}

  private static String missing() {
    String why = "python3 with the package cryptography is missing, so verify_log.py is not asked";
    try {
      Process process =
          new ProcessBuilder("python3", "-c", "import cryptography")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0) {
        return "";
      }
    } catch (IOException e) {
      // Reported below: there is no python3.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    System.out.println(why);
    return why;
  }

  /**
   * What it found.
   *
   * @param exitCode 0 for nothing, 1 for findings, 2 for what it could not read
   * @param findings a line each
   */
  record Verdict(int exitCode, List<String> findings) {
    boolean good() {
      return exitCode == 0;
    }

    /** The entries that its findings are about. */
    Set<Long> entries() {
      Set<Long> ids = new TreeSet<>();
      findings.forEach(line -> addIds(line, ITS_ENTRY, ITS_ENTRIES, ids));
      return ids;
    }

    boolean tells(String regex) {
      Pattern wanted = Pattern.compile(regex);
      return findings.stream().anyMatch(line -> wanted.matcher(line).find());
    }
  }

  /** Runs it with these arguments. */
  static Verdict run(Object... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("python3", PROGRAM.toString()));
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    Path errors = Files.createTempFile("verify_log", ".err");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int code = process.waitFor();
      String said = Files.readString(errors);
      assertThat(said).as(found).doesNotContain("Traceback");
      assertThat(code).as("%s%s", found, said).isBetween(0, 2);
      return new Verdict(code, found.lines().toList());
    } finally {
      Files.delete(errors);
    }
  }

  /** Verifies the whole log strictly, and asserts that the other program finds the same. */
  public static VerifyReport verify(Path data) throws Exception {
    VerifyReport report =
        new LogVerifier(LogReader.open(data)).verify(VerifyRequest.all().strictly(), null);
    agrees(data, report);
    return report;
  }

  /**
   * Asserts that it agrees with this report on the whole log, and that each names what the other
   * names: entries, places in segments, tiles that were changed, and whether a checkpoint does not
   * fit.
   */
  public static void agrees(Path data, VerifyReport report) throws Exception {
    if (!MISSING.isEmpty()) {
      return;
    }
    Verdict verdict = run(data);
    List<Fault> faults = report.faults();
    String both = "verify: " + faults + "\nverify_log.py: " + String.join("\n", verdict.findings());
    assertThat(verdict.good()).as(both).isEqualTo(report.valid());
    if (report.faultCount() > VerifyReport.MAX_FAULTS || verdict.exitCode() == 2) {
      return;
    }
    Set<Long> ours = new TreeSet<>();
    Set<Long> mentioned = new TreeSet<>();
    for (Fault fault : faults) {
      addIds(fault.reason(), ENTRY, ENTRIES, mentioned);
      if (OF_ENTRIES.contains(fault.kind())) {
        mentioned.add(fault.id());
        if (fault.reason().startsWith("entry " + fault.id() + " ")) {
          ours.add(fault.id());
        }
      }
    }
    assertThat(verdict.entries()).as(both).containsAll(ours);
    assertThat(mentioned).as(both).containsAll(verdict.entries());

    List<String> reasons = faults.stream().map(Fault::reason).toList();
    assertThat(found(PLACE, verdict.findings())).as(both).isEqualTo(found(PLACE, reasons));
    assertThat(found(TILE, reasons)).as(both).containsAll(found(CHANGED_TILE, verdict.findings()));
    if (!found(CHANGED_TILE, reasons).isEmpty()) {
      assertThat(verdict.tells("^tile ")).as(both).isTrue();
    }
    Set<Fault.Kind> kinds = faults.stream().map(Fault::kind).collect(Collectors.toSet());
    if (kinds.contains(Fault.Kind.CHECKPOINT)) {
      assertThat(verdict.tells("^checkpoint|is missing$")).as(both).isTrue();
    }
    if (verdict.tells("^checkpoint")) {
      assertThat(kinds).as(both).containsAnyElementsOf(OF_CHECKPOINTS);
    }
  }

  /** Asserts that it finds something wrong with a log that can't be opened. */
  public static void refuses(Path data) throws Exception {
    if (MISSING.isEmpty()) {
      assertThat(run(data).good()).isFalse();
    }
  }

  /** Asserts that it finds something wrong with an archive exactly if verification does. */
  public static void agreesOnArchive(Path archive, List<String> faults) throws Exception {
    if (MISSING.isEmpty()) {
      Verdict verdict = run("--archive", archive);
      assertThat(verdict.good())
          .as("verify: %s, verify_log.py: %s", faults, verdict.findings())
          .isEqualTo(faults.isEmpty());
    }
  }

  private static Set<String> found(Pattern what, List<String> lines) {
    Set<String> found = new TreeSet<>();
    for (String line : lines) {
      Matcher matcher = what.matcher(line);
      while (matcher.find()) {
        found.add(matcher.group(1));
      }
    }
    return found;
  }

  private static void addIds(String line, Pattern one, Pattern several, Set<Long> ids) {
    Matcher entry = one.matcher(line);
    while (entry.find()) {
      ids.add(Long.parseLong(entry.group(1)));
    }
    Matcher range = several.matcher(line);
    while (range.find()) {
      addRange(Long.parseLong(range.group(1)), Long.parseLong(range.group(2)), ids);
    }
  }

  private static void addRange(long first, long last, Set<Long> ids) {
    LongStream.rangeClosed(first, last).limit(VerifyReport.MAX_FAULTS).forEach(ids::add);
  }
}
