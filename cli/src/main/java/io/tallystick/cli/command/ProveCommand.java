package io.tallystick.cli.command;

import io.tallystick.cli.options.Where;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Output;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.service.export.PersonalFile;
import io.tallystick.service.query.Parameters;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.TlogProof;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally prove}: a proof that an entry is in the log, to keep elsewhere. */
@Command(
    name = "prove",
    description =
        "Write a proof that an entry is in the log (C2SP tlog-proof), with the entry in it, and on a"
            + " second line the personal values that open its commitments, if there are any")
public final class ProveCommand implements Callable<Integer> {
  private final Terminal terminal;
  @Mixin private final Where where = new Where();

  @CommandLine.Parameters(paramLabel = "ID", description = "Id of the entry")
  private String id = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "File to write, usually named .tlog-proof (default: standard output)")
  private @Nullable Path out;

  @Option(
      names = "--exact",
      description = "Leave personal values out, so that the entry has only commitments to them")
  private boolean exact;

  @Option(
      names = "--bare",
      description = "Leave the entry out; a verifier then needs it from elsewhere")
  private boolean bare;

  public ProveCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    long entry = Parameters.number("ID", id, 1, Long.MAX_VALUE);
    byte[] proof;
    try (Source source = where.source(terminal)) {
      proof = source.proof(entry);
      if (!bare) {
        proof = with(proof, source.entryBytes(entry), exact ? new byte[0] : source.personal(entry));
      }
    }
    Output.write(terminal, out, proof);
    return 0;
  }

  private static byte[] with(byte[] proof, byte[] entry, byte[] personal) throws IOException {
    try {
      TlogProof parsed = TlogProof.parse(proof);
      ByteArrayOutputStream shown = new ByteArrayOutputStream();
      shown.write(entry);
      if (PersonalFile.hasValues(personal)) {
        shown.write('\n');
        shown.write(personal);
      }
      String extra = Base64.getEncoder().encodeToString(shown.toByteArray());
      return new TlogProof(Optional.of(extra), parsed.index(), parsed.hashes(), parsed.checkpoint())
          .toBytes();
    } catch (InvalidProofException e) {
      throw new IOException("the answer is not a proof: " + e.getMessage(), e);
    }
  }
}
