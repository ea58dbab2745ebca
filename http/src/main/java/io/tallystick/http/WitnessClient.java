package io.tallystick.http;

import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.NoteSignature;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.LogTree;
import io.tallystick.store.SignedCheckpoint;
import io.tallystick.tlog.Canonical;
import io.tallystick.tlog.Hash;
import io.tallystick.witness.AddCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks one witness to sign checkpoints (C2SP tlog-witness, "add-checkpoint"). Used by one thread at
 * a time.
 */
final class WitnessClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_ANSWER_BYTES = 64 << 10;

  /** How often a witness may correct the size it is thought to know, in one attempt. */
  private static final int MAX_CORRECTIONS = 3;

  /** A witness knows something of this log that contradicts it: the log was changed or put back. */
  static final class Contradiction extends IOException {
    Contradiction(String message) {
      super(message);
    }
  }

  private record Reply(int status, String body) {}

  private final HttpClient http;
  private final VerifierKey key;
  private final URI address;

  /** The size that the witness is thought to have signed last. */
  private long known;

  WitnessClient(HttpClient http, WitnessAddress witness) {
    this.http = http;
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
  List<NoteSignature> cosign(LogTree tree, SignedCheckpoint checkpoint)
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
          List<NoteSignature> signatures = verified(checkpoint, reply.body());
          known = checkpoint.size();
          return signatures;
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

  private List<NoteSignature> verified(SignedCheckpoint checkpoint, String body)
      throws IOException {
    try {
      List<NoteSignature> signatures = new ArrayList<>();
      for (String line : body.lines().toList()) {
        NoteSignature signature = NoteSignature.parse(line);
        if (signature.name().equals(key.name())) {
          signatures.add(signature);
        }
      }
      if (signatures.isEmpty() || signatures.size() > SignedNote.MAX_SIGNATURES) {
        throw new InvalidNoteException("it did not sign");
      }
      new SignedNote(checkpoint.note().text(), signatures).verify(List.of(key));
      return signatures;
    } catch (InvalidNoteException e) {
      throw new IOException("witness " + key.name() + " did not sign: " + e.getMessage(), e);
    }
  }

  private Reply post(AddCheckpoint request) throws IOException, InterruptedException {
    HttpResponse<InputStream> response =
        http.send(
            HttpRequest.newBuilder(address)
                .timeout(TIMEOUT)
                .header("Content-Type", "text/plain; charset=utf-8")
                .POST(HttpRequest.BodyPublishers.ofByteArray(request.toBytes()))
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      byte[] answer = body.readNBytes(MAX_ANSWER_BYTES);
      return new Reply(response.statusCode(), new String(answer, StandardCharsets.UTF_8));
    }
  }
}
