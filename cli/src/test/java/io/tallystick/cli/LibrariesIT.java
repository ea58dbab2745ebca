package io.tallystick.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is shipped beside our own code, and the check of it for known vulnerabilities. */
class LibrariesIT {
  private static final Path TARGET = Path.of("target");

  /** A library that comes or goes has to be meant. Versions are in pom.xml. */
  private static final List<String> LIBRARIES =
      List.of(
          "com.fasterxml.jackson.core:jackson-annotations",
          "com.fasterxml.jackson.core:jackson-core",
          "com.fasterxml.jackson.core:jackson-databind",
          "com.github.jnr:jffi",
          "com.github.jnr:jnr-a64asm",
          "com.github.jnr:jnr-constants",
          "com.github.jnr:jnr-ffi",
          "com.github.jnr:jnr-x86asm",
          "com.google.re2j:re2j",
          "com.schibsted.spt.data:jslt",
          "commons-cli:commons-cli",
          "info.picocli:picocli",
          "io.javalin:javalin",
          "jakarta.servlet:jakarta.servlet-api",
          "net.java.dev.jna:jna",
          "net.java.dev.jna:jna-platform",
          "net.openhft:affinity",
          "net.openhft:chronicle-bytes",
          "net.openhft:chronicle-core",
          "net.openhft:chronicle-queue",
          "net.openhft:chronicle-threads",
          "net.openhft:chronicle-wire",
          "net.openhft:compiler",
          "net.openhft:posix",
          "org.apache.kafka:kafka-clients",
          "org.apache.lucene:lucene-core",
          "org.bouncycastle:bcpkix-jdk18on",
          "org.bouncycastle:bcprov-jdk18on",
          "org.bouncycastle:bcutil-jdk18on",
          "org.eclipse.jetty.ee10:jetty-ee10-servlet",
          "org.eclipse.jetty:jetty-http",
          "org.eclipse.jetty:jetty-io",
          "org.eclipse.jetty:jetty-security",
          "org.eclipse.jetty:jetty-server",
          "org.eclipse.jetty:jetty-session",
          "org.eclipse.jetty:jetty-util",
          "org.jetbrains.kotlin:kotlin-stdlib",
          "org.jetbrains:annotations",
          "org.jspecify:jspecify",
          "org.slf4j:slf4j-api",
          "org.slf4j:slf4j-jdk14",
          "org.snakeyaml:snakeyaml-engine",
          "org.ow2.asm:asm",
          "org.webjars.npm:preact");

  @TempDir Path directory;

  private static List<String> listed() throws IOException {
    try (Stream<String> lines = Files.lines(TARGET.resolve("libraries.txt"))) {
      return lines
          .map(line -> line.strip().split(":"))
          .filter(parts -> parts.length > 4 && !parts[0].equals("io.tallystick"))
          .map(parts -> parts[0] + ":" + parts[1])
          .distinct()
          .sorted()
          .toList();
    }
  }

  @Test
  void nothingElseIsOnTheClassPath() throws Exception {
    assertThat(listed()).containsExactlyInAnyOrderElementsOf(LIBRARIES);
    List<String> artifacts =
        LIBRARIES.stream().map(name -> name.substring(name.indexOf(':') + 1)).toList();
    try (Stream<Path> jars = Files.list(TARGET.resolve("lib"))) {
      List<String> unknown =
          jars.map(jar -> jar.getFileName().toString())
              .filter(jar -> !jar.startsWith("tallystick-"))
              .filter(jar -> artifacts.stream().noneMatch(name -> jar.startsWith(name + "-")))
              .toList();
      assertThat(unknown).isEmpty();
    }
  }

  /** The exit code and what was printed. */
  private static String check(String url) throws Exception {
    Process java =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                TARGET.resolve("lib") + "/*",
                Path.of("..", "tools", "KnownVulnerabilities.java").toString(),
                TARGET.toString(),
                url)
            .redirectErrorStream(true)
            .start();
    String out = new String(java.getInputStream().readAllBytes(), UTF_8);
    return java.waitFor() + "\n" + out;
  }

  @Test
  void knownVulnerabilitiesFailTheCheckAndAnAnswerWithoutAnyDoesNot() throws Exception {
    int count = Math.toIntExact(jarsAskedFor());
    HttpServer osv =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try {
      for (boolean found : new boolean[] {true, false}) {
        String results =
            IntStream.range(0, count)
                .mapToObj(i ->
                    found && i == 1
                        ? "{\"vulns\":[{\"id\":\"GHSA-xxxx-yyyy-zzzz\",\"modified\":\"2026\"}]}"
                        : "{}")
                .collect(Collectors.joining(",", "{\"results\":[", "]}"));
        osv.createContext(
            "/" + found,
            exchange -> {
              String asked = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
              boolean good =
                  asked.contains(
                      "\"package\":{\"ecosystem\":\"Maven\",\"name\":\"org.eclipse.jetty:jetty-http\"}");
              byte[] answer = results.getBytes(UTF_8);
              exchange.sendResponseHeaders(good ? 200 : 400, answer.length);
              exchange.getResponseBody().write(answer);
              exchange.close();
            });
      }
      osv.start();
      String url = "http://127.0.0.1:" + osv.getAddress().getPort() + "/";
      assertThat(check(url + true))
          .startsWith("1\n")
          .contains("https://osv.dev/vulnerability/GHSA-xxxx-yyyy-zzzz", "1 known vulnerabilities");
      assertThat(check(url + false)).startsWith("0\n0 known vulnerabilities in " + count);
    } finally {
      osv.stop(0);
    }
  }

  private static long jarsAskedFor() throws IOException {
    try (Stream<String> lines = Files.lines(TARGET.resolve("libraries.txt"))) {
      return lines
          .filter(line -> line.contains(":jar:") && !line.contains("io.tallystick:"))
          .count();
    }
  }

  @Test
  void withoutOsvEachLibraryIsListedWithItsVersionAndDate() throws Exception {
    assertThat(check("http://127.0.0.1:1/"))
        .startsWith("0\nOSV cannot be asked")
        .containsPattern("org\\.eclipse\\.jetty:jetty-http +12\\.[0-9.]+ +20[0-9-]{8}")
        .containsPattern("net\\.openhft:chronicle-queue +20[0-9.]+ +");
  }
}
