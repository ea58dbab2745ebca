package io.tallystick.store.log;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tallystick.entry.EntryHash;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The identity of a log ({@code log.json}). Immutable.
 *
 * @param version of the format on disk, 1
 * @param origin name of the log; part of every checkpoint and of the first entry's {@code
 *     previous_hash}
 * @param createdAt time of creation, RFC 3339
 * @param verifierKeys C2SP verifier keys that have signed checkpoints of this log, newest first
 */
public record LogIdentity(
    @JsonProperty(value = "version", required = true) int version,
    @JsonProperty(value = "origin", required = true) String origin,
    @JsonProperty(value = "created_at", required = true) String createdAt,
    @JsonProperty(value = "verifier_keys", required = true) List<String> verifierKeys) {
  /** The version of the format that this program reads and writes. */
  public static final int VERSION = 1;

  /** Most bytes of an origin in UTF-8. */
  public static final int MAX_ORIGIN_BYTES = 255;

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  public LogIdentity {
    verifierKeys = List.copyOf(verifierKeys);
  }

  /**
   * The content of the file. The checksum detects damage, not tampering. Files of early versions
   * have none.
   */
  private record InFile(
      @JsonProperty(value = "version", required = true) int version,
      @JsonProperty(value = "origin", required = true) String origin,
      @JsonProperty(value = "created_at", required = true) String createdAt,
      @JsonProperty(value = "verifier_keys", required = true) List<String> verifierKeys,
      @JsonProperty("crc32c") @Nullable String crc32c) {}

  private String crc32c() throws JsonProcessingException {
    CRC32C crc = new CRC32C();
    crc.update(JSON.writeValueAsBytes(this));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  /** The {@code previous_hash} of the first entry (format.md, Chain). */
  public Hash genesis() {
    return EntryHash.genesis(origin);
  }

  /**
   * The keys in parsed form, newest first.
   *
   * @throws LogException.NotALog if one is not a valid verifier key
   */
  public List<VerifierKey> keys() throws LogException.NotALog {
    try {
      return verifierKeys.stream().map(VerifierKey::parse).toList();
    } catch (IllegalArgumentException e) {
      throw new LogException.NotALog(
          "log.json contains an invalid verifier key: " + e.getMessage());
    }
  }

  /** The same log with these verifier keys, newest first. */
  public LogIdentity withVerifierKeys(List<String> keys) {
    return new LogIdentity(version, origin, createdAt, keys);
  }

  /**
   * Checks the name of a log.
   *
   * @throws IllegalArgumentException if it is empty or too long, or contains white space, a control
   *     character or a {@code +}
   */
  static void checkOrigin(String origin) {
    int bytes = origin.getBytes(StandardCharsets.UTF_8).length;
    boolean plain =
        origin
            .codePoints()
            .noneMatch(c ->
                c == '+'
                    || Character.isWhitespace(c)
                    || Character.isSpaceChar(c)
                    || Character.isISOControl(c)
                    || (c >= 0xD800 && c <= 0xDFFF));
    if (bytes < 1 || bytes > MAX_ORIGIN_BYTES || !plain) {
      throw new IllegalArgumentException(
          "origin must be 1 to "
              + MAX_ORIGIN_BYTES
              + " bytes without white space, control characters or \"+\", for example"
              + " \"example.com/audit\"");
    }
  }

  /**
   * Reads the file.
   *
   * @throws LogException.NotALog if it is damaged or of another version
   */
  public static LogIdentity read(Path file) throws IOException {
    LogIdentity identity;
    try {
      InFile read = JSON.readValue(Files.readAllBytes(file), InFile.class);
      identity = new LogIdentity(read.version, read.origin, read.createdAt, read.verifierKeys);
      if (read.crc32c != null && !read.crc32c.equals(identity.crc32c())) {
        throw new LogException.NotALog(
            file + " is damaged: its checksum is wrong. Restore it from a backup");
      }
    } catch (JsonProcessingException e) {
      throw new LogException.NotALog(file + " is not a valid log.json: " + e.getOriginalMessage());
    }
    if (identity.version != VERSION) {
      throw new LogException.NotALog(
          file + " has version " + identity.version + "; this program supports version " + VERSION);
    }
    return identity;
  }

  /**
   * Reads the identity of the log in this directory, or makes one and writes it where there is
   * none.
   *
   * @throws LogException.NotALog if the log has another origin than the configuration
   */
  public static LogIdentity readOrCreate(DataDirectory directory, LogConfig config)
      throws IOException {
    if (directory.holdsLog()) {
      LogIdentity identity = LogIdentity.read(directory.identity());
      if (config.origin() != null && !config.origin().equals(identity.origin())) {
        throw new LogException.NotALog(
            directory.root()
                + " holds the log \""
                + identity.origin()
                + "\", not \""
                + config.origin()
                + "\"; the origin of a log never changes");
      }
      return identity;
    }
    String origin = config.origin();
    if (origin == null) {
      byte[] random = new byte[8];
      new SecureRandom().nextBytes(random);
      origin = "tallystick/" + HexFormat.of().formatHex(random);
    }
    String now = config.clock().instant().truncatedTo(ChronoUnit.SECONDS).toString();
    LogIdentity identity = new LogIdentity(LogIdentity.VERSION, origin, now, List.of());
    identity.write(directory.identity());
    return identity;
  }

  /** Writes the file durably. */
  public void write(Path file) throws IOException {
    InFile sealed = new InFile(version, origin, createdAt, verifierKeys, crc32c());
    AtomicFile.write(
        file, (JSON.writeValueAsString(sealed) + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
