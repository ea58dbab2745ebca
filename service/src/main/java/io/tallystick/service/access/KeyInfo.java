package io.tallystick.service.access;

import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.answer.ShortTime;
import java.time.Instant;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A key in an answer, without its secret.
 *
 * @param permissions in the order of {@link Permission}
 * @param lenient whether what it sends is truncated and written in part
 * @param only of each field the values that it sees; {@code null} if it sees everything
 * @param stamp what its events have in these fields; {@code null} if whatever they say
 * @param personal fields that are personal in what it sends
 */
public record KeyInfo(
    String id,
    String name,
    List<String> permissions,
    boolean lenient,
    @Nullable SortedMap<String, List<String>> only,
    @Nullable SortedMap<String, String> stamp,
    List<String> personal,
    @JsonSerialize(using = ShortTime.class) Instant createdAt,
    @JsonSerialize(using = ShortTime.class) @Nullable Instant expiresAt,
    @JsonSerialize(using = ShortTime.class) @Nullable Instant lastUsedAt,
    @JsonSerialize(using = ShortTime.class) @Nullable Instant revokedAt) {
  public KeyInfo {
    permissions = List.copyOf(permissions);
    personal = List.copyOf(personal);
  }

  public static KeyInfo of(AccessKey key) {
    return new KeyInfo(
        key.id(),
        key.name(),
        key.permissions().stream().sorted().map(Permission::toString).toList(),
        key.lenient(),
        only(key.only()),
        stamp(key),
        key.personal().stream().map(PersonalField::toString).toList(),
        key.createdAt(),
        key.expiresAt(),
        key.lastUsedAt(),
        key.revokedAt());
  }

  /** What a scope is limited to, by the names of fields; {@code null} if to nothing. */
  public static @Nullable SortedMap<String, List<String>> only(Scope scope) {
    SortedMap<String, List<String>> only = new TreeMap<>();
    scope.only().forEach((field, values) -> only.put(field.toString(), List.copyOf(values)));
    return only.isEmpty() ? null : only;
  }

  static @Nullable SortedMap<String, String> stamp(AccessKey key) {
    SortedMap<String, String> stamp = new TreeMap<>();
    key.stamp().forEach((field, value) -> stamp.put(field.toString(), value));
    return stamp.isEmpty() ? null : stamp;
  }

  /** All keys of a log. */
  public record KeyList(List<KeyInfo> keys) {
    public KeyList {
      keys = List.copyOf(keys);
    }

    public static KeyList of(List<AccessKey> keys) {
      return new KeyList(keys.stream().map(KeyInfo::of).toList());
    }
  }

  /**
   * A key that was just created, with its secret.
   *
   * @param key the key itself; the only time that it is shown
   */
  public record NewKey(
      String id,
      String name,
      List<String> permissions,
      boolean lenient,
      @Nullable SortedMap<String, List<String>> only,
      @Nullable SortedMap<String, String> stamp,
      List<String> personal,
      @JsonSerialize(using = ShortTime.class) Instant createdAt,
      @JsonSerialize(using = ShortTime.class) @Nullable Instant expiresAt,
      @JsonSerialize(using = ShortTime.class) @Nullable Instant lastUsedAt,
      @JsonSerialize(using = ShortTime.class) @Nullable Instant revokedAt,
      String key) {
    public NewKey {
      permissions = List.copyOf(permissions);
      personal = List.copyOf(personal);
    }

    public static NewKey of(AccessKeys.NewKey made) {
      KeyInfo info = KeyInfo.of(made.key());
      return new NewKey(
          info.id,
          info.name,
          info.permissions,
          info.lenient,
          info.only,
          info.stamp,
          info.personal,
          info.createdAt,
          info.expiresAt,
          info.lastUsedAt,
          info.revokedAt,
          made.text());
    }

    /** The key without its secret. */
    @Override
    public String toString() {
      return "NewKey[" + id + "]";
    }
  }
}
