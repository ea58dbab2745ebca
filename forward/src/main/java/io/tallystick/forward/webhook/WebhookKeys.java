package io.tallystick.forward.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Secrets that sign a webhook: while one replaces another, both sign (Standard Webhooks 1.0.0,
 * "Signature scheme"). Safe for any number of threads.
 */
final class WebhookKeys {
  private static final String ALGORITHM = "HmacSHA256";
  private static final String PREFIX = "whsec_";
  private static final int MIN_BYTES = 24;
  private static final int MAX_BYTES = 64;

  private final List<SecretKeySpec> keys;

  private WebhookKeys(List<SecretKeySpec> keys) {
    this.keys = keys;
  }

  /**
   * Keys from their text, {@code whsec_} and 24 to 64 bytes in base64.
   *
   * @throws IllegalArgumentException if one is something else, without showing it
   */
  static WebhookKeys parse(List<String> secrets) {
    List<SecretKeySpec> keys = new ArrayList<>();
    for (String secret : secrets) {
      byte[] key = decode(secret);
      if (key.length < MIN_BYTES || key.length > MAX_BYTES) {
        throw wrong();
      }
      keys.add(new SecretKeySpec(key, ALGORITHM));
    }
    return new WebhookKeys(keys);
  }

  private static byte[] decode(String secret) {
    try {
      return Base64.getDecoder()
          .decode(secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret);
    } catch (IllegalArgumentException e) {
      throw wrong();
    }
  }

  private static IllegalArgumentException wrong() {
    return new IllegalArgumentException(
        "must name files with whsec_ and %d to %d random bytes in base64, but one holds something else"
            .formatted(MIN_BYTES, MAX_BYTES));
  }

  /** The header {@code webhook-signature}. */
  String sign(String id, long timestampSeconds, byte[] body) {
    return keys.stream()
        .map(key -> "v1," + signature(key, id, timestampSeconds, body))
        .collect(Collectors.joining(" "));
  }

  private static String signature(
      SecretKeySpec key, String id, long timestampSeconds, byte[] body) {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      mac.update((id + "." + timestampSeconds + ".").getBytes(UTF_8));
      return Base64.getEncoder().encodeToString(mac.doFinal(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + ALGORITHM, e);
    }
  }
}
