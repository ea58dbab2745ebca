package io.tallystick.cli.source;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.access.KeySpec;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.CheckpointList;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.answer.LogInfo;
import io.tallystick.service.answer.SourceList;
import io.tallystick.service.answer.Statistics;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.append.AppendRequest;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.append.EventIdConflictException;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.erasure.ErasureReport;
import io.tallystick.service.erasure.ErasureRequest;
import io.tallystick.service.erasure.ErasureService;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.export.ExportService;
import io.tallystick.service.export.PersonalFile;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.LogView;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.query.QueryService;
import io.tallystick.service.query.SourceQuery;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.query.VerifyQuery;
import io.tallystick.service.query.VerifyService;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.service.retention.RetentionRun;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.Receipt;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.VerifyRequest;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A data directory. It can be read while a server has it open; what changes the log must be its
 * only writer.
 */
public final class DirectorySource implements Source {
  private static final Duration ACKNOWLEDGEMENT = Duration.ofMinutes(10);

  private final Path data;
  private final @Nullable Path keyFile;
  private final Closeable after;
  private @Nullable LogReader reader;
  private @Nullable AuditIndex index;
  private @Nullable AuditLog writer;
  private @Nullable IdempotentAppender appender;

  /**
   * The log in this directory.
   *
   * @param keyFile where the key that signs is; {@code null} if in the directory
   * @param after closed after it
   */
  public DirectorySource(Path data, @Nullable Path keyFile, Closeable after) {
    this.data = data;
    this.keyFile = keyFile;
    this.after = after;
  }

  @Override
  public Answered<EntryPage> entries(AuditQuery query) throws IOException, InterruptedException {
    return Answered.of(queries().entries(query));
  }

  @Override
  public Answered<EventTypes> types(TypeQuery query) throws IOException, InterruptedException {
    return Answered.of(queries().types(query));
  }

  @Override
  public Answered<SourceList> sources(SourceQuery query) throws IOException, InterruptedException {
    return Answered.of(queries().sources(query));
  }

  @Override
  public Answered<Statistics> statistics(Period period) throws IOException, InterruptedException {
    return Answered.of(queries().statistics(period));
  }

  /** Needs no index, so that it works when there is none that can be used. */
  @Override
  public Answered<Verification> verify(VerifyQuery query, Trust trust, ProgressBar bar)
      throws IOException, InterruptedException {
    VerifyService log = new VerifyService(reader());
    VerifyRequest request = log.request(query, trust.keys(), trust.earlier(), trust.authorities());
    return Answered.of(log.verify(request, bar::at));
  }

  @Override
  public void export(AuditQuery query, ExportFormat format, boolean commitments, OutputStream out)
      throws IOException, InterruptedException {
    new ExportService(LogView.whole(reader(), indexBeside()))
        .export(query, format, commitments)
        .writeTo(out);
  }

  @Override
  public Answered<LogInfo> log() throws IOException {
    return Answered.of(tree().log());
  }

  @Override
  public Answered<CheckpointList> checkpoints(CheckpointQuery query) throws IOException {
    return Answered.of(tree().checkpoints(query));
  }

  @Override
  public byte[] newestCheckpoint() throws IOException, InterruptedException {
    return tree()
        .exported()
        .orElseThrow(() -> new Failure(Failure.USAGE, "the log has no checkpoint yet"))
        .note()
        .toBytes();
  }

  @Override
  public byte[] proof(long id) throws IOException, InterruptedException {
    return tree()
        .proof(id, Scope.ALL)
        .orElseThrow(() ->
            new Failure(Failure.USAGE, "there is no entry " + id + ", or it is not sealed yet"))
        .toBytes();
  }

  @Override
  public byte[] entryBytes(long id) throws IOException {
    return stored(id).bytes();
  }

  @Override
  public byte[] personal(long id) throws IOException {
    return PersonalFile.of(stored(id));
  }

  private StoredEntry stored(long id) throws IOException {
    return QueryService.entry(reader(), id)
        .orElseThrow(() -> new Failure(Failure.USAGE, "there is no entry " + id));
  }

  @Override
  public Answered<ErasureReport> erase(
      Map<String, List<String>> filters, List<String> fields, String reason, boolean dryRun)
      throws IOException, InterruptedException {
    ErasureRequest request = ErasureRequest.of(filters, fields, reason, dryRun);
    if (dryRun) {
      return Answered.of(ErasureService.dryRun(reader(), indexBeside(), request));
    }
    reader();
    AuditLog log = writer();
    return Answered.of(new ErasureService(log, indexOf(log)).erase(request, Actor.account()));
  }

  /** Nobody can sign a checkpoint beside the server: the newest is the one that is there. */
  private ProofService tree() throws IOException {
    LogReader log = reader();
    return new ProofService(log, () -> log.tree().newest());
  }

  private LogReader reader() throws IOException {
    if (reader == null) {
      reader = LogReader.open(data);
    }
    return reader;
  }

  private QueryService queries() throws IOException {
    return new QueryService(LogView.whole(reader(), indexBeside()), Clock.systemUTC());
  }

  private AuditIndex indexBeside() throws IOException {
    if (index == null) {
      index = AuditIndex.openBeside(reader(), reader().directory().index());
    }
    return index;
  }

  private AuditLog writer() throws IOException {
    if (writer == null) {
      try {
        writer = AuditLog.open(data, LogConfig.builder().keyFile(keyFile).build());
      } catch (LogException.Locked e) {
        throw new Failure(
            Failure.UNREACHABLE,
            e.getMessage() + ". To change it, name the server that has it open: --url URL");
      }
    }
    return writer;
  }

  @Override
  public Appended append(List<byte[]> lines, List<Event> events, EventReader.Rules rules)
      throws IOException, InterruptedException {
    if (!IdempotentAppender.needed(events)) {
      // Without event ids no index has to be opened.
      Receipt receipt = Futures.from(writer().append(events, Entry.LOCAL));
      return new Appended(events.size(), 0, receipt.lastId(), new TreeMap<>());
    }
    if (appender == null) {
      appender =
          new IdempotentAppender(
              writer(),
              indexOf(writer()),
              IdempotentAppender.WINDOW_EVENTS,
              IdempotentAppender.MAX_HELD,
              ACKNOWLEDGEMENT);
    }
    try {
      AppendRequest request = new AppendRequest(events, rules.partial(), null);
      AppendResult result = appender.append(request, Entry.LOCAL);
      long lastId = result.places().stream().mapToLong(AppendResult.Place::id).max().orElse(0);
      SortedMap<Integer, List<String>> rejected = new TreeMap<>();
      result.conflicts().forEach((at, reason) -> rejected.put(at, List.of(reason)));
      return new Appended(result.appended(), result.replayed(), lastId, rejected);
    } catch (EventIdConflictException e) {
      throw new Failure(Failure.USAGE, String.valueOf(e.getMessage()));
    } catch (TimeoutException e) {
      throw new Failure(
          Failure.UNREACHABLE,
          "the log did not acknowledge the events within "
              + ACKNOWLEDGEMENT.toSeconds()
              + " s; append them again with the same event_id");
    }
  }

  @Override
  public Answered<KeyInfo.NewKey> createKey(WantedKey wanted)
      throws IOException, InterruptedException {
    Set<Permission> set = EnumSet.noneOf(Permission.class);
    for (String permission : wanted.permissions()) {
      set.add(
          Permission.of(permission)
              .orElseThrow(() ->
                  new Failure(
                      Failure.USAGE,
                      "--permission must be one or more of "
                          + Permission.names()
                          + ", but one was \""
                          + Printable.of(permission)
                          + "\"")));
    }
    String expiresAt = wanted.expiresAt();
    KeySpec spec =
        new KeySpec(
            wanted.name(),
            set,
            wanted.lenient(),
            KeySpec.scope(wanted.only()),
            KeySpec.stamp(wanted.stamp()),
            PersonalField.of(wanted.personal()),
            expiresAt == null ? null : Instant.parse(expiresAt));
    AccessKeys.NewKey made = administration().create(spec, Actor.account());
    return Answered.of(KeyInfo.NewKey.of(made));
  }

  @Override
  public Answered<KeyInfo.KeyList> listKeys() throws IOException {
    AccessKeys keys = AccessKeys.open(reader().directory().access(), Clock.systemUTC());
    return Answered.of(KeyInfo.KeyList.of(keys.list()));
  }

  @Override
  public void revokeKey(String id) throws IOException, InterruptedException {
    if (administration().revoke(id, Actor.account()).isEmpty()) {
      throw new Failure(
          Failure.USAGE, "there is no key in force with the id \"" + Printable.of(id) + "\"");
    }
  }

  private KeyAdministration administration() throws IOException {
    AuditLog log = writer();
    return new KeyAdministration(
        log, AccessKeys.open(log.reader().directory().access(), Clock.systemUTC()));
  }

  @Override
  public Answered<RetentionRun> runRetention(int days, String mode, boolean dryRun)
      throws IOException, InterruptedException {
    RetentionAdministration.Run run =
        dryRun
            ? RetentionAdministration.dryRun(
                reader(), indexBeside(), days, mode(mode), Clock.systemUTC())
            : retention().run(days, mode(mode), false, Actor.account());
    return Answered.of(RetentionRun.of(run));
  }

  private static Retention.Mode mode(String mode) {
    return RetentionAdministration.mode(mode)
        .orElseThrow(() ->
            new Failure(
                Failure.USAGE,
                "--retention-mode must be archive or purge, but was \""
                    + Printable.of(mode)
                    + "\""));
  }

  @Override
  public Answered<LegalHold> placeHold(long firstId, long lastId, String reason)
      throws IOException, InterruptedException {
    return Answered.of(retention().place(firstId, lastId, reason, Actor.account()));
  }

  @Override
  public Answered<LegalHold.HoldList> listHolds() throws IOException, InterruptedException {
    return Answered.of(
        new LegalHold.HoldList(RetentionAdministration.holds(reader(), indexBeside())));
  }

  @Override
  public void releaseHold(String id) throws IOException, InterruptedException {
    if (!id.matches("[1-9][0-9]{0,17}")
        || !retention().release(Long.parseLong(id), Actor.account())) {
      throw new Failure(
          Failure.USAGE, "there is no hold in force with the id \"" + Printable.of(id) + "\"");
    }
  }

  /** For a log that exists: none is created only to remove entries from it. */
  private RetentionAdministration retention() throws IOException {
    reader();
    AuditLog log = writer();
    return new RetentionAdministration(log, indexOf(log), Clock.systemUTC());
  }

  /** The index of the log that this process writes. */
  private AuditIndex indexOf(AuditLog log) throws IOException {
    if (index == null) {
      index = AuditIndex.open(log.reader(), log.reader().directory().index());
    }
    return index;
  }

  @Override
  public void close() throws IOException {
    try (after;
        AuditLog _ = writer;
        AuditIndex _ = index) {
      index = null;
      writer = null;
    }
  }
}
