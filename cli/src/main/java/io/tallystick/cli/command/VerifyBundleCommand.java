package io.tallystick.cli.command;

import io.tallystick.cli.options.LogKeys;
import io.tallystick.cli.source.Trust;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Rows;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.TimestampToken;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.export.PersonalFile;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tally verify-bundle}: checks an evidence bundle with nothing but a verifier key. */
@Command(
    name = "verify-bundle",
    description = "Check an evidence bundle, without the log",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every entry in the bundle is proved",
      "1:at least one is not, or there is none"
    })
public final class VerifyBundleCommand implements Callable<Integer> {
  private static final Pattern ENTRY = Pattern.compile("entries/([1-9][0-9]{0,18})\\.json");
  private static final String TOKEN = "checkpoint.tsr";
  private static final List<String> OTHERS =
      List.of("README.txt", "check.go", "checkpoint", TOKEN, "verifier-key");
  private static final int MAX_NOTE_BYTES = SignedNote.MAX_BYTES;

  /** The most faults that are listed; all are counted. */
  private static final int MAX_FAULTS = 100;

  private final Terminal terminal;

  @Parameters(paramLabel = "FILE", description = "Bundle, a zip file")
  private Path file = Path.of("");

  @Mixin private final LogKeys trusted = new LogKeys();

  @Option(
      names = "--tsa-ca",
      paramLabel = "FILE",
      description =
          "Certificates in PEM that the timestamp in the bundle must lead to (default:"
              + " check only its signature)")
  private @Nullable Path authorities;

  public VerifyBundleCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws IOException {
    List<VerifierKey> keys = trusted.keys();
    Rows faults = new Rows("FILE", "REASON");
    long proved = 0;
    long withValues = 0;
    int found = 0;
    Checkpoint checkpoint;
    @Nullable String timestamp = null;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      byte[] note = read(zip, "checkpoint", MAX_NOTE_BYTES);
      checkpoint = Checkpoint.open(SignedNote.parse(note), keys);
      Set<String> left = names(zip);
      if (left.contains(TOKEN)) {
        timestamp = timestamp(read(zip, TOKEN, TimestampToken.MAX_BYTES), note, authorities);
      }
      OTHERS.forEach(left::remove);
      for (String name : List.copyOf(left)) {
        Matcher entry = ENTRY.matcher(name);
        if (entry.matches()) {
          left.remove(name);
          left.remove(proof(entry.group(1)));
          boolean opened = left.remove(personal(entry.group(1)));
          try {
            check(zip, name, Long.parseLong(entry.group(1)), checkpoint, note);
            if (opened) {
              checkPersonal(zip, name, personal(entry.group(1)));
              withValues++;
            }
            proved++;
          } catch (InvalidProofException | InvalidEntryException | NumberFormatException e) {
            if (found++ < MAX_FAULTS) {
              faults.add(name, String.valueOf(e.getMessage()));
            }
          }
        }
      }
      for (String name : left) {
        if (found++ < MAX_FAULTS) {
          faults.add(name, "is not part of a bundle, or proves an entry that is not in it");
        }
      }
      if (proved == 0 && found == 0) {
        faults.add("entries/", "it holds no entry, so there is nothing that it proves");
        found++;
      }
    } catch (InvalidNoteException | InvalidProofException e) {
      faults.add("checkpoint", String.valueOf(e.getMessage()));
      terminal.out().println(terminal.red("NOT VALID"));
      terminal.out().print(faults.table(terminal));
      return Failure.NOT_VALID;
    } catch (ZipException e) {
      throw new Failure(Failure.UNREACHABLE, file + " is not a zip: " + e.getMessage());
    }
    if (found > 0) {
      terminal
          .out()
          .println(
              terminal.red("NOT VALID: ")
                  + Amount.of(proved, "entry is", "entries are")
                  + " proved");
      terminal.out().print(faults.table(terminal));
      if (found > MAX_FAULTS) {
        terminal.out().printf("%,d faults in all; only the first are listed%n", found);
      }
      return Failure.NOT_VALID;
    }
    terminal
        .out()
        .println(
            terminal.green("valid: ")
                + "%s among the %,d that %s sealed"
                    .formatted(
                        Amount.of(proved, "entry is", "entries are"),
                        checkpoint.size(),
                        Printable.of(checkpoint.origin())));
    if (withValues > 0) {
      terminal
          .out()
          .println("the personal values of %,d are those that were written".formatted(withValues));
    }
    if (timestamp != null) {
      terminal.out().println(timestamp);
    }
    return 0;
  }

  private static String timestamp(byte[] token, byte[] note, @Nullable Path authorities)
      throws IOException, InvalidNoteException {
    TimestampToken.Verified verified =
        TimestampToken.parse(token).verify(note, Trust.certificates(authorities));
    return "its checkpoint existed at "
        + verified.time()
        + ", according to "
        + Printable.of(verified.authority())
        + (verified.trusted() ? "" : " (whose certificate was not checked; use --tsa-ca)");
  }

  private static Set<String> names(ZipFile zip) throws InvalidProofException {
    Set<String> names = new TreeSet<>();
    for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
      String name = all.nextElement().getName();
      if (!names.add(name)) {
        throw new InvalidProofException("the bundle has two files named " + name);
      }
    }
    return names;
  }

  private static String proof(String id) {
    return "proofs/" + id + ".tlog-proof";
  }

  private static String personal(String id) {
    return "personal/" + id + ".json";
  }

  private static void checkPersonal(ZipFile zip, String entry, String personal)
      throws IOException, InvalidProofException {
    PersonalFile.check(
        read(zip, entry, EntryCodec.MAX_ENTRY_BYTES), read(zip, personal, PersonalFile.MAX_BYTES));
  }

  private static void check(ZipFile zip, String name, long id, Checkpoint checkpoint, byte[] note)
      throws IOException, InvalidProofException {
    byte[] entry = read(zip, name, EntryCodec.MAX_ENTRY_BYTES);
    long says = EntryCodec.decode(entry).id();
    TlogProof proof = TlogProof.parse(read(zip, proof(Long.toString(id)), TlogProof.MAX_BYTES));
    if (says != id || proof.index() != id - 1) {
      throw new InvalidProofException(
          "the entry has the id %d, but the proof is about entry %d"
              .formatted(says, proof.index() + 1));
    }
    if (!proof.checkpoint().equals(new String(note, StandardCharsets.UTF_8))) {
      throw new InvalidProofException("the proof is against another checkpoint than the bundle's");
    }
    Hasher hasher = new Hasher();
    new ProofVerifier(hasher)
        .inclusion(
            hasher.leaf(entry),
            proof.index(),
            proof.hashes(),
            checkpoint.size(),
            checkpoint.root());
  }

  /** Reads a file of the zip up to a limit, whatever size the zip claims for it. */
  private static byte[] read(ZipFile zip, String name, int maxBytes)
      throws IOException, InvalidProofException {
    ZipEntry entry = zip.getEntry(name);
    if (entry == null) {
      throw new InvalidProofException("the bundle has no file " + name);
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes(maxBytes + 1);
      if (bytes.length > maxBytes) {
        throw new InvalidProofException(name + " has more than " + maxBytes + " bytes");
      }
      return bytes;
    }
  }
}
