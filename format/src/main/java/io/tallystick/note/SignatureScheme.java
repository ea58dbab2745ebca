package io.tallystick.note;

import org.bouncycastle.crypto.CryptoException;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAParameters;
import org.bouncycastle.crypto.params.MLDSAPrivateKeyParameters;
import org.bouncycastle.crypto.params.MLDSAPublicKeyParameters;
import org.bouncycastle.crypto.signers.MLDSASigner;
import org.bouncycastle.math.ec.rfc8032.Ed25519;

/** The two signature algorithms. Private keys are 32-byte seeds in both. */
enum SignatureScheme {
  /** RFC 8032 section 5.1. */
  ED25519(Ed25519.PUBLIC_KEY_SIZE, Ed25519.SIGNATURE_SIZE) {
    @Override
    byte[] publicKey(byte[] seed) {
      return new Ed25519PrivateKeyParameters(seed).generatePublicKey().getEncoded();
    }

    // Refuses points of small order too: under those, one signature fits many messages.
    @Override
    boolean isPublicKey(byte[] publicKey) {
      return publicKey.length == publicKeyBytes && Ed25519.validatePublicKeyFull(publicKey, 0);
    }

    @Override
    byte[] sign(byte[] seed, byte[] message) {
      byte[] signature = new byte[signatureBytes];
      Ed25519.sign(seed, 0, message, 0, message.length, signature, 0);
      return signature;
    }

    @Override
    boolean verifies(byte[] publicKey, byte[] message, byte[] signature) {
      return signature.length == signatureBytes
          && Ed25519.verify(signature, 0, publicKey, 0, message, 0, message.length);
    }
  },

  /** FIPS 204, pure, with an empty context; deterministic as in its section 3.4. */
  ML_DSA_44(1312, 2420) {
    @Override
    byte[] publicKey(byte[] seed) {
      return privateKey(seed).getPublicKeyParameters().getEncoded();
    }

    @Override
    boolean isPublicKey(byte[] publicKey) {
      return publicKey.length == publicKeyBytes;
    }

    @Override
    byte[] sign(byte[] seed, byte[] message) {
      MLDSASigner signer = new MLDSASigner();
      signer.init(true, privateKey(seed));
      signer.update(message, 0, message.length);
      try {
        return signer.generateSignature();
      } catch (CryptoException e) {
        throw new IllegalStateException("ML-DSA-44 could not sign", e);
      }
    }

    @Override
    boolean verifies(byte[] publicKey, byte[] message, byte[] signature) {
      if (signature.length != signatureBytes) {
        return false;
      }
      MLDSASigner verifier = new MLDSASigner();
      verifier.init(false, new MLDSAPublicKeyParameters(MLDSAParameters.ml_dsa_44, publicKey));
      verifier.update(message, 0, message.length);
      return verifier.verifySignature(signature);
    }

    private static MLDSAPrivateKeyParameters privateKey(byte[] seed) {
      return new MLDSAPrivateKeyParameters(MLDSAParameters.ml_dsa_44, seed);
    }
  };

  static final int SEED_BYTES = 32;

  final int publicKeyBytes;
  final int signatureBytes;

  SignatureScheme(int publicKeyBytes, int signatureBytes) {
    this.publicKeyBytes = publicKeyBytes;
    this.signatureBytes = signatureBytes;
  }

  abstract byte[] publicKey(byte[] seed);

  abstract boolean isPublicKey(byte[] publicKey);

  abstract byte[] sign(byte[] seed, byte[] message);

  abstract boolean verifies(byte[] publicKey, byte[] message, byte[] signature);
}
