package io.tallystick.cli.source;

import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.answer.Verification;
import io.tallystick.store.log.Fault;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks here, without believing the server, that its newest checkpoint is signed by a trusted key
 * and continues an earlier one that the user kept.
 */
public final class RemoteTrust {
  private final ServerSource server;
  private final Trust trust;

  RemoteTrust(ServerSource server, Trust trust) {
    this.server = server;
    this.trust = trust;
  }

  /** The server's report, with what was found here added to it. */
  Answered<Verification> complete(Answered<Verification> answer)
      throws IOException, InterruptedException {
    String fault = fault();
    if (fault.isEmpty()) {
      return answer;
    }
    Verification report = answer.value();
    List<Verification.BrokenLink> faults = new ArrayList<>(report.brokenLinks());
    faults.add(new Verification.BrokenLink(0, Fault.Kind.CHECKPOINT.toString(), fault));
    return Answered.of(
        new Verification(
            false,
            report.entriesChecked(),
            faults,
            report.faultsTotal() + 1,
            report.firstId(),
            report.lastId(),
            report.mode(),
            report.checkpoint(),
            report.leafHashes(),
            report.nodeHashes(),
            report.hashesComputed(),
            report.durationMs()));
  }

  /** What contradicts what is trusted; empty if nothing does. */
  private String fault() throws IOException, InterruptedException {
    List<VerifierKey> keys = trust.keys().isEmpty() ? named() : trust.keys();
    Checkpoint newest;
    try {
      SignedNote note = SignedNote.parse(server.newestCheckpoint());
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
    return server.log().value().verifierKeys().stream().map(VerifierKey::parse).toList();
  }

  private List<Hash> consistency(long from, long to) throws IOException, InterruptedException {
    return server.consistency(from, to).hashes().stream().map(Hash::parseBase64).toList();
  }
}
