package io.tallystick.ingest.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.tlog.Sha256;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Compares what a sender signed or showed with what it should be, in constant time. */
final class Signatures {
  private static final String HMAC = "HmacSHA256";

  private Signatures() {}

  /** The HMAC-SHA256 of all parts in their order. */
  static byte[] hmac(byte[] key, List<byte[]> parts) {
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(key, HMAC));
      parts.forEach(mac::update);
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + HMAC, e);
    }
  }

  static boolean isEqual(byte[] one, byte[] other) {
    return MessageDigest.isEqual(one, other);
  }

  /** Compares their hashes: the time would tell the length of the secret otherwise. */
  static boolean isEqual(String shown, String secret) {
    return isEqual(Sha256.of(shown.getBytes(UTF_8)), Sha256.of(secret.getBytes(UTF_8)));
  }
}
