package io.tallystick.cli.source;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.index.AuditQuery;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.answer.CheckpointList;
import io.tallystick.service.answer.EntryPage;
import io.tallystick.service.answer.EventTypes;
import io.tallystick.service.answer.LogInfo;
import io.tallystick.service.answer.SourceList;
import io.tallystick.service.answer.Statistics;
import io.tallystick.service.answer.Verification;
import io.tallystick.service.erasure.ErasureReport;
import io.tallystick.service.export.ExportFormat;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.SourceQuery;
import io.tallystick.service.query.TypeQuery;
import io.tallystick.service.query.VerifyQuery;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionRun;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A log to read and change: a server, or a data directory. Both give the same answers, those of the
 * HTTP API, so that a command need not know which it has. Used by one thread; what goes wrong for a
 * reason that the user can mend is thrown as a {@link Failure}.
 */
public interface Source extends AutoCloseable {
  /**
   * What became of a batch.
   *
   * @param appended how many of its events are new
   * @param replayed how many were in the log already, by their event id
   * @param lastId the highest id among the batch's entries; 0 if it has none
   * @param rejected what is wrong with each event that was left out, by its place in the batch
   */
  record Appended(
      long appended, long replayed, long lastId, SortedMap<Integer, List<String>> rejected) {}

  /** A page of the entries that match. */
  Answered<EntryPage> entries(AuditQuery query) throws IOException, InterruptedException;

  /** A page of the event types, and how often each occurs. */
  Answered<EventTypes> types(TypeQuery query) throws IOException, InterruptedException;

  /** Who sent entries, and what is missing of what they count. */
  Answered<SourceList> sources(SourceQuery query) throws IOException, InterruptedException;

  /** Counts over a period. */
  Answered<Statistics> statistics(Period period) throws IOException, InterruptedException;

  /**
   * What a verification finds, also of what the user trusts.
   *
   * @param bar shows how far it has come
   */
  Answered<Verification> verify(VerifyQuery query, Trust trust, ProgressBar bar)
      throws IOException, InterruptedException;

  /**
   * Writes all entries that match.
   *
   * @param commitments whether it has the exact bytes of entries and nothing of personal values
   */
  void export(AuditQuery query, ExportFormat format, boolean commitments, OutputStream out)
      throws IOException, InterruptedException;

  /** Which log it is, and which keys sign it. */
  Answered<LogInfo> log() throws IOException, InterruptedException;

  /** A page of the checkpoints that are kept. */
  Answered<CheckpointList> checkpoints(CheckpointQuery query)
      throws IOException, InterruptedException;

  /** The newest checkpoint, a signed note, which is kept in the history from now on. */
  byte[] newestCheckpoint() throws IOException, InterruptedException;

  /** The proof of an entry (C2SP tlog-proof). */
  byte[] proof(long id) throws IOException, InterruptedException;

  /** The exact bytes of an entry. */
  byte[] entryBytes(long id) throws IOException, InterruptedException;

  /** What opens the commitments of an entry, see {@code PersonalFile}. */
  byte[] personal(long id) throws IOException, InterruptedException;

  /**
   * Appends a batch: all of it or nothing, or, if partial, those of its events that can be.
   *
   * @param lines the events as they came, one each
   * @param events the same events, read
   * @param rules by which the events were read
   * @throws Failure if an event has the event id of another one with different content, unless
   *     partial
   */
  Appended append(List<byte[]> lines, List<Event> events, EventReader.Rules rules)
      throws IOException, InterruptedException;

  /**
   * A key to create, as the user asks for it.
   *
   * @param only of each field the values that it sees; empty for everything
   * @param stamp what its events have in these fields
   * @param personal names of fields that are personal in what it sends
   * @param expiresAt RFC 3339; {@code null} if it does not expire
   */
  record WantedKey(
      String name,
      List<String> permissions,
      boolean lenient,
      Map<String, List<String>> only,
      Map<String, String> stamp,
      List<String> personal,
      @Nullable String expiresAt) {}

  /** Creates a key; the answer has its secret. */
  Answered<KeyInfo.NewKey> createKey(WantedKey wanted) throws IOException, InterruptedException;

  /** All keys. */
  Answered<KeyInfo.KeyList> listKeys() throws IOException, InterruptedException;

  void revokeKey(String id) throws IOException, InterruptedException;

  /** Runs retention. */
  Answered<RetentionRun> runRetention(int days, String mode, boolean dryRun)
      throws IOException, InterruptedException;

  /** Places a legal hold. */
  Answered<LegalHold> placeHold(long firstId, long lastId, String reason)
      throws IOException, InterruptedException;

  /** The legal holds that are in force. */
  Answered<LegalHold.HoldList> listHolds() throws IOException, InterruptedException;

  void releaseHold(String id) throws IOException, InterruptedException;

  /** Erases personal values, or says what would be erased. */
  Answered<ErasureReport> erase(
      Map<String, List<String>> filters, List<String> fields, String reason, boolean dryRun)
      throws IOException, InterruptedException;

  @Override
  void close() throws IOException;
}
