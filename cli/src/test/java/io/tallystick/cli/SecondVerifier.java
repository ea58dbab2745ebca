package io.tallystick.cli;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * Checks a proof file with the JDK alone, written from C2SP's pages and RFC 6962: what an auditor
 * would write who does not trust our own classes.
 */
final class SecondVerifier {
  private SecondVerifier() {}

  /** The size of the tree that the log's key signed, if the entry is at its place in it. */
  static long verify(byte[] file, byte[] entry, String verifierKey) throws Exception {
    String text = new String(file, StandardCharsets.UTF_8);
    int blank = text.indexOf("\n\n");
    List<String> lines = new ArrayList<>(List.of(text.substring(0, blank).split("\n", -1)));
    expect(lines.removeFirst().equals("c2sp.org/tlog-proof@v1"), "first line");
    if (lines.getFirst().startsWith("extra ")) {
      lines.removeFirst();
    }
    expect(lines.getFirst().startsWith("index "), "index line");
    BigInteger index = new BigInteger(lines.removeFirst().substring(6));

    String note = text.substring(blank + 2);
    int signatures = note.lastIndexOf("\n\n");
    String signed = note.substring(0, signatures + 1);
    expect(isSigned(signed, note.substring(signatures + 2), verifierKey), "signature");
    String[] checkpoint = signed.split("\n", -1);
    expect(checkpoint.length == 4 && verifierKey.startsWith(checkpoint[0] + "+"), "origin");
    BigInteger size = new BigInteger(checkpoint[1]);
    expect(index.signum() >= 0 && index.compareTo(size) < 0, "index in the tree");

    byte[] root =
        root(
            sha256(new byte[] {0}, entry),
            index,
            size,
            lines.stream().map(h -> decode(h)).toList());
    expect(MessageDigest.isEqual(root, decode(checkpoint[2])), "root");
    return size.longValueExact();
  }

  /**
   * Recursion over the tree as RFC 6962 section 2.1 defines it: split at the largest power of 2.
   */
  private static byte[] root(byte[] leaf, BigInteger index, BigInteger size, List<byte[]> path)
      throws Exception {
    if (size.equals(BigInteger.ONE)) {
      expect(path.isEmpty(), "length of the proof");
      return leaf;
    }
    expect(!path.isEmpty(), "length of the proof");
    BigInteger left = BigInteger.ONE.shiftLeft(size.subtract(BigInteger.ONE).bitLength() - 1);
    byte[] sibling = path.getLast();
    List<byte[]> rest = path.subList(0, path.size() - 1);
    return index.compareTo(left) < 0
        ? sha256(new byte[] {1}, root(leaf, index, left, rest), sibling)
        : sha256(
            new byte[] {1}, sibling, root(leaf, index.subtract(left), size.subtract(left), rest));
  }

  private static boolean isSigned(String text, String signatures, String verifierKey)
      throws Exception {
    String[] key = verifierKey.split("\\+", 3);
    byte[] typed = decode(key[2]);
    expect(typed[0] == 1 && typed.length == 33, "type of the key");
    byte[] id =
        Arrays.copyOf(
            sha256((key[0] + "\n").getBytes(StandardCharsets.UTF_8), typed), Integer.BYTES);
    for (String line : signatures.lines().toList()) {
      String[] parts = line.split(" ", -1);
      ByteBuffer bytes = ByteBuffer.wrap(decode(parts[2]));
      byte[] named = new byte[Integer.BYTES];
      bytes.get(named);
      if (parts[0].equals("—") && parts[1].equals(key[0]) && Arrays.equals(named, id)) {
        byte[] signature = new byte[bytes.remaining()];
        bytes.get(signature);
        return verifies(
            Arrays.copyOfRange(typed, 1, 33), text.getBytes(StandardCharsets.UTF_8), signature);
      }
    }
    return false;
  }

  /** RFC 8032 section 5.1.5 backwards: y in little-endian, the sign of x in its highest bit. */
  private static boolean verifies(byte[] publicKey, byte[] message, byte[] signature)
      throws Exception {
    byte[] y = new byte[32];
    for (int i = 0; i < 32; i++) {
      y[i] = publicKey[31 - i];
    }
    boolean odd = (y[0] & 0x80) != 0;
    y[0] &= 0x7f;
    Signature ed25519 = Signature.getInstance("Ed25519");
    ed25519.initVerify(
        KeyFactory.getInstance("Ed25519")
            .generatePublic(
                new EdECPublicKeySpec(
                    NamedParameterSpec.ED25519, new EdECPoint(odd, new BigInteger(1, y)))));
    ed25519.update(message);
    return ed25519.verify(signature);
  }

  private static byte[] sha256(byte[]... parts) throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return MessageDigest.getInstance("SHA-256").digest(all.toByteArray());
  }

  private static byte[] decode(String base64) {
    return Base64.getDecoder().decode(base64);
  }

  private static void expect(boolean holds, String what) {
    if (!holds) {
      throw new IllegalArgumentException("not as it should be: " + what);
    }
  }
}
