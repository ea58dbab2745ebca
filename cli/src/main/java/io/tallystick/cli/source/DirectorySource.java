package io.tallystick.cli.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.entry.Event;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.append.RequestIdConflictException;
import io.tallystick.service.export.ExportService;
import io.tallystick.service.query.Answer;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.query.QueryService;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import java.io.ByteArrayOutputStream;
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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A data directory. Questions are answered beside whatever server has it open; what changes the log
 * needs to be its one writer.
 */
public final class DirectorySource implements Source {
  private static final String USER = "/api/audit/user/";
  private static final String ENTRIES = "/api/audit/entries/";
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
  public void get(String path, Map<String, List<String>> parameters, OutputStream out)
      throws IOException, InterruptedException {
    Parameters given = Parameters.of(parameters);
    Optional<Answer> ofTree = ofTree(path, given);
    if (ofTree.isPresent()) {
      ofTree.get().writeTo(out);
      return;
    }
    QueryService queries = queries();
    Answer answer =
        switch (path) {
          case "/api/audit" -> queries.list(given);
          case "/api/audit/security" -> queries.security(given);
          case "/api/audit/types" -> queries.types(given);
          case "/api/audit/stats" -> queries.stats(given);
          case "/api/audit/export" -> new ExportService(reader(), indexBeside()).export(given);
          default -> {
            if (!path.startsWith(USER)) {
              throw new IllegalArgumentException("no such question: " + path);
            }
            yield queries.user(path.substring(USER.length()), given);
          }
        };
    answer.writeTo(out);
  }

  /** The answers that need no index. */
  private Optional<Answer> ofTree(String path, Parameters given)
      throws IOException, InterruptedException {
    if (!path.equals("/api/audit/log")
        && !path.equals("/api/audit/consistency")
        && !path.startsWith("/api/audit/checkpoints")
        && !path.startsWith(ENTRIES)) {
      return Optional.empty();
    }
    LogReader log = reader();
    ProofService tree = new ProofService(log, () -> log.tree().newest());
    Optional<Answer> answer =
        switch (path) {
          case "/api/audit/log" -> Optional.of(tree.log(given));
          case "/api/audit/consistency" -> Optional.of(tree.consistency(given));
          case "/api/audit/checkpoints" -> Optional.of(tree.checkpoints(given));
          case "/api/audit/checkpoints/newest" -> tree.exported(given);
          default -> entryOrCheckpoint(tree, path, given);
        };
    return Optional.of(
        answer.orElseThrow(() ->
            new Failure(
                Failure.USAGE, "there is no such entry or checkpoint, or it is not sealed yet")));
  }

  private Optional<Answer> entryOrCheckpoint(ProofService tree, String path, Parameters given)
      throws IOException, InterruptedException {
    String last = path.substring(path.lastIndexOf('/') + 1);
    if (path.endsWith("/proof")) {
      return tree.proof(path.substring(ENTRIES.length(), path.length() - 6), given);
    }
    return path.startsWith(ENTRIES)
        ? QueryService.entryBytes(reader(), last, given)
        : tree.checkpoint(last, given);
  }

  /** Needs no index, so that it works when there is none that can be used. */
  @Override
  public byte[] verify(Map<String, List<String>> parameters, Trust trust, ProgressBar bar)
      throws IOException, InterruptedException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    QueryService.verify(
            reader(),
            Parameters.of(parameters),
            trust.keys(),
            trust.earlier(),
            trust.authorities(),
            bar::at)
        .writeTo(out);
    return out.toByteArray();
  }

  private LogReader reader() throws IOException {
    if (reader == null) {
      reader = LogReader.open(data);
    }
    return reader;
  }

  private QueryService queries() throws IOException {
    return new QueryService(reader(), indexBeside(), Clock.systemUTC());
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
            e.getMessage() + ". To change it, ask the server that has it: --url URL");
      }
    }
    return writer;
  }

  @Override
  public Appended append(List<byte[]> lines, List<Event> events)
      throws IOException, InterruptedException {
    if (!IdempotentAppender.needed(events)) {
      // Most logs have no request ids, and then no index has to be opened.
      return new Appended(events.size(), 0, Futures.from(writer().append(events, null)).lastId());
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
      AppendResult result = appender.append(events, null);
      long lastId = result.places().stream().mapToLong(AppendResult.Place::id).max().orElse(0);
      return new Appended(result.appended(), result.replayed(), lastId);
    } catch (RequestIdConflictException e) {
      throw new Failure(Failure.USAGE, String.valueOf(e.getMessage()));
    } catch (TimeoutException e) {
      throw new Failure(
          Failure.UNREACHABLE,
          "the log did not acknowledge the events within "
              + ACKNOWLEDGEMENT.toSeconds()
              + " s; append them again with the same request_id");
    }
  }

  @Override
  public byte[] createKey(String name, List<String> permissions, @Nullable String expiresAt)
      throws IOException, InterruptedException {
    Set<Permission> set = EnumSet.noneOf(Permission.class);
    for (String permission : permissions) {
      set.add(
          Permission.of(permission)
              .orElseThrow(() ->
                  new Failure(
                      Failure.USAGE,
                      Printable.of(permission)
                          + " is no permission; taken are "
                          + Permission.names())));
    }
    AccessKeys.NewKey made =
        administration()
            .create(
                name, set, expiresAt == null ? null : Instant.parse(expiresAt), Actor.account());
    return json(out -> {
      out.writeStartObject();
      made.key().writeFields(out);
      out.writeStringField("key", made.text());
      out.writeEndObject();
    });
  }

  @Override
  public byte[] listKeys() throws IOException {
    AccessKeys keys = AccessKeys.open(reader().directory().access(), Clock.systemUTC());
    return json(out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("keys");
      for (AccessKey key : keys.list()) {
        out.writeStartObject();
        key.writeFields(out);
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  @Override
  public void revokeKey(String id) throws IOException, InterruptedException {
    if (administration().revoke(id, Actor.account()).isEmpty()) {
      throw new Failure(Failure.USAGE, "there is no key with this id that could be revoked");
    }
  }

  private KeyAdministration administration() throws IOException {
    AuditLog log = writer();
    return new KeyAdministration(
        log, AccessKeys.open(log.reader().directory().access(), Clock.systemUTC()));
  }

  @Override
  public byte[] runRetention(int days, String mode, boolean dryRun)
      throws IOException, InterruptedException {
    RetentionAdministration.Run run =
        dryRun
            ? RetentionAdministration.dryRun(
                reader(), indexBeside(), days, mode(mode), Clock.systemUTC())
            : retention().run(days, mode(mode), false, Actor.account());
    return json(run::write);
  }

  private static Retention.Mode mode(String mode) {
    return RetentionAdministration.mode(mode)
        .orElseThrow(() ->
            new Failure(
                Failure.USAGE,
                "--retention-mode is \"" + Printable.of(mode) + "\"; taken are archive and purge"));
  }

  @Override
  public byte[] placeHold(long firstId, long lastId, String reason)
      throws IOException, InterruptedException {
    LegalHold hold = retention().place(firstId, lastId, reason, Actor.account());
    return json(hold::write);
  }

  @Override
  public byte[] listHolds() throws IOException, InterruptedException {
    List<LegalHold> holds = RetentionAdministration.holds(reader(), indexBeside());
    return json(out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("holds");
      for (LegalHold hold : holds) {
        hold.write(out);
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  @Override
  public void releaseHold(String id) throws IOException, InterruptedException {
    if (!id.matches("[1-9][0-9]{0,17}")
        || !retention().release(Long.parseLong(id), Actor.account())) {
      throw new Failure(Failure.USAGE, "there is no hold in force with this id");
    }
  }

  /** Of a log that is there: none is made in order to take something out of it. */
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

  @FunctionalInterface
  private interface Body {
    void writeTo(JsonGenerator out) throws IOException;
  }

  private static byte[] json(Body body) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = new JsonFactory().createGenerator(bytes)) {
      body.writeTo(out);
    }
    return bytes.toByteArray();
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
