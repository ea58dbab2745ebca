package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.store.log.Fault;
import io.tallystick.store.verify.VerifyReport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The format's own checker, a program in Python that shares nothing with ours, where it lies beside
 * the project. Nothing is judged where it does not.
 */
public final class SharedJudge {
  private static final Path PROGRAM = Path.of("../../shared/tools/check_log.py").toAbsolutePath();
  private static final Pattern ENTRY = Pattern.compile("(?m)^entry (\\d+)");

  /** So many findings it prints; the others it counts. */
  private static final int PRINTED = 100;

  private static final Set<Fault.Kind> OF_THE_CHAIN =
      EnumSet.of(Fault.Kind.CHAIN, Fault.Kind.SEQUENCE, Fault.Kind.TIME);

  private SharedJudge() {}

  static boolean isHere() throws InterruptedException {
    if (!Files.exists(PROGRAM)) {
      return false;
    }
    try {
      return new ProcessBuilder("python3", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * What it found.
   *
   * @param good whether that is nothing
   * @param findings a line each, as far as they are printed
   */
  record Verdict(boolean good, List<String> findings) {
    /** The entries that it names. */
    Set<Long> entries() {
      Set<Long> ids = new TreeSet<>();
      Matcher entry = ENTRY.matcher(String.join("\n", findings));
      while (entry.find()) {
        ids.add(Long.parseLong(entry.group(1)));
      }
      return ids;
    }

    boolean tells(String regex) {
      Pattern wanted = Pattern.compile(regex);
      return findings.stream().anyMatch(line -> wanted.matcher(line).find());
    }
  }

  static Verdict judge(Path data) throws Exception {
    Process process =
        new ProcessBuilder("python3", PROGRAM.toString(), data.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = process.waitFor();
    assertThat(code).as(found).isBetween(0, 1);
    return new Verdict(code == 0, found.lines().toList());
  }

  /**
   * Both find the log good, or both find the same wrong with it: where the chain is broken, where
   * bytes are no entry. There a strict verification asks for more, for instance for an event type
   * that is one.
   */
  public static void agrees(Path data, VerifyReport report) throws Exception {
    if (!isHere()) {
      return;
    }
    Verdict verdict = judge(data);
    List<Fault> faults = report.faults();
    String both = faults + ", and the judge: " + verdict;
    assertThat(report.valid()).as(both).isEqualTo(verdict.good());
    Set<Long> chain = ids(faults, OF_THE_CHAIN);
    Set<Long> named = ids(faults, EnumSet.of(Fault.Kind.CONTENT));
    named.addAll(chain);
    assertThat(named).as(both).containsAll(verdict.entries());
    if (verdict.findings().size() < PRINTED) {
      assertThat(verdict.entries()).as(both).containsAll(chain);
    }
  }

  private static Set<Long> ids(List<Fault> faults, Set<Fault.Kind> kinds) {
    return faults.stream()
        .filter(fault -> kinds.contains(fault.kind()))
        .map(Fault::id)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
