package io.tallystick.cli.source;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a verifier trusts.
 *
 * @param keys of the log; empty to trust those that the log names itself
 * @param earlier checkpoint that was kept elsewhere; {@code null} for none
 * @param authorities certificates that timestamps must lead to; empty to check their signatures
 *     alone
 */
public record Trust(
    List<VerifierKey> keys, @Nullable SignedNote earlier, List<X509Certificate> authorities) {
  public Trust {
    keys = List.copyOf(keys);
    authorities = List.copyOf(authorities);
  }

  /** From command line options: verifier keys, a file with a checkpoint, one with certificates. */
  public static Trust of(List<String> keys, @Nullable Path checkpoint, @Nullable Path authorities)
      throws IOException {
    List<VerifierKey> parsed = new ArrayList<>();
    for (String key : keys) {
      parsed.add(key(key));
    }
    return new Trust(
        parsed, checkpoint == null ? null : note(checkpoint), certificates(authorities));
  }

  public static VerifierKey key(String text) {
    return key("--key", text);
  }

  /** The verifier key that was given with an option. */
  public static VerifierKey key(String option, String text) {
    try {
      return VerifierKey.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          Failure.USAGE,
          option
              + " must be a verifier key (name+hash+base64), as \"tally key\" prints it, but was \""
              + Printable.of(text)
              + "\"");
    }
  }

  /** The certificates of a PEM file; none for no file. */
  public static List<X509Certificate> certificates(@Nullable Path file) throws IOException {
    if (file == null) {
      return List.of();
    }
    List<X509Certificate> certificates = new ArrayList<>();
    try (InputStream in = Files.newInputStream(file)) {
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        certificates.add((X509Certificate) each);
      }
    } catch (CertificateException e) {
      throw new Failure(Failure.USAGE, file + " holds no certificates in PEM: " + e.getMessage());
    }
    if (certificates.isEmpty()) {
      throw new Failure(Failure.USAGE, file + " holds no certificates in PEM");
    }
    return certificates;
  }

  private static SignedNote note(Path file) throws IOException {
    try {
      return SignedNote.parse(Files.readAllBytes(file));
    } catch (InvalidNoteException e) {
      throw new Failure(Failure.USAGE, file + " is not a checkpoint: " + e.getMessage());
    }
  }
}
