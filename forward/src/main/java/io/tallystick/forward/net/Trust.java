package io.tallystick.forward.net;

import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.store.files.NotPrivateException;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Which receivers a sink believes, and how it shows who it is: the authorities of {@code ca_file},
 * or those of Java where there is none, and the certificate of {@code cert_file} with the key of
 * {@code key_file}. All three are PEM.
 */
public final class Trust {
  /** The settings that it reads. */
  public static final Set<String> SETTINGS = Set.of("ca_file", "cert_file", "key_file");

  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "Ed25519");
  private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
  private static final String END = "-----END PRIVATE KEY-----";

  private Trust() {}

  /**
   * TLS with these settings, read anew each time.
   *
   * @throws SettingException if a file can't be used
   */
  public static SSLContext context(SinkSettings settings) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(authorities(settings));
      context.init(keyManagers(settings), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS can't be set up", e);
    }
  }

  private static @Nullable KeyStore authorities(SinkSettings settings)
      throws IOException, GeneralSecurityException {
    Path file = settings.fileOrNull("ca_file");
    if (file == null) {
      return null;
    }
    KeyStore store = empty();
    int count = 0;
    for (Certificate certificate : certificates(settings, "ca_file", file)) {
      store.setCertificateEntry("ca" + count++, certificate);
    }
    return store;
  }

  private static KeyManager @Nullable [] keyManagers(SinkSettings settings)
      throws IOException, GeneralSecurityException {
    Path certificate = settings.fileOrNull("cert_file");
    if (certificate == null && !settings.has("key_file")) {
      return null;
    }
    if (certificate == null) {
      throw settings.wrong("cert_file", "is missing; key_file needs it");
    }
    Certificate[] chain =
        certificates(settings, "cert_file", certificate).toArray(Certificate[]::new);
    KeyStore store = empty();
    char[] password = new char[0];
    store.setKeyEntry("client", key(settings, chain[0]), password, chain);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    return keys.getKeyManagers();
  }

  private static KeyStore empty() throws IOException, GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static Collection<? extends Certificate> certificates(
      SinkSettings settings, String name, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (!certificates.isEmpty()) {
        return certificates;
      }
    } catch (CertificateException e) {
      // Refused below, like a file without any.
    } catch (IOException e) {
      throw settings.wrong(name, "names " + file + ", which can't be read");
    }
    throw settings.wrong(name, "names " + file + ", which has no certificate in PEM");
  }

  private static PrivateKey key(SinkSettings settings, Certificate certificate)
      throws IOException, GeneralSecurityException {
    Path file = settings.file("key_file");
    String pem;
    try {
      OwnerOnly.checkSecret(file);
      pem = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NotPrivateException e) {
      throw settings.wrong("key_file", "names a file that is not private: " + e.getMessage());
    } catch (IOException e) {
      throw settings.wrong("key_file", "names " + file + ", which can't be read");
    }
    int from = pem.indexOf(BEGIN);
    int to = pem.indexOf(END);
    String algorithm = certificate.getPublicKey().getAlgorithm();
    if (from >= 0 && to > from && ALGORITHMS.contains(algorithm.replace("EdDSA", "Ed25519"))) {
      try {
        byte[] der = Base64.getMimeDecoder().decode(pem.substring(from + BEGIN.length(), to));
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
      } catch (IllegalArgumentException | InvalidKeySpecException e) {
        // Refused below, like a file of another kind.
      }
    }
    throw settings.wrong(
        "key_file",
        "names " + file + ", which is not the certificate's key as unencrypted PKCS #8 in PEM");
  }
}
