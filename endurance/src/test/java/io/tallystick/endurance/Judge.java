package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.index.AddressRange;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.scope.Scope;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.archive.ArchiveReader;
import io.tallystick.store.archive.ArchiveVerifier;
import io.tallystick.store.log.Fault;
import io.tallystick.store.log.Horizon;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import io.tallystick.tlog.TlogProof;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A process that damages a copy of a log, one {@link Damage} after another, and looks at it the way
 * an operator would: verifies it, reads it, starts on it, appends to it. For each it prints {@code
 * found} and what; {@code rebuilt} and what, if every answer is as it was and the log says so;
 * {@code harmless}, if every answer is as it was; or what is wrong.
 */
final class Judge {
  private static final String WITNESS = "asking for the witness's signature";

  private final Path pristine;
  private final Path copy;
  private final VerifierKey witness;
  private final SortedEntries entries;
  private final List<String> said = new ArrayList<>();
  private Map<String, String> due = Map.of();
  private Map<String, String> answers = new LinkedHashMap<>();

  /** The log may have been written to since it was copied. */
  private boolean written;

  /** What is in the log, by id. */
  private record SortedEntries(Map<Long, StoredEntry> byId, String proof) {}

  private Judge(Path pristine, Path copy, VerifierKey witness) throws IOException {
    this.pristine = pristine;
    this.copy = copy;
    this.witness = witness;
    LogReader reader = LogReader.open(pristine);
    Map<Long, StoredEntry> byId = new LinkedHashMap<>();
    reader.forEach(1, Long.MAX_VALUE, entry -> byId.put(entry.id(), entry) == null);
    this.entries = new SortedEntries(byId, prove(reader));
  }

  /** Arguments: the log, where to copy it, the witness's key. Takes damages as lines. */
  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    Judge judge = new Judge(Path.of(args[0]), Path.of(args[1]), VerifierKey.parse(args[2]));
    judge.listen();
    SmallLog.copy(judge.pristine, judge.copy);
    String untouched = judge.judge(Damage.none());
    Map<String, String> due = new LinkedHashMap<>(judge.answers);
    judge.answers = due;
    judge.index();
    judge.restore(Damage.none());
    judge.due = due;
    out.println(untouched);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(judge.judge(Damage.parse(line)).replace('\n', ' '));
    }
    Runtime.getRuntime().halt(0);
  }

  private void listen() {
    Logger root = Logger.getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    root.addHandler(
        new Handler() {
          @Override
          public void publish(LogRecord message) {
            if (message.getLevel().intValue() >= Level.WARNING.intValue()
                && message.getLoggerName().startsWith("io.tallystick.")) {
              synchronized (said) {
                said.add(message.getMessage());
              }
            }
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        });
  }

  private String judge(Damage damage) throws IOException {
    answers = new LinkedHashMap<>();
    said.clear();
    damage.to(copy);
    try {
      return verdict(damage);
    } catch (AssertionError e) {
      return "wrong: " + e.getMessage();
    } catch (Exception | Error e) {
      return "fails: " + e + " " + frames(e);
    } finally {
      restore(damage);
    }
  }

  private static List<String> frames(Throwable e) {
    List<String> frames = new ArrayList<>();
    for (StackTraceElement frame : e.getStackTrace()) {
      if (frames.size() < 6) {
        frames.add(frame.toString());
      }
    }
    return frames;
  }

  private String verdict(Damage damage) throws Exception {
    String found = read();
    boolean broken = found != null && !found.startsWith(WITNESS);
    if (found == null) {
      found = archives();
    }
    if (found == null && damage.isWithin("index")) {
      found = index();
    } else if (found == null || evidenceIsLookedFor(damage)) {
      String start = start(broken);
      found = found == null ? start : found;
    }
    if (found != null) {
      return "found by " + found;
    }
    for (Map.Entry<String, String> answer : answers.entrySet()) {
      String before = due.getOrDefault(answer.getKey(), answer.getValue());
      if (!answer.getValue().equals(before)) {
        return "wrong: " + answer.getKey() + " is now " + answer.getValue() + ", was " + before;
      }
    }
    synchronized (said) {
      return said.isEmpty() ? "harmless" : "rebuilt: " + said.getFirst();
    }
  }

  /** A start on damage that verification finds costs much more than finding it: a sample. */
  private static boolean evidenceIsLookedFor(Damage damage) {
    return damage.kind() != Damage.Kind.BIT_FLIPPED || damage.at() % 127 == 0;
  }

  /** What verifying and reading find; {@code null} if they find nothing. */
  private @Nullable String read() throws Exception {
    LogReader reader;
    List<Fault> faults;
    try {
      reader = LogReader.open(copy);
      faults = new LogVerifier(reader).verify(VerifyRequest.all(), null).faults();
    } catch (IOException e) {
      return "reading: " + message(e);
    }
    for (Map.Entry<Long, StoredEntry> entry : entries.byId.entrySet()) {
      Optional<StoredEntry> read = Optional.empty();
      try {
        read = reader.read(entry.getKey());
      } catch (IOException e) {
        if (faults.isEmpty()) {
          return "reading: " + message(e);
        }
        continue;
      }
      if (read.isEmpty() ? faults.isEmpty() : !read.get().hash().equals(entry.getValue().hash())) {
        throw new AssertionError("entry " + entry.getKey() + " is now " + read);
      }
    }
    try {
      String proof = prove(reader);
      if (!proof.equals(entries.proof) && faults.isEmpty()) {
        throw new AssertionError("the proof is now " + proof);
      }
    } catch (IOException e) {
      if (faults.isEmpty()) {
        return "reading: " + message(e);
      }
    }
    if (!faults.isEmpty()) {
      return "verify: " + faults.getFirst().kind() + " " + faults.getFirst().reason();
    }
    answers.put("identity", reader.identity().toString());
    answers.put("horizon", reader.horizon().toString());
    answers.put("last id", Long.toString(reader.lastId()));
    try {
      answers.put("newest", reader.tree().newest().map(SignedCheckpoint::checkpoint).toString());
      List<String> kept = new ArrayList<>();
      for (LogTree.Kept one : reader.tree().kept()) {
        kept.add(one.checkpoint().note().toString());
      }
      answers.put("kept", kept.toString());
      SignedCheckpoint cosigned = reader.tree().cosigned().orElse(null);
      if (cosigned == null || !cosigned.hasSigned(witness)) {
        return WITNESS + ": it is not there";
      }
    } catch (IOException e) {
      return "reading: " + message(e);
    }
    return null;
  }

  private static String prove(LogReader reader) throws IOException {
    long id = reader.horizon().firstId() + 1;
    SignedCheckpoint newest =
        reader
            .tree()
            .newest()
            .filter(checkpoint -> checkpoint.size() >= id)
            .orElseThrow(() -> new IOException("no checkpoint covers entry " + id));
    TlogProof proof = reader.tree().prove(id, newest);
    return proof.index() + " " + proof.hashes() + " " + newest.checkpoint();
  }

  private @Nullable String archives() throws Exception {
    LogReader reader = LogReader.open(copy);
    for (Horizon.Removed removed : reader.horizon().removed()) {
      if (removed.archive() == null) {
        continue;
      }
      List<String> lines = new ArrayList<>();
      try (ArchiveReader archive =
          ArchiveReader.open(reader.directory().archive().resolve(removed.archive()))) {
        List<String> faults = ArchiveVerifier.verify(archive, reader.identity().keys()).faults();
        if (!faults.isEmpty()) {
          return "verifying the archive: " + faults.getFirst();
        }
        archive.forEach(entry -> lines.add(entry.hash().toString()));
        answers.put("archive", archive.manifest() + " " + lines);
      } catch (IOException | InvalidNoteException e) {
        return "verifying the archive: " + message(e);
      }
    }
    return null;
  }

  private @Nullable String index() throws Exception {
    written = true;
    LogReader reader = LogReader.open(copy);
    try (AuditIndex index = AuditIndex.open(reader, reader.directory().index())) {
      ask(index, reader.lastId());
    } catch (IOException e) {
      return "opening the index: " + message(e);
    }
    return null;
  }

  /** Questions about the entries up to {@code last}, which the log holds now or held before. */
  private void ask(AuditIndex index, long last) throws Exception {
    index.awaitIndexed(last);
    answers.put(last + ": counts", index.types(Scope.ALL, null, 1_000).toString());
    answers.put(last + ": all", index.search(AuditQuery.builder().build()).toString());
    answers.put(
        last + ": by actor",
        index.search(AuditQuery.builder().text(EntryField.ACTOR_ID, "7").build()).toString());
    answers.put(
        last + ": by address",
        index
            .search(AuditQuery.builder().actorIp(AddressRange.parse("192.0.2.1")).build())
            .toString());
    answers.put(
        last + ": by source",
        index.search(AuditQuery.builder().text(EntryField.SOURCE, "other").build()).toString());
    answers.put(
        last + ": since",
        index
            .search(AuditQuery.builder().since(Instant.parse("2026-05-04T00:00:00Z")).build())
            .toString());
    answers.put(
        last + ": statistics",
        index.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, Instant.EPOCH).toString());
  }

  /**
   * What a start finds, and an append in the damaged segment. A start on damage that was found must
   * not make it look sound, unless it says what it did.
   */
  private @Nullable String start(boolean found) throws Exception {
    written = true;
    try (AuditLog log = AuditLog.open(copy, SmallLog.later())) {
      if (!found) {
        answers.put("start", Long.toString(log.lastId()));
      }
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      answers.put("keys", keys.list().toString());
      String admin = Files.readString(log.reader().directory().adminKey()).strip();
      if (!(keys.check(admin) instanceof AccessKeys.Check.Accepted)) {
        return "signing in with admin.key";
      }
      Receipt receipt = log.append(Event.of("auth.logout")).get();
      answers.put("appended", receipt.lastId() + " " + receipt.hash(0));
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        ask(index, log.lastId());
        new KeyAdministration(log, keys).checkNotLost(index);
      }
    } catch (IOException e) {
      return "starting: " + message(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException io) {
        return "appending: " + message(io);
      }
      throw e;
    }
    for (Path segment : SmallLog.segments(copy)) {
      SmallLog.cutZeros(segment);
    }
    List<Fault> after =
        new LogVerifier(LogReader.open(copy)).verify(VerifyRequest.all(), null).faults();
    if (!found && !after.isEmpty()) {
      throw new AssertionError("after a start and an append: " + after);
    }
    if (found && after.isEmpty() && said.isEmpty()) {
      throw new AssertionError("a start made the damage look sound, and said nothing");
    }
    return null;
  }

  private static String message(Exception e) {
    String message = e.getMessage();
    if (message == null || message.isBlank()) {
      throw new AssertionError("an error without a word: " + e + " " + frames(e));
    }
    return message;
  }

  private void restore(Damage damage) throws IOException {
    if (written) {
      SmallLog.delete(copy);
      SmallLog.copy(pristine, copy);
      written = false;
    } else {
      for (String file : damage.files()) {
        SmallLog.copyFile(pristine.resolve(file), copy.resolve(file));
      }
    }
  }
}
