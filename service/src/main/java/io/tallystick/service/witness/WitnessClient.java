package io.tallystick.service.witness;

import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.Canonical;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one witness to sign checkpoints (C2SP tlog-witness, "add-checkpoint"). Used by one thread at
 * a time.
 */
public final class WitnessClient {
  private static final Logger LOG = LoggerFactory.getLogger(WitnessClient.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_ANSWER_BYTES = 64 << 10;

  /** How often a witness may correct the size it is thought to know, in one attempt. */
  private static final int MAX_CORRECTIONS = 3;

  /** A witness knows something of this log that contradicts it: the log was changed or put back. */
  public static final class Contradiction extends IOException {
    public Contradiction(String message) {
      super(message);
    }
  }

  private record Reply(int status, String body) {}

  private final HttpClient http;
  private final VerifierKey key;
  private final URI address;
  private final Duration timeout;

  /** The size that the witness is thought to have signed last. */
  private long known;

  public WitnessClient(HttpClient http, WitnessAddress witness) {
    this(http, witness, TIMEOUT);
  }

  /**
   * @param timeout for a whole answer
   */
  public WitnessClient(HttpClient http, WitnessAddress witness, Duration timeout) {
    this.http = http;
    this.timeout = timeout;
    this.key = witness.key();
    this.address = URI.create(witness.prefix() + "/add-checkpoint");
  }

  VerifierKey key() {
    return key;
  }

  /**
   * Has a checkpoint signed.
   *
   * @param tree whose checkpoint it is
   * @throws Contradiction if the witness has seen something else of this log
   * @throws IOException if it does not sign for another reason
   */
  public NoteSignature cosign(LogTree tree, SignedCheckpoint checkpoint)
      throws IOException, InterruptedException {
    for (int attempt = 0; attempt <= MAX_CORRECTIONS; attempt++) {
      if (known > checkpoint.size()) {
        throw new Contradiction(
            "witness "
                + key.name()
                + " has signed a checkpoint over "
                + known
                + " entries, and this log has only "
                + checkpoint.size()
                + ": it was put back to an older state");
      }
      List<Hash> proof = known == 0 ? List.of() : tree.consistency(known, checkpoint.size());
      Reply reply = post(new AddCheckpoint(known, proof, checkpoint.note()));
      switch (reply.status()) {
        case 200 -> {
          NoteSignature signature = verified(checkpoint, reply.body());
          known = checkpoint.size();
          return signature;
        }
        case 409 -> correct(reply.body(), checkpoint);
        case 422 ->
            throw new Contradiction(
                "witness "
                    + key.name()
                    + " has signed a checkpoint over "
                    + known
                    + " entries that this log does not continue");
        default ->
            throw new IOException(
                "witness " + key.name() + " answered with status " + reply.status());
      }
    }
    throw new IOException("witness " + key.name() + " is being asked by somebody else too");
  }

  /** A witness says with 409 which size it knows; the same as ours means another root. */
  private void correct(String body, SignedCheckpoint checkpoint) throws IOException {
    long size;
    try {
      size = Canonical.decimal(body.strip());
    } catch (IllegalArgumentException e) {
      throw new IOException("witness " + key.name() + " answered 409 without a size", e);
    }
    if (size == known && size == checkpoint.size()) {
      throw new Contradiction(
          "witness "
              + key.name()
              + " has signed another checkpoint over "
              + size
              + " entries of this log");
    }
    known = size;
  }

  /** The first signature of the witness's key among the lines of its answer. */
  private NoteSignature verified(SignedCheckpoint checkpoint, String body) throws IOException {
    String text = checkpoint.note().text();
    for (String line : body.lines().limit(SignedNote.MAX_SIGNATURES).toList()) {
      try {
        NoteSignature signature = NoteSignature.parse(line);
        new SignedNote(text, List.of(signature)).verify(List.of(key));
        return signature;
      } catch (InvalidNoteException e) {
        LOG.debug("witness {}: {}", key.name(), e.getMessage());
      }
    }
    throw new IOException("witness " + key.name() + " did not sign");
  }

  private Reply post(AddCheckpoint request) throws IOException, InterruptedException {
    try {
      HttpResponse<byte[]> response =
          WholeAnswer.to(
              HttpRequest.newBuilder(address)
                  .header("Content-Type", "text/plain; charset=utf-8")
                  .POST(HttpRequest.BodyPublishers.ofByteArray(request.toBytes()))
                  .build(),
              http,
              MAX_ANSWER_BYTES,
              timeout);
      return new Reply(response.statusCode(), new String(response.body(), StandardCharsets.UTF_8));
    } catch (HttpTimeoutException e) {
      throw new IOException("witness " + key.name() + " did not answer in time", e);
    }
  }
}
