package io.tallystick.ingest.syslog;

import io.tallystick.tlog.Quoted;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import org.jspecify.annotations.Nullable;

/**
 * Which senders a port with TLS accepts: those that show a certificate of one of these authorities,
 * and, where names are given, one that has one of the names. Immutable.
 */
public final class ClientCertificates {
  private static final int DNS_NAME = 2;

  private final List<X509Certificate> authorities;
  private final Set<String> names;

  /**
   * @param names that a certificate must have one of; empty for any
   */
  public ClientCertificates(List<X509Certificate> authorities, List<String> names) {
    this.authorities = List.copyOf(authorities);
    TreeSet<String> lower = new TreeSet<>();
    names.forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
    this.names = Set.copyOf(lower);
  }

  /**
   * The certificates in a file.
   *
   * @throws IOException with the end of a sentence about the file, if it has none
   */
  public static List<X509Certificate> read(Path pem) throws IOException {
    String file = Quoted.of(pem.toString());
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(pem);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file " + file, e);
    } catch (IOException e) {
      throw new IOException("the file " + file + " can't be read", e);
    }
    List<X509Certificate> certificates = new ArrayList<>();
    try {
      CertificateFactory.getInstance("X.509")
          .generateCertificates(new ByteArrayInputStream(bytes))
          .forEach(each -> certificates.add((X509Certificate) each));
    } catch (CertificateException e) {
      throw new IOException("the file " + file + " has something else than PEM certificates", e);
    }
    if (certificates.isEmpty()) {
      throw new IOException("the file " + file + " has no PEM certificate");
    }
    return certificates;
  }

  /** Those that senders' certificates must come from. */
  public List<X509Certificate> authorities() {
    return authorities;
  }

  /**
   * The name by which a sender is accepted; {@code null} if it is not.
   *
   * @param certificate of one of the authorities
   */
  @Nullable String accept(X509Certificate certificate) {
    List<String> own = names(certificate);
    if (names.isEmpty()) {
      return own.isEmpty() ? certificate.getSubjectX500Principal().getName() : own.getFirst();
    }
    return own.stream()
        .filter(name -> names.contains(name.toLowerCase(Locale.ROOT)))
        .findFirst()
        .orElse(null);
  }

  /** Its names: those of hosts, or where it has none, the common name (RFC 5425, 5.2). */
  static List<String> names(X509Certificate certificate) {
    List<String> names = new ArrayList<>();
    try {
      var alternatives = certificate.getSubjectAlternativeNames();
      if (alternatives != null) {
        for (List<?> each : alternatives) {
          if (Integer.valueOf(DNS_NAME).equals(each.getFirst())) {
            names.add(String.valueOf(each.get(1)));
          }
        }
      }
      if (names.isEmpty()) {
        String subject = certificate.getSubjectX500Principal().getName();
        for (Rdn part : new LdapName(subject).getRdns()) {
          if (part.getType().equalsIgnoreCase("CN") && part.getValue() instanceof String name) {
            names.add(name);
          }
        }
      }
    } catch (CertificateException | InvalidNameException e) {
      // A name that can't be read is none of those that are accepted.
    }
    return names;
  }
}
