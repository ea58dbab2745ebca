package io.tallystick.http.tls;

import io.tallystick.store.files.OwnerOnly;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A certificate and its key as they are in their PEM files. Immutable. */
public final class TlsMaterial {
  private static final Pattern PKCS8 =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");
  private static final List<String> ALGORITHMS = List.of("EC", "RSA", "Ed25519");

  private final byte[] certificate;
  private final byte[] key;
  private final KeyStore keyStore;

  private TlsMaterial(byte[] certificate, byte[] key, KeyStore keyStore) {
    this.certificate = certificate;
    this.key = key;
    this.keyStore = keyStore;
  }

  /**
   * Reads both files.
   *
   * @throws IOException if one can't be read or is not what it should be, others may read the key,
   *     or they do not belong together
   */
  public static TlsMaterial read(TlsFiles files) throws IOException {
    byte[] certificate = Files.readAllBytes(files.certificate());
    byte[] key = readKey(files);
    return new TlsMaterial(certificate, key, keyStore(files, certificate, key));
  }

  /** What the files hold now, if it is not this; {@code null} if it is. */
  @Nullable TlsMaterial readIfChanged(TlsFiles files) throws IOException {
    byte[] newCertificate = Files.readAllBytes(files.certificate());
    byte[] newKey = readKey(files);
    return Arrays.equals(certificate, newCertificate) && Arrays.equals(key, newKey)
        ? null
        : new TlsMaterial(newCertificate, newKey, keyStore(files, newCertificate, newKey));
  }

  private static byte[] readKey(TlsFiles files) throws IOException {
    OwnerOnly.checkSecret(files.key());
    return Files.readAllBytes(files.key());
  }

  /** The key and its chain; without a password. */
  KeyStore keyStore() {
    return keyStore;
  }

  /** TLS that shows this, and trusts those that show a certificate of these authorities. */
  SSLContext context(List<X509Certificate> authorities) throws IOException {
    try {
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      for (int i = 0; i < authorities.size(); i++) {
        trusted.setCertificateEntry("authority-" + i, authorities.get(i));
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(keyStore, new char[0]);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("TLS with certificates of senders can't be set up", e);
    }
  }

  private static KeyStore keyStore(TlsFiles files, byte[] certificate, byte[] key)
      throws IOException {
    Certificate[] chain;
    try {
      chain =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(certificate))
              .toArray(Certificate[]::new);
    } catch (GeneralSecurityException e) {
      throw new IOException(files.certificate() + " holds no PEM certificates", e);
    }
    if (chain.length == 0) {
      throw new IOException(files.certificate() + " holds no PEM certificates");
    }
    try {
      PrivateKey privateKey = privateKey(files.key(), key);
      checkPair(privateKey, chain[0]);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      store.setKeyEntry("server", privateKey, new char[0], chain);
      return store;
    } catch (GeneralSecurityException e) {
      throw new IOException(
          files.key() + " is not the key of the certificate in " + files.certificate(), e);
    }
  }

  private static void checkPair(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    Signature signature =
        Signature.getInstance(
            switch (key.getAlgorithm()) {
              case "EC" -> "SHA256withECDSA";
              case "RSA" -> "SHA256withRSA";
              default -> key.getAlgorithm();
            });
    signature.initSign(key);
    byte[] signed = signature.sign();
    signature.initVerify(certificate);
    if (!signature.verify(signed)) {
      throw new SignatureException("the key signs what the certificate does not verify");
    }
  }

  private static PrivateKey privateKey(Path file, byte[] pem)
      throws IOException, GeneralSecurityException {
    Matcher matcher = PKCS8.matcher(new String(pem, StandardCharsets.ISO_8859_1));
    if (matcher.find()) {
      PKCS8EncodedKeySpec key =
          new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(matcher.group(1)));
      for (String algorithm : ALGORITHMS) {
        try {
          return KeyFactory.getInstance(algorithm).generatePrivate(key);
        } catch (InvalidKeySpecException e) {
          // Of another algorithm.
        }
      }
    }
    throw new IOException(
        file
            + " holds no key that is taken: an RSA, EC or Ed25519 key as PEM in PKCS #8, not"
            + " encrypted; \"openssl pkcs8 -topk8 -nocrypt -in FILE\" makes one of other forms");
  }
}
