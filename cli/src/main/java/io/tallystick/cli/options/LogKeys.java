package io.tallystick.cli.options;

import io.tallystick.cli.source.Trust;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.note.VerifierKey;
import java.util.List;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** The keys of the one log that evidence must come from, for commands that check it without it. */
public final class LogKeys {
  @Option(
      names = "--key",
      required = true,
      paramLabel = "VKEY",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Verifier key of the log that you trust, as \"tally key\" printed it; several"
              + " with commas, or repeated")
  private List<String> keys = List.of();

  public List<VerifierKey> keys() {
    return ofOneLog(keys);
  }

  /**
   * Reads keys that were given with {@code --key}. Keys of witnesses may be among them.
   *
   * @throws Failure if one is not a verifier key, or they are of no log or of several: evidence of
   *     one log could then be passed off as that of another
   */
  static List<VerifierKey> ofOneLog(List<String> keys) {
    List<VerifierKey> parsed = keys.stream().map(Trust::key).toList();
    TreeSet<String> logs = new TreeSet<>();
    parsed.stream()
        .filter(key -> !key.type().isCosignature())
        .forEach(key -> logs.add(Printable.of(key.name())));
    if (logs.isEmpty()) {
      throw new Failure(
          Failure.USAGE,
          "--key needs a log's key, an Ed25519 one as \"tally key\" prints it first; "
              + Printable.of(parsed.getFirst().label())
              + " is a witness's or another log signature's, which does not vouch for a log alone");
    }
    if (logs.size() > 1) {
      throw new Failure(
          Failure.USAGE,
          "--key must be of one log, the one that you ask about, but was of "
              + String.join(" and ", logs));
    }
    return parsed;
  }
}
