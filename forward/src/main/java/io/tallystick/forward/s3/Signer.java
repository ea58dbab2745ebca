package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.tlog.Sha256;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Signs requests with AWS Signature Version 4. The paths and queries that it is given are encoded
 * already, and contain nothing that S3 would encode differently.
 */
final class Signer {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
  private static final int DATE_CHARS = 8;

  private final String region;
  private final String accessKeyId;
  private final String secretKey;

  Signer(String region, String accessKeyId, String secretKey) {
    this.region = region;
    this.accessKeyId = accessKeyId;
    this.secretKey = secretKey;
  }

  /**
   * The headers of a request, with those that sign it.
   *
   * @param headers to sign, their names in lower case
   */
  Map<String, String> sign(
      String method, URI address, Map<String, String> headers, byte[] body, Instant time) {
    String at = TIME.format(time);
    Map<String, String> sent = new TreeMap<>(headers);
    sent.put("x-amz-content-sha256", hex(Sha256.of(body)));
    sent.put("x-amz-date", at);
    TreeMap<String, String> signed = new TreeMap<>(sent);
    signed.put("host", address.getRawAuthority());
    String names = String.join(";", signed.keySet());
    String request =
        String.join(
            "\n",
            method,
            address.getRawPath(),
            query(address),
            signed.entrySet().stream()
                .map(each -> each.getKey() + ":" + each.getValue().strip() + "\n")
                .collect(Collectors.joining()),
            names,
            hex(Sha256.of(body)));
    String scope = at.substring(0, DATE_CHARS) + "/" + region + "/s3/aws4_request";
    String text = String.join("\n", ALGORITHM, at, scope, hex(Sha256.of(request.getBytes(UTF_8))));
    sent.put(
        "Authorization",
        "%s Credential=%s/%s,SignedHeaders=%s,Signature=%s"
            .formatted(ALGORITHM, accessKeyId, scope, names, hex(hmac(key(scope), text))));
    return sent;
  }

  private static String query(URI address) {
    String query = address.getRawQuery();
    return query == null
        ? ""
        : Arrays.stream(query.split("&", -1))
            .map(each -> each.contains("=") ? each : each + "=")
            .sorted()
            .collect(Collectors.joining("&"));
  }

  private byte[] key(String scope) {
    byte[] key = ("AWS4" + secretKey).getBytes(UTF_8);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    return key;
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
