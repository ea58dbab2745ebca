package io.tallystick.note;

import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.tsp.TSPAlgorithms;
import org.bouncycastle.tsp.TSPException;
import org.bouncycastle.tsp.TimeStampRequest;
import org.bouncycastle.tsp.TimeStampRequestGenerator;
import org.bouncycastle.tsp.TimeStampResponse;
import org.bouncycastle.tsp.TimeStampToken;

/**
 * A timestamp authority's word that some bytes existed at a time (RFC 3161): the answer to a
 * request, kept whole, with the authority's certificates in it. Immutable.
 */
public final class TimestampToken {
  /** The media type of a request (RFC 3161 section 3.4). */
  public static final String QUERY_TYPE = "application/timestamp-query";

  /** The media type of an answer. */
  public static final String REPLY_TYPE = "application/timestamp-reply";

  /** Largest answer that is read, in bytes. */
  public static final int MAX_BYTES = 1 << 16;

  private static final int NONCE_BITS = 128;

  private final TimeStampToken token;

  private TimestampToken(TimeStampToken token) {
    this.token = token;
  }

  /**
   * What was found of a token that holds.
   *
   * @param time that the authority vouches for
   * @param authority the subject of the certificate that signed
   * @param trusted whether the certificate leads to a trusted one; where none was given it is
   *     {@code false}, and only the signature itself was checked
   */
  public record Verified(Instant time, String authority, boolean trusted) {}

  /** A request for the SHA-256 of these bytes, with a random nonce, that asks for certificates. */
  public static byte[] request(byte[] content) throws IOException {
    TimeStampRequestGenerator generator = new TimeStampRequestGenerator();
    generator.setCertReq(true);
    return generator
        .generate(
            TSPAlgorithms.SHA256,
            Sha256.of(content),
            new BigInteger(NONCE_BITS, new SecureRandom()))
        .getEncoded();
  }

  /**
   * Reads an answer and checks that it answers the request: granted, the same imprint, the same
   * nonce.
   *
   * @throws InvalidNoteException if it does not
   */
  public static TimestampToken answer(byte[] request, byte[] answer) throws InvalidNoteException {
    TimeStampResponse response = response(answer);
    try {
      response.validate(new TimeStampRequest(request));
      return of(response);
    } catch (TSPException | IOException | RuntimeException e) {
      throw new InvalidNoteException(
          "the timestamp authority's answer does not fit the request: " + e.getMessage(), e);
    }
  }

  /**
   * Reads an answer that was kept.
   *
   * @throws InvalidNoteException if it is none, or grants nothing
   */
  public static TimestampToken parse(byte[] answer) throws InvalidNoteException {
    return of(response(answer));
  }

  private static TimeStampResponse response(byte[] answer) throws InvalidNoteException {
    try {
      return new TimeStampResponse(answer);
    } catch (TSPException | IOException | RuntimeException e) {
      throw new InvalidNoteException(
          "this is not a timestamp authority's answer (RFC 3161 section 2.4.2)", e);
    }
  }

  private static TimestampToken of(TimeStampResponse response) throws InvalidNoteException {
    TimeStampToken token = response.getTimeStampToken();
    if (token == null) {
      throw new InvalidNoteException(
          "the timestamp authority refused: status "
              + response.getStatus()
              + (response.getStatusString() == null ? "" : ", " + response.getStatusString()));
    }
    return new TimestampToken(token);
  }

  /** The time that it states; whether that holds, {@link #verify} says. */
  public Instant statedTime() {
    return token.getTimeStampInfo().getGenTime().toInstant();
  }

  /**
   * Checks that it is about these bytes, that its signature verifies with a certificate that is for
   * timestamps alone (RFC 3161 section 2.3) and was valid at the time, and, where trusted
   * certificates are given, that it leads to one of them. Revocation is not looked up.
   *
   * @throws InvalidNoteException saying which of it is not so
   */
  public Verified verify(byte[] content, Collection<X509Certificate> trusted)
      throws InvalidNoteException {
    if (!token.getTimeStampInfo().getMessageImprintAlgOID().equals(TSPAlgorithms.SHA256)
        || !MessageDigest.isEqual(
            token.getTimeStampInfo().getMessageImprintDigest(), Sha256.of(content))) {
      throw new InvalidNoteException("the timestamp is about something else");
    }
    try {
      List<X509Certificate> own = new ArrayList<>();
      X509Certificate signer = null;
      JcaX509CertificateConverter converter = new JcaX509CertificateConverter();
      for (X509CertificateHolder holder : token.getCertificates().getMatches(null)) {
        own.add(converter.getCertificate(holder));
        if (token.getSID().match(holder)) {
          signer = own.getLast();
        }
      }
      if (signer == null) {
        throw new TSPException("it does not hold its signer's certificate");
      }
      token.validate(new JcaSimpleSignerInfoVerifierBuilder().build(signer));
      Date time = token.getTimeStampInfo().getGenTime();
      if (!trusted.isEmpty()) {
        checkChain(signer, own, trusted, time);
      }
      return new Verified(
          time.toInstant(), signer.getSubjectX500Principal().getName(), !trusted.isEmpty());
    } catch (TSPException
        | OperatorCreationException
        | GeneralSecurityException
        | RuntimeException e) {
      // The library throws unchecked exceptions for some damaged structures.
      throw new InvalidNoteException("the timestamp does not verify: " + e.getMessage(), e);
    }
  }

  private static void checkChain(
      X509Certificate signer,
      List<X509Certificate> own,
      Collection<X509Certificate> trusted,
      Date time)
      throws GeneralSecurityException {
    Set<TrustAnchor> anchors = new HashSet<>();
    trusted.forEach(certificate -> anchors.add(new TrustAnchor(certificate, null)));
    X509CertSelector target = new X509CertSelector();
    target.setCertificate(signer);
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
    parameters.addCertStore(
        CertStore.getInstance("Collection", new CollectionCertStoreParameters(own)));
    parameters.setDate(time);
    parameters.setRevocationEnabled(false);
    CertPathBuilder.getInstance("PKIX").build(parameters);
  }
}
