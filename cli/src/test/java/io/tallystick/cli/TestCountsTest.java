package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The counts with which {@code ./check} ends. */
class TestCountsTest {
  private static final Instant START = Instant.parse("2026-11-27T12:00:00Z");

  @TempDir Path directory;

  private void report(String file, Instant written, String... tests) throws Exception {
    Path path = directory.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, "<testsuite tests=\"99\">" + String.join("\n", tests) + "</testsuite>");
    Files.setLastModifiedTime(path, FileTime.from(written));
  }

  private static String test(String name, String inside) {
    return "<testcase name=\"%s\" classname=\"a.b.SomeTest\" time=\"0.1\">%s</testcase>"
        .formatted(name, inside);
  }

  private List<String> counts(Instant since) throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Path.of("..", "tools", "TestCounts.java").toString(),
                directory.toString(),
                Long.toString(since.getEpochSecond()))
            .redirectErrorStream(true)
            .start();
    String out = new String(java.getInputStream().readAllBytes(), UTF_8);
    assertThat(java.waitFor()).as(out).isZero();
    return out.lines().toList();
  }

  @Test
  void addsUpTheReportsOfThisRunAndNamesWhatDidNotRun() throws Exception {
    report(
        "format/target/surefire-reports/TEST-a.b.SomeTest.xml",
        START.plusSeconds(1),
        test("works", ""),
        test("worksToo()[1]", "<system-out>skipped failure</system-out>"),
        test("needsRoot", "<skipped message=\"Assumption failed: needs root\"/>"),
        test(
            "needsFiles",
            "<skipped type=\"E\"><![CDATA[a.b.AbortedException: Assumption failed: needs files\n at]]></skipped>"));
    report(
        "cli/target/failsafe-reports/TEST-a.b.SomeIT.xml",
        START.plusSeconds(2),
        test(
            "breaks", "<failure message=\"&#10;expected 1&#10;but was 2\" type=\"E\">at</failure>"),
        test("", "<error type=\"E\"/>"));
    report("cli/target/failsafe-reports/failsafe-summary.xml", START.plusSeconds(2), test("x", ""));
    report("cli/target/surefire-reports/TEST-old.xml", START.minusSeconds(1), test("old", ""));
    assertThat(counts(START))
        .containsExactly(
            "failed: SomeTest.breaks: expected 1",
            "failed: SomeTest: no reason given",
            "skipped: SomeTest.needsRoot: needs root",
            "skipped: SomeTest.needsFiles: needs files",
            "2 passed, 2 failed, 2 skipped");
  }

  @Test
  void aBuildThatRanNoTestHasCountsToo() throws Exception {
    assertThat(counts(START)).containsExactly("0 passed, 0 failed, 0 skipped");
  }
}
