package io.tallystick.service.access;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.entry.Entry;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NotPrivateException;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.tlog.Quoted;
import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The keys of a data directory, {@code access.json}: {@code tally_<id>_<secret>}, 256 random bits
 * of secret, of which only the SHA-256 is kept. Only the process that holds the log's writer lock
 * writes the file. Safe for any number of threads.
 */
public final class AccessKeys {
  /** A key's name has at most this many bytes of UTF-8. */
  public static final int MAX_NAME_BYTES = Entry.MAX_SOURCE_BYTES;

  private static final int VERSION = 1;
  private static final String PREFIX = "tally_";
  private static final int ID_BYTES = 8;
  private static final int SECRET_BYTES = 32;
  private static final int KEY_CHARS = PREFIX.length() + 2 * ID_BYTES + 1 + 2 * SECRET_BYTES;
  private static final byte[] NO_HASH = new byte[32];
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();
  private final ReentrantLock changing = new ReentrantLock();

  /** By id. Replaced as a whole under {@link #changing}; read without it. */
  private volatile Map<String, Held> keys;

  /** The revoked keys whose revocation is not in the file and the log yet. */
  @GuardedBy("changing")
  private final Set<String> revoking = new HashSet<>();

  /** A key, the hash of its secret, and when it was last accepted. */
  private static final class Held {
    final AccessKey key;
    final byte[] sha256;
    volatile @Nullable Instant lastUsed;

    Held(AccessKey key, byte[] sha256) {
      this.key = key;
      this.sha256 = sha256;
      this.lastUsed = key.lastUsedAt();
    }

    AccessKey current() {
      return key.used(lastUsed);
    }
  }

  /** The checksum finds damage; it does not stop an attacker who can write the file. */
  private record FileOfKeys(
      @JsonProperty(value = "version", required = true) int version,
      @JsonProperty(value = "crc32c", required = true) String crc32c,
      @JsonProperty(value = "keys", required = true) List<KeyInFile> keys) {}

  private record KeyInFile(
      @JsonProperty(value = "id", required = true) String id,
      @JsonProperty(value = "name", required = true) String name,
      @JsonProperty(value = "sha256", required = true) String sha256,
      @JsonProperty(value = "permissions", required = true) List<String> permissions,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonProperty("lenient") boolean lenient,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("only")
          @Nullable Map<String, List<String>> only,
      @JsonInclude(JsonInclude.Include.NON_NULL) @JsonProperty("stamp")
          @Nullable Map<String, String> stamp,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) @JsonProperty("personal")
          @Nullable List<String> personal,
      @JsonProperty(value = "created_at", required = true) String createdAt,
      @JsonProperty("expires_at") @Nullable String expiresAt,
      @JsonProperty("revoked_at") @Nullable String revokedAt,
      @JsonProperty("last_used_at") @Nullable String lastUsedAt) {}

  /** The result of checking a key that a client sent. */
  public sealed interface Check {
    /** It is good. */
    record Accepted(AccessKey key) implements Check {}

    /**
     * It is not.
     *
     * @param reason for the log, never for the client
     * @param key the key it claims to be, if there is one
     */
    record Refused(String reason, @Nullable AccessKey key) implements Check {}
  }

  /**
   * A key that was just made.
   *
   * @param text the key itself, secret included; kept nowhere
   */
  public record NewKey(AccessKey key, String text) {
    @Override
    public String toString() {
      return "NewKey[" + key + "]";
    }
  }

  private AccessKeys(Path file, Clock clock, Map<String, Held> keys) {
    this.file = file;
    this.clock = clock;
    this.keys = keys;
  }

  /**
   * The keys in this file; none if there is no such file yet.
   *
   * @throws IOException if it can't be read, is not a file of keys, or others could have written it
   */
  public static AccessKeys open(Path file, Clock clock) throws IOException {
    Map<String, Held> keys = new LinkedHashMap<>();
    if (Files.exists(file)) {
      checkNotPlanted(file);
      try {
        FileOfKeys read = JSON.readValue(Files.readAllBytes(file), FileOfKeys.class);
        if (read.version() != VERSION) {
          throw new IOException(
              file + " has version " + read.version() + "; this program reads " + VERSION);
        }
        if (!read.crc32c().equals(crc32c(read.keys()))) {
          throw new IOException(
              file + " is damaged: its checksum is wrong. Put it back from a backup");
        }
        for (KeyInFile key : read.keys()) {
          keys.put(key.id(), held(key));
        }
      } catch (JsonProcessingException e) {
        throw new IOException(file + " is not a file of keys: " + e.getOriginalMessage());
      } catch (IllegalArgumentException | DateTimeException e) {
        throw new IOException(file + " is not a file of keys: " + e.getMessage());
      }
    }
    return new AccessKeys(file, clock, keys);
  }

  /** Whoever can write the file can give himself a key with every permission. */
  private static void checkNotPlanted(Path file) throws IOException {
    try {
      OwnerOnly.checkPrivate(file);
    } catch (NotPrivateException e) {
      throw new IOException(
          e.getMessage() + ". Others may have put keys into it: compare it with a backup first", e);
    }
  }

  private static Held held(KeyInFile key) {
    Set<Permission> permissions = EnumSet.noneOf(Permission.class);
    for (String permission : key.permissions()) {
      permissions.add(
          Permission.of(permission)
              .orElseThrow(() -> new IllegalArgumentException("unknown permission " + permission)));
    }
    return new Held(
        new AccessKey(
            key.id(),
            key.name(),
            permissions,
            key.lenient(),
            key.only() == null ? Scope.ALL : KeySpec.scope(key.only()),
            key.stamp() == null ? Map.of() : KeySpec.stamp(key.stamp()),
            PersonalField.of(key.personal() == null ? List.of() : key.personal()),
            Instant.parse(key.createdAt()),
            instant(key.expiresAt()),
            instant(key.revokedAt()),
            instant(key.lastUsedAt())),
        HexFormat.of().parseHex(key.sha256()));
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }

  /** All keys, oldest first, revoked ones included. */
  public List<AccessKey> list() {
    return keys.values().stream().map(Held::current).toList();
  }

  /** The key with this id. */
  public Optional<AccessKey> find(String id) {
    return Optional.ofNullable(keys.get(id)).map(Held::current);
  }

  /** A new key without limits that is strict, see the other one. */
  public NewKey make(String name, Collection<Permission> permissions, @Nullable Instant expiresAt) {
    return make(KeySpec.of(name, permissions, expiresAt));
  }

  /**
   * A new key, which works once it is given to {@link #add}.
   *
   * @throws InvalidParameterException if the name was used before, or it expires in the past
   */
  public NewKey make(KeySpec wanted) {
    checkFree(wanted.name());
    Instant now = clock.instant();
    Instant expiresAt = wanted.expiresAt();
    if (expiresAt != null && !expiresAt.isAfter(now)) {
      throw new InvalidParameterException(
          "expires_at", "expires_at must be in the future, but was " + expiresAt);
    }
    String id = randomHex(ID_BYTES);
    AccessKey key =
        new AccessKey(
            id,
            wanted.name(),
            wanted.permissions(),
            wanted.lenient(),
            wanted.only(),
            wanted.stamp(),
            wanted.personal(),
            now,
            expiresAt,
            null,
            null);
    return new NewKey(key, PREFIX + id + "_" + randomHex(SECRET_BYTES));
  }

  private void checkFree(String name) {
    if (keys.values().stream().anyMatch(held -> held.key.name().equals(name))) {
      throw new InvalidParameterException(
          "name",
          "another key has or had the name "
              + Quoted.of(name)
              + "; the name stays the source of that key's entries, so choose a new one");
    }
  }

  private String randomHex(int bytes) {
    byte[] random = new byte[bytes];
    this.random.nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  /**
   * Adds a new key, durably.
   *
   * @throws InvalidParameterException if another key got its name meanwhile
   */
  public void add(NewKey made) throws IOException {
    changing.lock();
    try {
      checkFree(made.key().name());
      Map<String, Held> more = new LinkedHashMap<>(keys);
      more.put(made.key().id(), new Held(made.key(), sha256(made.text())));
      save(more);
      keys = more;
    } finally {
      changing.unlock();
    }
  }

  /**
   * Refuses the key from now on; durable when it returns. The key is refused even if the file can't
   * be written; another call before {@link #revoked} tries to write it again.
   *
   * @return the key as it is now; empty if there is none with this id or its revocation is over
   */
  public Optional<AccessKey> revoke(String id) throws IOException {
    changing.lock();
    try {
      Held held = keys.get(id);
      if (held == null || (held.key.revokedAt() != null && !revoking.contains(id))) {
        return Optional.empty();
      }
      if (revoking.add(id)) {
        Map<String, Held> fewer = new LinkedHashMap<>(keys);
        fewer.put(id, new Held(held.current().revoked(clock.instant()), held.sha256));
        keys = fewer;
      }
      save(keys);
      return find(id);
    } finally {
      changing.unlock();
    }
  }

  /** Ends a revocation: the key is refused, and both the file and the log record it. */
  void revoked(String id) {
    changing.lock();
    try {
      revoking.remove(id);
    } finally {
      changing.unlock();
    }
  }

  /**
   * Checks a key that a client sent. Does the same work whether or not there is such a key, and
   * compares in constant time.
   */
  public Check check(String text) {
    boolean wellFormed =
        text.length() == KEY_CHARS
            && text.startsWith(PREFIX)
            && text.charAt(PREFIX.length() + 2 * ID_BYTES) == '_';
    String id = wellFormed ? text.substring(PREFIX.length(), PREFIX.length() + 2 * ID_BYTES) : "";
    Held held = keys.get(id);
    byte[] shown = sha256(wellFormed ? text : PREFIX);
    boolean equal = MessageDigest.isEqual(shown, held == null ? NO_HASH : held.sha256);
    if (held == null) {
      return new Check.Refused(wellFormed ? "unknown key" : "not a key", null);
    }
    Instant now = clock.instant();
    Instant expiresAt = held.key.expiresAt();
    if (!equal) {
      return new Check.Refused("wrong secret", held.key);
    }
    if (held.key.revokedAt() != null) {
      return new Check.Refused("revoked key", held.key);
    }
    if (expiresAt != null && !now.isBefore(expiresAt)) {
      return new Check.Refused("expired key", held.key);
    }
    held.lastUsed = now;
    return new Check.Accepted(held.key);
  }

  /**
   * The key with this id if it is good now: neither revoked nor expired. For a client that sent it
   * before.
   */
  public Optional<AccessKey> good(String id) {
    Held held = keys.get(id);
    if (held == null || held.key.revokedAt() != null) {
      return Optional.empty();
    }
    Instant expiresAt = held.key.expiresAt();
    return expiresAt != null && !clock.instant().isBefore(expiresAt)
        ? Optional.empty()
        : Optional.of(held.key);
  }

  /** The key with this name if it is good now. */
  public Optional<AccessKey> goodNamed(String name) {
    return keys.values().stream()
        .filter(held -> held.key.name().equals(name))
        .findFirst()
        .flatMap(held -> good(held.key.id()));
  }

  /** Notes that the key with this id was used now. */
  public void used(String id) {
    Held held = keys.get(id);
    if (held != null) {
      held.lastUsed = clock.instant();
    }
  }

  /** Writes when keys were last used, if that changed since it was written. */
  public void saveLastUse() throws IOException {
    changing.lock();
    try {
      boolean changed = false;
      Map<String, Held> current = new LinkedHashMap<>();
      for (Held held : keys.values()) {
        AccessKey now = held.current();
        changed |= !now.equals(held.key);
        current.put(now.id(), new Held(now, held.sha256));
      }
      if (changed) {
        save(current);
        keys = current;
      }
    } finally {
      changing.unlock();
    }
  }

  private void save(Map<String, Held> all) throws IOException {
    List<KeyInFile> list =
        all.values().stream()
            .map(held -> inFile(held.current(), HexFormat.of().formatHex(held.sha256)))
            .toList();
    AtomicFile.write(file, JSON.writeValueAsBytes(new FileOfKeys(VERSION, crc32c(list), list)));
  }

  private static String crc32c(List<KeyInFile> keys) throws JsonProcessingException {
    CRC32C crc = new CRC32C();
    crc.update(JSON.writeValueAsBytes(keys));
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }

  private static KeyInFile inFile(AccessKey key, String sha256) {
    return new KeyInFile(
        key.id(),
        key.name(),
        sha256,
        key.permissions().stream().sorted().map(Permission::toString).toList(),
        key.lenient(),
        KeyInfo.only(key.only()),
        KeyInfo.stamp(key),
        key.personal().stream().map(PersonalField::toString).toList(),
        key.createdAt().toString(),
        text(key.expiresAt()),
        text(key.revokedAt()),
        text(key.lastUsedAt()));
  }

  private static @Nullable String text(@Nullable Instant time) {
    return time == null ? null : time.toString();
  }

  private static byte[] sha256(String text) {
    return Sha256.of(text.getBytes(US_ASCII));
  }
}
