package io.tallystick.forward.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SignerTest {
  private static final Signer SIGNER =
      new Signer("us-east-1", "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  private static final Instant TIME = Instant.parse("2013-05-24T00:00:00Z");

  private static @Nullable String authorization(String query, Map<String, String> headers) {
    return SIGNER
        .sign(
            "GET",
            URI.create("https://examplebucket.s3.amazonaws.com/" + query),
            headers,
            new byte[0],
            TIME)
        .get("Authorization");
  }

  /** The examples in the documentation of S3. */
  @Test
  void thePublishedExamplesAreSignedAsPublished() {
    assertThat(authorization("test.txt", Map.of("range", "bytes=0-9")))
        .isEqualTo(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    assertThat(authorization("?lifecycle", Map.of()))
        .endsWith("fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    assertThat(authorization("?prefix=J&max-keys=2", Map.of()))
        .endsWith("34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
  }
}
