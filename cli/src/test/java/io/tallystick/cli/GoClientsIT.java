package io.tallystick.cli;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.http.EmptyLogServer;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients of tiled logs that others wrote, unmodified, read our logs and check what our command
 * line wrote: see {@code src/test/go}. Built with the machine's Go from its module cache, never
 * from the network.
 */
class GoClientsIT {
  private static final Path SOURCE = Path.of("src/test/go").toAbsolutePath();

  @TempDir static Path built;
  @TempDir Path directory;

  /** Why they can't be built; empty if they can. */
  private static String missing = "";

  @BeforeAll
  static void build() throws Exception {
    try {
      run(Map.of(), SOURCE, "go", "version");
    } catch (IOException e) {
      missing = "there is no Go here";
      return;
    }
    Tally.Result modules = go("list", "-deps", ".");
    if (modules.code() != 0) {
      missing = "the Go modules are not here (\"go mod download\" in cli/src/test/go): " + modules;
      return;
    }
    Tally.Result build = go("build", "-o", built.resolve("clients").toString(), ".");
    assertThat(build.code()).as(build.err()).isZero();
  }

  @BeforeEach
  void needsThem() {
    assumeTrue(missing.isEmpty(), missing);
  }

  static Tally.Result go(String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("go"));
    command.addAll(List.of(arguments));
    Map<String, String> offline =
        Map.of("GOFLAGS", "-mod=readonly", "GOPROXY", "off", "GOTOOLCHAIN", "local");
    return run(offline, SOURCE, command.toArray(String[]::new));
  }

  private static ProcessBuilder command(Map<String, String> environment, Path in, String... words) {
    ProcessBuilder builder = new ProcessBuilder(words).directory(in.toFile());
    builder.environment().putAll(environment);
    return builder;
  }

  private static Tally.Result run(Map<String, String> environment, Path in, String... words)
      throws Exception {
    Path out = Files.createTempFile("go", ".out");
    Path err = Files.createTempFile("go", ".err");
    try {
      int code =
          command(environment, in, words)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start()
              .waitFor();
      return new Tally.Result(code, Files.readString(out), Files.readString(err));
    } finally {
      Files.delete(out);
      Files.delete(err);
    }
  }

  private Tally.Result clients(Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(built.resolve("clients").toString()));
    command.addAll(List.of(arguments));
    return run(environment, directory, command.toArray(String[]::new));
  }

  private static void verified(Tally.Result result, String what) {
    assertThat(result.err()).isEmpty();
    assertThat(result.out()).isEqualTo(what + " verified\n");
    assertThat(result.code()).isZero();
  }

  /** A log with its first entry only, and a key for it that no entry mentions. */
  private Path newLog() throws Exception {
    Path data = directory.resolve("log");
    Path keys = directory.resolve("keys");
    try (Tally.Server other = Tally.Server.start(keys)) {
      assertThat(other.key()).startsWith("tally_");
    }
    AuditLog.open(data, LogConfig.defaults()).close();
    Files.copy(keys.resolve("access.json"), data.resolve("access.json"));
    Files.copy(keys.resolve("admin.key"), data.resolve("admin.key"));
    return data;
  }

  /** Appends until the log has that many entries, and seals them. */
  private static void grow(Tally.Server server, long from, long to) throws Exception {
    for (long id = from + 1; id <= to; ) {
      StringBuilder batch = new StringBuilder();
      for (int i = 0; i < 5_000 && id <= to; i++, id++) {
        batch.append("{\"event_type\":\"auth.login.failed\",\"actor_id\":%d}%n".formatted(id));
      }
      assertThat(server.post(batch.toString()).statusCode()).isEqualTo(201);
    }
    assertThat(server.get("/api/audit/checkpoints/newest").body()).contains("\n" + to + "\n");
  }

  private static String key(Tally.Server server) throws Exception {
    return Tally.run(server.environment(), "", "key").out().lines().findFirst().orElseThrow();
  }

  @Test
  void aLogWithoutEntriesIsReadAsEmpty() throws Exception {
    try (EmptyLogServer server = EmptyLogServer.start(directory)) {
      verified(clients(Map.of(), "log", server.url() + "/tlog", server.key()), "0 entries");
    }
  }

  @Test
  void aLogIsVerifiedAtEverySizeWhereTilesBeginAndEnd() throws Exception {
    try (Tally.Server server = Tally.Server.start(newLog())) {
      Map<String, String> asReader = Map.of("TALLY_API_KEY", server.key());
      String tlog = server.url() + "/tlog";
      String key = key(server);
      long before = 1;
      for (long size : new long[] {1, 2, 255, 256, 257, 65_536, 65_537}) {
        grow(server, before, size);
        verified(clients(asReader, "log", tlog, key), size + " entries");
        before = size;
      }
      String strangers = "other.example/log+d6bd66f4+Ad1lxjkdOsQhVJCMJFGAw7vbKSdZHpSnEKIUZjJ0kBt4";
      assertThat(clients(asReader, "log", tlog, strangers).code()).isEqualTo(1);
      assertThat(clients(Map.of(), "log", tlog, key).err()).contains("401");
    }
  }

  @Test
  void aLogIsFollowedWhileItGrows() throws Exception {
    try (Tally.Server server = Tally.Server.start(directory.resolve("log"), "--public-tlog")) {
      Path out = directory.resolve("watch.out");
      Process watch =
          command(
                  Map.of(),
                  directory,
                  built.resolve("clients").toString(),
                  "watch",
                  server.url() + "/tlog",
                  key(server))
              .redirectErrorStream(true)
              .redirectOutput(out.toFile())
              .start();
      long size = 2;
      for (int i = 0; i < 60; i++) {
        long next = size + 1 + (i * 37L) % 300;
        grow(server, size, next);
        size = next;
      }
      watch.getOutputStream().close();
      assertThat(watch.waitFor()).as(Files.readString(out)).isZero();
      assertThat(Files.readString(out)).startsWith(size + " entries at ");
      int sizes = Integer.parseInt(Files.readString(out).replaceAll(".* at (\\d+) sizes\n", "$1"));
      assertThat(sizes).isGreaterThan(3);
    }
  }

  /** Also with a second signature of a post-quantum key, and with a witness's. */
  @Test
  void whatTheCommandLineTakesAwayIsVerified() throws Exception {
    Path data = directory.resolve("log");
    Path files = Files.createDirectory(directory.resolve("files"));
    String home = directory.resolve("witness").toString();
    String key;
    try (Tally.Server server = Tally.Server.start(data, "--post-quantum")) {
      key = key(server);
    }
    try (Tally.Witness witness =
            Tally.Witness.start("--log", key, "--dir", home, "--name", "witness.example");
        Tally.Server server =
            Tally.Server.start(data, "--witness", witness.key() + "=" + witness.url())) {
      Map<String, String> environment = server.environment();
      take(environment, "checkpoint", "--out", files.resolve("first.note"));
      grow(server, 2, 1_000);
      for (long id : new long[] {1, 256, 1_000}) {
        take(environment, "prove", Long.toString(id), "--out", files.resolve(id + ".tlog-proof"));
        Files.write(files.resolve(id + ".json"), server.entry(id));
      }
      take(environment, "checkpoint", "--out", files.resolve("second.note"));
      Files.writeString(
          files.resolve("first-second.json"),
          server.get("/api/audit/consistency?from=2&to=1000").body());
      verified(clients(Map.of(), "files", files.toString(), key), "6 files");

      Path cosigned = Files.createDirectory(directory.resolve("cosigned"));
      String note = "";
      while (!note.contains("— witness.example ")) {
        Thread.sleep(50);
        note = server.get("/tlog/checkpoint").body();
      }
      Files.writeString(cosigned.resolve("published.note"), note);
      verified(clients(Map.of(), "files", cosigned.toString(), key, witness.key()), "1 files");
    }
  }

  @Test
  void whatWasTakenAwayBeforeAnErasureIsVerifiedAfterIt() throws Exception {
    Path files = Files.createDirectory(directory.resolve("files"));
    try (Tally.Server server =
        Tally.Server.start(directory.resolve("log"), "--personal", "actor_username")) {
      Map<String, String> environment = server.environment();
      String event = "{\"event_type\":\"auth.logout\",\"actor_username\":\"zwetschge\"}\n";
      assertThat(server.post(event.repeat(300)).statusCode()).isEqualTo(201);
      take(environment, "checkpoint", "--out", files.resolve("before.note"));
      take(environment, "prove", "100", "--out", files.resolve("100.tlog-proof"));
      Files.write(files.resolve("100.json"), server.entry(100));
      Path zip = directory.resolve("evidence.zip");
      take(environment, "export", "--proofs", "--out", zip);

      take(environment, "erase", "--actor-username", "zwetschge", "--reason", "asked");
      assertThat(server.get("/api/audit/entries/100").body()).contains("\"erased\":{");
      assertThat(server.entry(100)).isEqualTo(Files.readAllBytes(files.resolve("100.json")));
      take(environment, "checkpoint", "--out", files.resolve("after.note"));
      String sizes =
          "from=" + size(files.resolve("before.note")) + "&to=" + size(files.resolve("after.note"));
      Files.writeString(
          files.resolve("before-after.json"), server.get("/api/audit/consistency?" + sizes).body());
      verified(clients(Map.of(), "files", files.toString(), key(server)), "4 files");

      Path bundle = directory.resolve("bundle");
      unzip(zip, bundle);
      Tally.Result check = checkByReadme(bundle, key(server));
      assertThat(check.err()).isEmpty();
      assertThat(check.code()).isZero();
    }
  }

  private static String size(Path checkpoint) throws IOException {
    return Files.readAllLines(checkpoint).get(1);
  }

  /** Runs what the README of a bundle says, except that the Go module comes from the cache. */
  private static Tally.Result checkByReadme(Path bundle, String key) throws Exception {
    Files.writeString(
        bundle.resolve("go.mod"),
        "module check\n\ngo 1.25.0\n\nrequire golang.org/x/mod v0.36.0\n");
    Files.copy(SOURCE.resolve("go.sum"), bundle.resolve("go.sum"), REPLACE_EXISTING);
    String readme = Files.readString(bundle.resolve("README.txt"));
    String check = line(readme, "go run check.go").replace("THE KEY THAT YOU KNOW", key);
    Map<String, String> offline = Map.of("GOFLAGS", "-mod=mod", "GOPROXY", "off");
    return run(offline, bundle, "sh", "-c", check);
  }

  /** Follows the README word for word, except that the Go module comes from the cache. */
  @Test
  void theReadmeOfTheEvidenceIsTrue() throws Exception {
    Map<String, String> log = Map.of("TALLY_DATA", directory.resolve("log").toString());
    String events = "{\"event_type\":\"auth.logout\"}\n".repeat(302);
    assertThat(Tally.run(log, events, "append").code()).isZero();
    Path zip = directory.resolve("evidence.zip");
    take(log, "export", "--proofs", "--out", zip);
    String key = Tally.run(log, "", "key").out().strip();
    Path bundle = directory.resolve("bundle");
    unzip(zip, bundle);
    String readme = Files.readString(bundle.resolve("README.txt"));

    Tally.Result sum = run(Map.of(), bundle, "sh", "-c", line(readme, "(printf"));
    String next = Files.readString(bundle.resolve("entries/302.json"));
    assertThat(next).contains("\"previous_hash\":\"" + sum.out().split(" ", -1)[0] + "\"");

    Tally.Result good = checkByReadme(bundle, key);
    assertThat(good.err()).isEmpty();
    assertThat(good.out())
        .isEqualTo("entry 301 is among the 303 that " + key.split("\\+", -1)[0] + " sealed\n");

    Path entry = bundle.resolve("entries/301.json");
    Files.writeString(entry, Files.readString(entry).replace("logout", "logouT"));
    assertThat(checkByReadme(bundle, key).code()).isEqualTo(1);
  }

  private static String line(String readme, String beginning) {
    return readme
        .lines()
        .map(String::strip)
        .filter(l -> l.startsWith(beginning))
        .findFirst()
        .orElseThrow();
  }

  private static void unzip(Path zip, Path to) throws IOException {
    try (ZipFile file = new ZipFile(zip.toFile())) {
      for (ZipEntry entry : file.stream().toList()) {
        Path target = to.resolve(entry.getName());
        Files.createDirectories(target.getParent());
        Files.write(target, file.getInputStream(entry).readAllBytes());
      }
    }
  }

  private static void take(Map<String, String> log, Object... words) throws Exception {
    String[] arguments = new String[words.length];
    for (int i = 0; i < words.length; i++) {
      arguments[i] = words[i].toString();
    }
    Tally.Result result = Tally.run(log, "", arguments);
    assertThat(result.code()).as(result.toString()).isZero();
  }
}
