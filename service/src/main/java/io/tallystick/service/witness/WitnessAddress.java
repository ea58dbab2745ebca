package io.tallystick.service.witness;

import io.tallystick.note.VerifierKey;
import java.net.URI;

/**
 * Where a witness is, and how it signs.
 *
 * @param key of the witness, of a type that signs a time with the checkpoint
 * @param prefix of its addresses (C2SP tlog-witness, "submission prefix"), http or https, without a
 *     slash at the end
 */
public record WitnessAddress(VerifierKey key, URI prefix) {
  /**
   * Reads {@code VKEY=URL}.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static WitnessAddress parse(String text) {
    // A key may end with the equals signs of base64, an address hardly has another scheme's in it.
    int at = Math.max(text.lastIndexOf("=http://"), text.lastIndexOf("=https://"));
    if (at < 0) {
      throw new IllegalArgumentException(
          "a witness is given as VKEY=URL, its verifier key and its http or https address");
    }
    String url = text.substring(at + 1);
    URI prefix = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
    if (prefix.getHost() == null || prefix.getQuery() != null || prefix.getFragment() != null) {
      throw new IllegalArgumentException(
          "the address of a witness has a host and no query: " + url);
    }
    VerifierKey key = VerifierKey.parse(text.substring(0, at));
    if (!key.type().isCosignature()) {
      throw new IllegalArgumentException(
          "the key of the witness " + key.name() + " is not one for cosignatures");
    }
    return new WitnessAddress(key, prefix);
  }
}
