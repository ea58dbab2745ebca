package io.tallystick.cli.source;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.ProgressBar;
import io.tallystick.entry.Event;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A log to ask: a server, or a data directory. Both give the same answers, those of the HTTP API,
 * so a command need not know which it has. Used by one thread; what goes wrong is thrown as a
 * {@link Failure}.
 */
public interface Source extends AutoCloseable {
  /**
   * What became of a batch.
   *
   * @param appended how many of its events are new
   * @param replayed how many were in the log already, by their request id
   * @param lastId the highest id among the batch's entries
   */
  record Appended(long appended, long replayed, long lastId) {}

  /**
   * Writes the answer to a question.
   *
   * @param path of the reading endpoint, for instance {@code /api/audit/stats}
   */
  void get(String path, Map<String, List<String>> parameters, OutputStream out)
      throws IOException, InterruptedException;

  /**
   * The answer of the HTTP API to a verification, with what else follows from what is trusted.
   *
   * @param bar told how far it is
   */
  byte[] verify(Map<String, List<String>> parameters, Trust trust, ProgressBar bar)
      throws IOException, InterruptedException;

  /**
   * Appends a batch, all of it or nothing.
   *
   * @param lines the events as they came, one each
   * @param events the same events, read
   * @throws Failure if an event has the request id of another one with different content
   */
  Appended append(List<byte[]> lines, List<Event> events) throws IOException, InterruptedException;

  /** Makes a key and gives the answer of the HTTP API, with the secret. */
  byte[] createKey(String name, List<String> permissions, @Nullable String expiresAt)
      throws IOException, InterruptedException;

  /** The answer of the HTTP API with all keys. */
  byte[] listKeys() throws IOException, InterruptedException;

  /** Runs retention and gives the answer of the HTTP API. */
  byte[] runRetention(int days, String mode, boolean dryRun)
      throws IOException, InterruptedException;

  /** Places a legal hold and gives the answer of the HTTP API. */
  byte[] placeHold(long firstId, long lastId, String reason)
      throws IOException, InterruptedException;

  /** The answer of the HTTP API with all legal holds. */
  byte[] listHolds() throws IOException, InterruptedException;

  void releaseHold(String id) throws IOException, InterruptedException;

  void revokeKey(String id) throws IOException, InterruptedException;

  @Override
  void close() throws IOException;
}
