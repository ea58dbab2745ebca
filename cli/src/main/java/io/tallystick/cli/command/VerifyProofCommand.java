package io.tallystick.cli.command;

import io.tallystick.cli.options.LogKeys;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.export.PersonalFile;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally verify-proof}: checks a proof with nothing but a verifier key. */
@Command(
    name = "verify-proof",
    description = "Check a proof that an entry is in a log, without the log",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:the proof holds", "1:the proof does not hold"})
public final class VerifyProofCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(paramLabel = "FILE", description = "File with the proof")
  private Path file = Path.of("");

  @Mixin private final LogKeys trusted = new LogKeys();

  @Option(
      names = "--entry",
      paramLabel = "FILE",
      description =
          "File with the exact bytes of the entry; one newline after them is allowed"
              + " (default: the entry in the proof)")
  private @Nullable Path entry;

  public VerifyProofCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    List<VerifierKey> keys = trusted.keys();
    try {
      TlogProof proof = TlogProof.parse(Files.readAllBytes(file));
      byte[] given = entry(proof);
      int end = end(given);
      byte[] bytes = Arrays.copyOf(given, end);
      Checkpoint checkpoint =
          Checkpoint.open(
              SignedNote.parse(proof.checkpoint().getBytes(StandardCharsets.UTF_8)), keys);
      Hasher hasher = new Hasher();
      Hash leaf = hasher.leaf(bytes);
      new ProofVerifier(hasher)
          .inclusion(leaf, proof.index(), proof.hashes(), checkpoint.size(), checkpoint.root());
      Map<String, String> values =
          end == given.length
              ? Map.of()
              : PersonalFile.check(bytes, Arrays.copyOfRange(given, end + 1, given.length));
      terminal
          .out()
          .println(
              terminal.green("valid: ")
                  + "entry %,d is among the %,d that %s sealed"
                      .formatted(
                          proof.index() + 1, checkpoint.size(), Printable.of(checkpoint.origin())));
      terminal.out().println(Printable.of(new String(bytes, StandardCharsets.UTF_8)));
      values.forEach(
          (name, json) -> terminal.out().println(Printable.of(name) + " is " + Printable.of(json)));
      return 0;
    } catch (InvalidProofException | InvalidNoteException e) {
      terminal
          .out()
          .println(terminal.red("NOT VALID: ") + Printable.of(String.valueOf(e.getMessage())));
      return Failure.NOT_VALID;
    }
  }

  /** Where the entry ends; what opens its commitments may follow on a second line. */
  private static int end(byte[] given) {
    int end = 0;
    while (end < given.length && given[end] != '\n') {
      end++;
    }
    return end;
  }

  private byte[] entry(TlogProof proof) throws IOException {
    if (entry == null) {
      return proof
          .extra()
          .map(Base64.getDecoder()::decode)
          .orElseThrow(() ->
              new Failure(
                  Failure.USAGE,
                  file + " holds no entry; give the entry that it proves with --entry FILE"));
    }
    byte[] bytes = Files.readAllBytes(entry);
    boolean newline = bytes.length > 0 && bytes[bytes.length - 1] == '\n';
    return newline ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
  }
}
