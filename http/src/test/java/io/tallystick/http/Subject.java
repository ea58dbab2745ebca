package io.tallystick.http;

import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogConfig;
import io.tallystick.store.LogException;
import io.tallystick.store.Receipt;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A process that writes a log, with its index and its keys, and prints what it was told is done:
 * {@code entry ID HASH} for the last of each acknowledged batch, {@code key ID}, {@code full} and
 * {@code room}. Its clock runs 3,000 times too fast, so that segments change every second or so.
 * The test that started it is the client outside, which remembers.
 */
final class Subject {
  private static final int SPEED = 3_000;
  private static final long BEGINNING =
      ProcessHandle.current().info().startInstant().orElseThrow().getEpochSecond();

  private final Process process;
  private final Thread listener;
  private final SortedMap<Long, String> entries = new TreeMap<>();
  private final Set<String> keys = new TreeSet<>();
  private final List<String> others = new ArrayList<>();
  private int messages;

  private Subject(Process process) {
    this.process = process;
    this.listener = Thread.ofPlatform().start(this::listen);
  }

  /** Starts one on this data directory, perhaps through another program. */
  static Subject start(Path data, String... through) throws IOException {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    List<String> command = new ArrayList<>(List.of(through));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + options.toAbsolutePath().normalize(),
            "-Xmx256m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Subject.class.getName(),
            data.toString(),
            Long.toString(BEGINNING)));
    return new Subject(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start());
  }

  private void listen() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.endsWith(";")) {
          take(line.substring(0, line.length() - 1).split(" ", -1));
        }
      }
    } catch (IOException e) {
      // The pipe ends with the process.
      return;
    }
  }

  private synchronized void take(String[] words) {
    messages++;
    switch (words[0]) {
      case "entry" -> entries.put(Long.valueOf(words[1]), words[2]);
      case "key" -> keys.add(words[1]);
      default -> others.add(words[0]);
    }
    notifyAll();
  }

  /** Waits until it has said so much more than now, or has ended. */
  synchronized void awaitMessages(int more) throws InterruptedException {
    int due = messages + more;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (messages < due && process.isAlive() && System.nanoTime() < deadline) {
      wait(50);
    }
  }

  /** Waits until it has said this word so many times; {@code false} if it ended before. */
  boolean awaitWord(String word, int times) throws InterruptedException {
    return awaitWord(word, times, 120);
  }

  /** The same, for so many seconds after its first message at most. */
  synchronized boolean awaitWord(String word, int times, int seconds) throws InterruptedException {
    awaitMessages(1);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (said(word) < times && process.isAlive() && System.nanoTime() < deadline) {
      wait(50);
    }
    return said(word) >= times;
  }

  synchronized long said(String word) {
    return others.stream().filter(word::equals).count();
  }

  /** Acknowledged so far: the last id of each batch, with its hash. */
  synchronized SortedMap<Long, String> entries() {
    return new TreeMap<>(entries);
  }

  /** Keys that were made so far. */
  synchronized Set<String> keys() {
    return new TreeSet<>(keys);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  /** SIGKILL. */
  void kill() throws InterruptedException {
    List<ProcessHandle> descendants = process.descendants().toList();
    descendants.forEach(ProcessHandle::destroyForcibly);
    descendants.forEach(descendant -> descendant.onExit().join());
    process.destroyForcibly().waitFor();
    listener.join();
  }

  /** SIGTERM. */
  void stop() throws InterruptedException {
    process.destroy();
    process.waitFor();
    listener.join();
  }

  /** A clock that runs too fast. */
  private static final class FastClock extends Clock {
    private final Instant beginning;

    private FastClock(Instant beginning) {
      this.beginning = beginning;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return beginning.plus(Duration.between(beginning, Instant.now()).multipliedBy(SPEED));
    }
  }

  /** The process. */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    LogConfig config =
        LogConfig.defaults()
            .withClock(new FastClock(Instant.ofEpochSecond(Long.parseLong(args[1]))))
            .withSealEvery(Duration.ofMillis(50));
    AuditLog log = AuditLog.open(Path.of(args[0]), config);
    AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index());
    AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
    for (int writer = 0; writer < 4; writer++) {
      int size = 1 + 60 * writer;
      Thread.ofPlatform().daemon().start(() -> append(log, size, out));
    }
    Thread.ofPlatform().daemon().start(() -> makeKeys(log, keys, out));
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .unstarted(() -> {
                  try {
                    index.close();
                    log.close();
                  } catch (IOException e) {
                    say(out, "unclosed");
                  }
                }));
    Thread.sleep(Duration.ofMinutes(10));
  }

  private static void say(PrintStream out, String message) {
    synchronized (out) {
      out.println(message + ";");
    }
  }

  private static void append(AuditLog log, int size, PrintStream out) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      events.add(Event.builder("api_key.used").actorId((long) i).action("x".repeat(120)).build());
    }
    boolean full = false;
    while (log.stopped().isEmpty()) {
      try {
        Receipt receipt = log.append(events, null).get();
        say(out, "entry " + receipt.lastId() + " " + receipt.hash(receipt.count() - 1));
        if (full) {
          say(out, "room");
          full = false;
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof LogException.DiskFull) {
          full = true;
          say(out, "full");
          pause();
        } else {
          say(out, "refused");
          pause();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
    say(out, "stopped");
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void makeKeys(AuditLog log, AccessKeys keys, PrintStream out) {
    KeyAdministration administration = new KeyAdministration(log, keys);
    while (log.stopped().isEmpty()) {
      try {
        AccessKeys.NewKey made =
            administration.create(
                "key-" + System.nanoTime(),
                List.of(Permission.AUDIT_APPEND),
                null,
                KeyAdministration.By.SERVER);
        say(out, "key " + made.key().id());
        Thread.sleep(20);
      } catch (IOException e) {
        pause();
      } catch (InterruptedException e) {
        return;
      }
    }
  }
}
