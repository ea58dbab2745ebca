package io.tallystick.note;

import java.math.BigInteger;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.jcajce.JcaCertStore;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoGeneratorBuilder;
import org.bouncycastle.operator.DigestCalculator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampResponseGenerator;
import org.bouncycastle.tsp.TimeStampTokenGenerator;
import org.jspecify.annotations.Nullable;

/** A timestamp authority with a certificate of its own making. */
public final class TestAuthority {
  private final X509Certificate root;
  private final X509Certificate certificate;
  private final KeyPair keys;
  private final Instant now;

  /**
   * An authority whose certificate is for this purpose, critically or not, and valid for a day
   * around {@code validAt}; its clock shows {@code now}.
   */
  public TestAuthority(KeyPurposeId purpose, boolean critical, Instant validAt, Instant now)
      throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    KeyPair rootKeys = generator.generateKeyPair();
    this.keys = generator.generateKeyPair();
    this.now = now;
    X500Name rootName = new X500Name("CN=Test Root");
    root =
        certificate(
            rootName,
            rootName,
            rootKeys,
            rootKeys,
            validAt,
            new BasicConstraints(true),
            null,
            true);
    certificate =
        certificate(
            rootName,
            new X500Name("CN=Test Timestamps"),
            rootKeys,
            keys,
            validAt,
            new BasicConstraints(false),
            purpose,
            critical);
  }

  /** A valid authority. */
  public static TestAuthority good() throws Exception {
    Instant now = Instant.now();
    return new TestAuthority(KeyPurposeId.id_kp_timeStamping, true, now, now);
  }

  private static X509Certificate certificate(
      X500Name issuer,
      X500Name subject,
      KeyPair issuerKeys,
      KeyPair keys,
      Instant validAt,
      BasicConstraints constraints,
      @Nullable KeyPurposeId purpose,
      boolean critical)
      throws Exception {
    JcaX509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer,
            BigInteger.valueOf(System.nanoTime()),
            Date.from(validAt.minus(Duration.ofDays(1))),
            Date.from(validAt.plus(Duration.ofDays(1))),
            subject,
            keys.getPublic());
    builder.addExtension(Extension.basicConstraints, true, constraints);
    if (purpose != null) {
      builder.addExtension(Extension.extendedKeyUsage, critical, new ExtendedKeyUsage(purpose));
    }
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder("SHA256withRSA").build(issuerKeys.getPrivate())));
  }

  /** The root certificate, which issued the authority's. */
  public X509Certificate root() {
    return root;
  }

  /** Answers a request. */
  public byte[] answer(byte[] request) throws Exception {
    DigestCalculator sha256 =
        new JcaDigestCalculatorProviderBuilder()
            .build()
            .get(
                new org.bouncycastle.asn1.x509.AlgorithmIdentifier(
                    new ASN1ObjectIdentifier(TSPAlgorithms.SHA256.getId())));
    TimeStampTokenGenerator tokens =
        new TimeStampTokenGenerator(
            new JcaSimpleSignerInfoGeneratorBuilder()
                .build("SHA256withRSA", keys.getPrivate(), certificate),
            sha256,
            new ASN1ObjectIdentifier("1.2.3.4"));
    tokens.addCertificates(new JcaCertStore(List.of(certificate, root)));
    return new TimeStampResponseGenerator(tokens, TSPAlgorithms.ALLOWED)
        .generate(new TimeStampRequest(request), BigInteger.ONE, Date.from(now))
        .getEncoded();
  }
}
