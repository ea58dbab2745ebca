package io.tallystick.endurance;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.SmallJava;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
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
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A process that writes a log, with its index and its keys, removes old segments, and prints what
 * was confirmed to it: {@code entry ID HASH} for the last of each acknowledged batch, {@code
 * removing} and {@code removed ID} for the last entry that retention removed, {@code erased FIRST
 * LAST} for entries without their personal values now, {@code key ID}, {@code full} and {@code
 * room}. Its clock runs 3,000 times too fast, so that segments change every second or so and are
 * old three seconds later. The test that started it is the client outside, which remembers.
 */
final class Subject {
  private static final int SPEED = 3_000;
  private static final long BEGINNING =
      ProcessHandle.current().info().startInstant().orElseThrow().getEpochSecond();

  private final Process process;
  private final Thread listener;
  private final SortedMap<Long, String> entries = new TreeMap<>();
  private final Set<String> keys = new TreeSet<>();
  private long removedThrough;
  private final List<Erasure.Ids> erased = new ArrayList<>();
  private final List<String> others = new ArrayList<>();
  private int messages;

  private Subject(Process process) {
    this.process = process;
    this.listener = Thread.ofPlatform().start(this::listen);
  }

  /** What it does. */
  enum Mode {
    /** Small batches, and retention. */
    REMOVING(1),
    /** Small batches as fast as it can, and everything is kept. */
    KEEPING(2_000),
    /** Batches of megabytes in a segment of many chunks: its clock is slower. */
    BULK(16_000);

    private final int detailsBytes;

    Mode(int detailsBytes) {
      this.detailsBytes = detailsBytes;
    }
  }

  /**
   * What was confirmed to it.
   *
   * @param entries the last id of each acknowledged batch, with its hash
   * @param keys that were made
   * @param removedThrough the last entry that retention removed, 0 for none
   * @param erased entries whose personal values are erased
   */
  record Told(
      SortedMap<Long, String> entries,
      Set<String> keys,
      long removedThrough,
      List<Erasure.Ids> erased) {
    static Told nothing() {
      return new Told(new TreeMap<>(), Set.of(), 0, List.of());
    }

    /** This, and what was confirmed after it. */
    Told and(Told later) {
      SortedMap<Long, String> allEntries = new TreeMap<>(entries);
      allEntries.putAll(later.entries);
      Set<String> allKeys = new TreeSet<>(keys);
      allKeys.addAll(later.keys);
      List<Erasure.Ids> allErased = new ArrayList<>(erased);
      allErased.addAll(later.erased);
      return new Told(
          allEntries, allKeys, Math.max(removedThrough, later.removedThrough), allErased);
    }

    /** Whether the personal values of an entry are erased. */
    boolean isErased(long id) {
      return erased.stream().anyMatch(ids -> ids.first() <= id && id <= ids.last());
    }

    /** The last entry that was acknowledged, 0 for none. */
    long lastId() {
      return entries.isEmpty() ? 0 : entries.lastKey();
    }
  }

  /** Starts one on this data directory, perhaps through another program. */
  static Subject start(Path data, Mode mode, String... through) throws IOException {
    List<String> command = new ArrayList<>(List.of(through));
    command.addAll(
        SmallJava.command(Subject.class, data.toString(), Long.toString(BEGINNING), mode.name()));
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
      case "removed" -> removedThrough = Long.parseLong(words[1]);
      case "erased" ->
          erased.add(new Erasure.Ids(Long.parseLong(words[1]), Long.parseLong(words[2])));
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

  /** Waits until this entry was acknowledged, or it has ended. */
  synchronized void awaitEntry(long id) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while ((entries.isEmpty() || entries.lastKey() < id)
        && process.isAlive()
        && System.nanoTime() < deadline) {
      wait(50);
    }
  }

  /** Waits until retention removed something, for at most this many seconds. */
  synchronized void awaitRemoval(int seconds) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (removedThrough == 0 && process.isAlive() && System.nanoTime() < deadline) {
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

  /** So far. */
  synchronized Told told() {
    return new Told(
        new TreeMap<>(entries), new TreeSet<>(keys), removedThrough, List.copyOf(erased));
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
    private final int speed;

    private FastClock(Instant beginning, int speed) {
      this.beginning = beginning;
      this.speed = speed;
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
      return beginning.plus(Duration.between(beginning, Instant.now()).multipliedBy(speed));
    }
  }

  /** The process. */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    Mode mode = Mode.valueOf(args[2]);
    Clock clock =
        new FastClock(
            Instant.ofEpochSecond(Long.parseLong(args[1])), mode == Mode.BULK ? 1 : SPEED);
    LogConfig config = LogConfig.builder().clock(clock).sealEvery(Duration.ofMillis(50)).build();
    AuditLog log = AuditLog.open(Path.of(args[0]), config);
    AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index());
    AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
    for (int writer = 0; writer < 4; writer++) {
      List<Event> events = events(mode, 1 + 60 * writer);
      Thread.ofPlatform().daemon().start(() -> append(log, events, mode, out));
    }
    Thread.ofPlatform().daemon().start(() -> makeKeys(log, keys, out));
    if (mode == Mode.REMOVING) {
      Thread.ofPlatform().daemon().start(() -> takeOut(log, clock, out));
      Thread.ofPlatform().daemon().start(() -> erase(log, out));
    }
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

  private static List<Event> events(Mode mode, int size) {
    Details details = Details.parse("{\"x\":\"" + "x".repeat(mode.detailsBytes) + "\"}");
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      Event event =
          Event.builder("api_key.used")
              .actorId((long) i)
              .actorUsername("somebody")
              .action("x".repeat(120))
              .details(details)
              .build();
      events.add(
          i % 3 == 0
              ? event.withPersonal(PersonalField.of(List.of("actor_username", "action")))
              : event);
    }
    return events;
  }

  private static void append(AuditLog log, List<Event> events, Mode mode, PrintStream out) {
    boolean full = false;
    while (true) {
      try {
        Receipt receipt = log.append(events, null).get();
        say(out, "entry " + receipt.lastId() + " " + receipt.hash(receipt.count() - 1));
        if (mode == Mode.REMOVING) {
          Thread.sleep(1);
        }
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
          if (log.stopped().isPresent()) {
            say(out, "stopped");
            return;
          }
          pause();
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Retention of entries that are two hours old, archived and purged in turn. */
  private static void takeOut(AuditLog log, Clock clock, PrintStream out) {
    Retention retention = new Retention(log);
    while (log.stopped().isEmpty()) {
      try {
        for (Retention.Batch batch :
            retention.plan(clock.instant().minus(Duration.ofHours(2)), Long.MAX_VALUE)) {
          Retention.Mode mode =
              batch.lastId() % 2 == 0 ? Retention.Mode.ARCHIVE : Retention.Mode.PURGE;
          say(out, "removing");
          say(out, "removed " + retention.remove(batch, mode, null).lastId());
        }
        pause();
      } catch (IOException e) {
        pause();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Erases the personal values of some entries, of which some may be archived or purged. */
  private static void erase(AuditLog log, PrintStream out) {
    Random random = new Random();
    while (log.stopped().isEmpty()) {
      try {
        long last = log.lastId();
        long first = Math.max(1, last - random.nextInt(20_000));
        Erasure.Ids ids = new Erasure.Ids(first, Math.min(last, first + random.nextInt(300)));
        say(out, "erasing");
        log.erase(Erasure.events(List.of(ids), List.of(), "asked for", null, false));
        say(out, "erased " + ids.first() + " " + ids.last());
        pause();
      } catch (IOException e) {
        pause();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private static void makeKeys(AuditLog log, AccessKeys keys, PrintStream out) {
    KeyAdministration administration = new KeyAdministration(log, keys);
    while (log.stopped().isEmpty()) {
      try {
        AccessKeys.NewKey made =
            administration.create(
                "key-" + System.nanoTime(), List.of(Permission.AUDIT_APPEND), null, Actor.SERVER);
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
