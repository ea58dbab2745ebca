package io.tallystick.note;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignatureSchemeTest {
  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] MESSAGE = "a message".getBytes(UTF_8);

  /** The SubjectPublicKeyInfo of RFC 8410 and RFC 9881 up to the key itself. */
  private static byte[] spki(SignatureScheme scheme, byte[] publicKey) {
    String head =
        switch (scheme) {
          case ED25519 -> "302a300506032b6570032100";
          case ML_DSA_44 -> "30820532300b06096086480165030403110382052100";
        };
    return HEX.parseHex(head + HEX.formatHex(publicKey));
  }

  private static String jdkName(SignatureScheme scheme) {
    return scheme == SignatureScheme.ED25519 ? "Ed25519" : "ML-DSA-44";
  }

  private static byte[] seed(int number) {
    byte[] seed = new byte[SignatureScheme.SEED_BYTES];
    new Random(number).nextBytes(seed);
    return seed;
  }

  /** RFC 8032 section 7.1, tests 1 to 3. */
  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60, \
          d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a, \
          '', \
          e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b
          4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb, \
          3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c, \
          72, \
          92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00
          c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7, \
          fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025, \
          af82, \
          6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a
          """)
  void ed25519HasTheVectorsOfItsRfc(String seed, String key, String message, String signature) {
    SignatureScheme scheme = SignatureScheme.ED25519;
    byte[] made = scheme.sign(HEX.parseHex(seed), HEX.parseHex(message));
    assertThat(scheme.publicKey(HEX.parseHex(seed))).isEqualTo(HEX.parseHex(key));
    assertThat(made).isEqualTo(HEX.parseHex(signature));
    assertThat(scheme.verifies(HEX.parseHex(key), HEX.parseHex(message), made)).isTrue();
  }

  @Test
  void mlDsaHasAKnownPublicKey() throws GeneralSecurityException {
    byte[] seed = HEX.parseHex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    byte[] key = SignatureScheme.ML_DSA_44.publicKey(seed);
    assertThat(HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(key)))
        .isEqualTo("9f107644c1084526af3bc8098680b05499a2325a644e388fb4f970e058d19d46");
  }

  @ParameterizedTest
  @EnumSource
  void theJdkVerifiesWhatWasSigned(SignatureScheme scheme) throws GeneralSecurityException {
    for (int i = 0; i < 10; i++) {
      byte[] seed = seed(i);
      PublicKey key =
          KeyFactory.getInstance(jdkName(scheme))
              .generatePublic(new X509EncodedKeySpec(spki(scheme, scheme.publicKey(seed))));
      Signature verifier = Signature.getInstance(jdkName(scheme));
      verifier.initVerify(key);
      verifier.update(MESSAGE);
      assertThat(verifier.verify(scheme.sign(seed, MESSAGE))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void verifiesWhatTheJdkSigned(SignatureScheme scheme) throws GeneralSecurityException {
    for (int i = 0; i < 10; i++) {
      KeyPair pair = KeyPairGenerator.getInstance(jdkName(scheme)).generateKeyPair();
      byte[] encoded = pair.getPublic().getEncoded();
      byte[] key =
          Arrays.copyOfRange(encoded, encoded.length - scheme.publicKeyBytes, encoded.length);
      Signature signer = Signature.getInstance(jdkName(scheme));
      signer.initSign(pair.getPrivate());
      signer.update(MESSAGE);
      assertThat(scheme.verifies(key, MESSAGE, signer.sign())).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusesSignaturesOfOtherMessagesKeysAndLengths(SignatureScheme scheme) {
    byte[] key = scheme.publicKey(seed(1));
    byte[] signature = scheme.sign(seed(1), MESSAGE);
    assertThat(scheme.verifies(key, MESSAGE, signature)).isTrue();
    assertThat(scheme.verifies(key, "another".getBytes(UTF_8), signature)).isFalse();
    assertThat(scheme.verifies(scheme.publicKey(seed(2)), MESSAGE, signature)).isFalse();
    for (int length : new int[] {0, 1, signature.length - 1, signature.length + 1}) {
      assertThat(scheme.verifies(key, MESSAGE, Arrays.copyOf(signature, length))).isFalse();
    }
  }

  /** Points of order 1, 2, 4 and 8, and what is no point at all. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751"
      })
  void refusesEd25519KeysUnderWhichManyThingsVerify(String key) {
    assertThat(SignatureScheme.ED25519.isPublicKey(HEX.parseHex(key))).isFalse();
  }
}
