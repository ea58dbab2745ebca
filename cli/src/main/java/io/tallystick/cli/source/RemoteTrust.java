package io.tallystick.cli.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Checks here what a server says of itself: that its newest checkpoint is signed by a trusted key
 * and continues the one that was taken away. The server's word is not taken for either.
 */
public final class RemoteTrust {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ServerSource server;
  private final Trust trust;

  RemoteTrust(ServerSource server, Trust trust) {
    this.server = server;
    this.trust = trust;
  }

  /** The server's report, with what was found here added to it. */
  byte[] complete(byte[] report) throws IOException, InterruptedException {
    ObjectNode answer = (ObjectNode) JSON.readTree(report);
    String fault = fault();
    if (!fault.isEmpty()) {
      answer.put("valid", false);
      answer.put("faults_total", answer.path("faults_total").asLong() + 1);
      answer
          .withArray("broken_links")
          .addObject()
          .put("id", 0)
          .put("kind", "checkpoint")
          .put("reason", fault);
    }
    return JSON.writeValueAsBytes(answer);
  }

  /** What contradicts what is trusted; empty if nothing does. */
  private String fault() throws IOException, InterruptedException {
    List<VerifierKey> keys = trust.keys().isEmpty() ? named() : trust.keys();
    Checkpoint newest;
    try {
      SignedNote note = SignedNote.parse(server.read("/api/audit/checkpoints/newest", Map.of()));
      newest = Checkpoint.open(note, keys);
    } catch (InvalidNoteException e) {
      return "the newest checkpoint is not signed by the key that was given: " + e.getMessage();
    }
    SignedNote earlier = trust.earlier();
    if (earlier == null) {
      return "";
    }
    try {
      Checkpoint before = Checkpoint.open(earlier, keys);
      if (!before.origin().equals(newest.origin())) {
        return "the checkpoint that was given is one of the log " + before.origin();
      }
      if (before.size() > newest.size()) {
        return "the checkpoint that was given covers "
            + before.size()
            + " entries, and the log's newest one "
            + newest.size();
      }
      new ProofVerifier(new Hasher())
          .consistency(
              before.size(),
              before.root(),
              consistency(before.size(), newest.size()),
              newest.size(),
              newest.root());
      return "";
    } catch (InvalidNoteException e) {
      return "the checkpoint that was given is not one of this log: " + e.getMessage();
    } catch (InvalidProofException e) {
      return "the log does not continue the checkpoint that was given: " + e.getMessage();
    }
  }

  private List<VerifierKey> named() throws IOException, InterruptedException {
    List<VerifierKey> keys = new ArrayList<>();
    for (JsonNode key :
        JSON.readTree(server.read("/api/audit/log", Map.of())).path("verifier_keys")) {
      keys.add(VerifierKey.parse(key.asText()));
    }
    return keys;
  }

  private List<Hash> consistency(long from, long to) throws IOException, InterruptedException {
    List<Hash> hashes = new ArrayList<>();
    byte[] answer =
        server.read(
            "/api/audit/consistency",
            Map.of("from", List.of(Long.toString(from)), "to", List.of(Long.toString(to))));
    for (JsonNode hash : JSON.readTree(answer).path("hashes")) {
      hashes.add(Hash.parseBase64(hash.asText()));
    }
    return hashes;
  }
}
