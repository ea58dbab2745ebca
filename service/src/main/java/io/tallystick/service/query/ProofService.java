package io.tallystick.service.query;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.TimestampToken;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.LogReader;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.EntryBundle;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The answers to what is asked of the tree over a log (api.md, Reading): proofs, checkpoints,
 * tiles. Knows no HTTP. Safe for any number of threads.
 */
public final class ProofService {
  public static final String TEXT = "text/plain; charset=utf-8";
  static final String BYTES = "application/octet-stream";

  private final LogReader log;
  private final CheckpointSource sealing;
  private final @Nullable WitnessFeeder witnessFeeder;

  /** Answers for a log whose checkpoints nobody but the log signs here. */
  public ProofService(LogReader log, CheckpointSource sealing) {
    this(log, sealing, null);
  }

  /**
   * @param witnessFeeder where checkpoints with witnesses' signatures come from; {@code null} for
   *     nowhere
   */
  public ProofService(
      LogReader log, CheckpointSource sealing, @Nullable WitnessFeeder witnessFeeder) {
    this.log = log;
    this.sealing = sealing;
    this.witnessFeeder = witnessFeeder;
  }

  /**
   * The newest checkpoint, of those that witnesses signed where there are any: unless they have not
   * signed for long what is newer.
   */
  private Optional<SignedCheckpoint> newest() throws IOException {
    Optional<SignedCheckpoint> own = log.tree().newest();
    if (witnessFeeder == null) {
      return own;
    }
    long size = own.map(SignedCheckpoint::size).orElse(0L);
    return witnessFeeder
        .newest()
        .filter(cosigned -> cosigned.size() >= size || witnessFeeder.keepsUp())
        .or(() -> own);
  }

  /**
   * The C2SP tlog-proof of an entry under a checkpoint that covers it; empty if there is no such
   * entry, or no checkpoint covers it yet and nobody is there to sign one.
   */
  public Optional<Answer> proof(String id, Parameters given)
      throws IOException, InterruptedException {
    given.only(List.of());
    long number = Parameters.number("id", id, 1, Long.MAX_VALUE);
    if (number > log.lastId()) {
      return Optional.empty();
    }
    SignedCheckpoint under = newest().orElse(null);
    if (under == null || under.size() < number) {
      under = log.tree().newest().orElse(null);
    }
    if (under == null || under.size() < number) {
      under = sealing.newest().orElse(null);
    }
    if (under == null || under.size() < number) {
      return Optional.empty();
    }
    byte[] proof = log.tree().prove(number, under).toBytes();
    return Optional.of(Answer.of(TEXT, out -> out.write(proof)));
  }

  /** The RFC 9162 proof that the tree of one size is the beginning of that of another. */
  public Answer consistency(Parameters given) throws IOException {
    given.only(List.of("from", "to"));
    long size = log.tree().size();
    Long to = given.number("to", 0, size);
    long end = to == null ? size : to;
    Long from = given.number("from", 0, end);
    if (from == null) {
      throw new InvalidParameterException(
          "from", "from is missing; taken is the size of an earlier checkpoint, 0 to " + end);
    }
    List<Hash> hashes = log.tree().consistency(from, end);
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeNumberField("from", from);
      out.writeNumberField("to", end);
      out.writeArrayFieldStart("hashes");
      for (Hash hash : hashes) {
        out.writeString(hash.toBase64());
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  /** The checkpoints that are kept, newest first; the newest of all is always among them. */
  public Answer checkpoints(Parameters given) throws IOException {
    given.only(List.of("since", "until"));
    QueryParser.Period period = QueryParser.Period.of(given);
    Instant since = period.since();
    Instant until = period.until();
    List<LogTree.Kept> all = new ArrayList<>(log.tree().kept());
    log.tree()
        .newest()
        .filter(newest -> all.stream().noneMatch(k -> k.checkpoint().size() == newest.size()))
        .ifPresent(newest -> all.addFirst(new LogTree.Kept(newest, false)));
    all.removeIf(kept ->
        (since != null && kept.checkpoint().signedAt().isBefore(since))
            || (until != null && !kept.checkpoint().signedAt().isBefore(until)));
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeArrayFieldStart("checkpoints");
      for (LogTree.Kept kept : all) {
        out.writeStartObject();
        CheckpointJson.write(out, kept.checkpoint());
        out.writeBooleanField("timestamped", kept.timestamped());
        out.writeStringField("timestamp", kept.timestamped() ? timestamp(kept) : null);
        out.writeNumberField("signatures", kept.checkpoint().note().signatures().size());
        List<String> cosigners = cosigners(kept.checkpoint());
        out.writeNumberField("cosigned", cosigners.size());
        out.writeArrayFieldStart("cosigners");
        for (String witnessFeeder : cosigners) {
          out.writeString(witnessFeeder);
        }
        out.writeEndArray();
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  private static List<String> cosigners(SignedCheckpoint checkpoint) {
    return checkpoint.note().signatures().stream()
        .map(NoteSignature::name)
        .filter(name -> !name.equals(checkpoint.checkpoint().origin()))
        .distinct()
        .toList();
  }

  /** The time that the authority's answer states, unchecked; {@code null} if it can't be read. */
  private @Nullable String timestamp(LogTree.Kept kept) throws IOException {
    Optional<byte[]> token = log.tree().token(kept.checkpoint().size());
    try {
      return token.isEmpty()
          ? null
          : Timestamps.text(TimestampToken.parse(token.get()).statedTime());
    } catch (InvalidNoteException e) {
      return null;
    }
  }

  /** A kept checkpoint, verbatim; empty if there is none of that size. */
  public Optional<Answer> checkpoint(String size, Parameters given) throws IOException {
    given.only(List.of());
    return log.tree()
        .checkpoint(Parameters.number("size", size, 0, Long.MAX_VALUE))
        .map(this::note);
  }

  /** What a timestamp authority answered for a kept checkpoint (RFC 3161); empty if none did. */
  public Optional<Answer> timestamp(String size, Parameters given) throws IOException {
    given.only(List.of());
    return log.tree()
        .token(Parameters.number("size", size, 0, Long.MAX_VALUE))
        .map(token -> Answer.of(TimestampToken.REPLY_TYPE, out -> out.write(token)));
  }

  /**
   * A checkpoint over everything, for somebody who takes it away: it is kept in the history. Empty
   * if there is none and nobody is there to sign one.
   */
  public Optional<Answer> exported(Parameters given) throws IOException, InterruptedException {
    given.only(List.of());
    Optional<SignedCheckpoint> newest = sealing.newest();
    if (newest.isPresent()) {
      log.tree().keep(newest.get());
    }
    return newest.map(this::note);
  }

  private Answer note(SignedCheckpoint checkpoint) {
    byte[] note = checkpoint.note().toString().getBytes(UTF_8);
    return Answer.of(TEXT, out -> out.write(note));
  }

  /** Which log this is, and which keys sign it. */
  public Answer log(Parameters given) throws IOException {
    given.only(List.of());
    return Answer.json(out -> {
      out.writeStartObject();
      out.writeStringField("origin", log.identity().origin());
      out.writeStringField("created_at", log.identity().createdAt());
      out.writeArrayFieldStart("verifier_keys");
      for (String key : log.identity().verifierKeys()) {
        out.writeString(key);
      }
      out.writeEndArray();
      out.writeEndObject();
    });
  }

  /**
   * The newest checkpoint, as C2SP tlog-tiles publishes it: with the signatures of witnesses where
   * there are any. Empty before the first.
   */
  public Optional<Answer> published() throws IOException {
    return newest().map(this::note);
  }

  /**
   * A tile or a bundle of entries of the published tree; empty if it has no such thing, or
   * retention took out some of the entries.
   */
  public Optional<Answer> tile(String path) throws IOException {
    Optional<TilePath> parsed = TilePath.parse(path);
    if (parsed.isEmpty()) {
      return Optional.empty();
    }
    Optional<byte[]> bytes =
        switch (parsed.get()) {
          case Tile tile -> log.tree().tile(tile);
          case EntryBundle bundle -> log.tree().bundle(bundle);
        };
    return bytes.map(content -> Answer.of(BYTES, out -> out.write(content)));
  }
}
