package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A message as its bytes come. Of one that is larger than the limit, the beginning, the length and
 * the hash are kept. Used by one thread.
 */
final class MessageBytes {
  private final int maxBytes;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private @Nullable MessageDigest digest;
  private long length;
  private @Nullable String sha256;

  MessageBytes(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  void add(int b) {
    length++;
    if (kept.size() < maxBytes) {
      kept.write(b);
      return;
    }
    if (digest == null) {
      digest = Sha256.newDigest();
      digest.update(kept.toByteArray());
    }
    digest.update((byte) b);
  }

  /** How many there are. */
  long length() {
    return length;
  }

  /** How many of them are in memory. */
  int kept() {
    return kept.size();
  }

  /** SHA-256 of all of them, in hexadecimal. */
  String sha256() {
    String known = sha256;
    if (known == null) {
      known =
          digest == null
              ? Sha256.hex(kept.toByteArray())
              : HexFormat.of().formatHex(digest.digest());
      sha256 = known;
    }
    return known;
  }

  /** The message that they are. */
  ObjectNode message() {
    byte[] bytes = kept.toByteArray();
    return digest == null ? SyslogMessage.read(bytes) : SyslogMessage.stub(bytes, length, sha256());
  }
}
