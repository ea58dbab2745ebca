package io.tallystick.service.access;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.EntryField;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.scope.Scope;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.text.Characters;
import io.tallystick.tlog.Quoted;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a new key should be able to do.
 *
 * @param name that no key had before
 * @param permissions at least one
 * @param lenient whether what it sends is truncated and written in part unless a request says
 *     otherwise
 * @param only what it sees of the log
 * @param stamp what its events have in these fields, whatever they say
 * @param personal fields that are personal in what it sends, beside those of the server
 * @param expiresAt from when on it is refused; {@code null} if it does not expire
 */
public record KeySpec(
    String name,
    Set<Permission> permissions,
    boolean lenient,
    Scope only,
    Map<EntryField, String> stamp,
    List<PersonalField> personal,
    @Nullable Instant expiresAt) {
  /** Most values that a key can be limited to in one field. */
  public static final int MAX_VALUES = 100;

  /** What a key with a limit may do: anything else would reach beyond it. */
  private static final Set<Permission> WITHIN_LIMITS =
      Set.of(Permission.AUDIT_APPEND, Permission.ADMIN_AUDIT);

  /**
   * @throws InvalidParameterException if the name is not 1 to 64 bytes without control characters,
   *     or there is no permission, or one that a limited key can't have, or a limit without the
   *     permission that it limits
   */
  public KeySpec {
    checkName(name);
    permissions = Set.copyOf(permissions);
    stamp = Map.copyOf(stamp);
    personal = List.copyOf(personal);
    if (permissions.isEmpty()) {
      throw new InvalidParameterException(
          "permissions", "permissions must be one or more of " + Permission.names());
    }
    require("only", !only.isAll(), permissions, Permission.ADMIN_AUDIT, "limits what a key reads");
    require(
        "stamp", !stamp.isEmpty(), permissions, Permission.AUDIT_APPEND, "marks what a key writes");
  }

  private static void checkName(String name) {
    int bytes = name.getBytes(UTF_8).length;
    // A name is printed in many places.
    boolean plain = !name.isBlank() && name.codePoints().allMatch(Characters::isShown);
    if (!plain || bytes > AccessKeys.MAX_NAME_BYTES) {
      throw new InvalidParameterException(
          "name",
          "name must have 1 to "
              + AccessKeys.MAX_NAME_BYTES
              + " bytes without control characters, but was "
              + Quoted.of(name));
    }
    if (name.startsWith("(")) {
      // As Entry.LOG and Entry.LOCAL do: no key may look like the log itself.
      throw new InvalidParameterException(
          "name",
          "name must not begin with \"(\", as the log's own sources do, but was "
              + Quoted.of(name));
    }
  }

  private static void require(
      String limit, boolean given, Set<Permission> permissions, Permission needed, String what) {
    if (!given) {
      return;
    }
    if (!permissions.contains(needed)) {
      throw new InvalidParameterException(
          limit, limit + " " + what + ", so the key needs the permission " + needed);
    }
    List<String> beyond =
        permissions.stream()
            .filter(permission -> !WITHIN_LIMITS.contains(permission))
            .sorted()
            .map(Permission::toString)
            .toList();
    if (!beyond.isEmpty()) {
      throw new InvalidParameterException(
          limit,
          limit
              + " allows the permissions audit.append and admin.audit only: a key with "
              + String.join(", ", beyond)
              + " could reach beyond it");
    }
  }

  /** A key without limits, strict. */
  public static KeySpec of(
      String name, Collection<Permission> permissions, @Nullable Instant expiresAt) {
    Set<Permission> set = EnumSet.noneOf(Permission.class);
    set.addAll(permissions);
    return new KeySpec(name, set, false, Scope.ALL, Map.of(), List.of(), expiresAt);
  }

  /**
   * What a key sees, from the names of fields and their values.
   *
   * @throws InvalidParameterException naming {@code only} and what is allowed
   */
  public static Scope scope(Map<String, ? extends Collection<String>> given) {
    Map<EntryField, SortedSet<String>> only = new EnumMap<>(EntryField.class);
    given.forEach((name, values) -> {
      EntryField field = field("only", name, Scope.FIELDS);
      if (values.isEmpty() || values.size() > MAX_VALUES) {
        throw new InvalidParameterException(
            "only",
            "only must have 1 to "
                + MAX_VALUES
                + " values of "
                + name
                + ", but had "
                + values.size());
      }
      values.forEach(value -> check("only", field, value));
      only.put(field, new TreeSet<>(values));
    });
    return new Scope(only);
  }

  /**
   * What a key's events are stamped with, from the names of fields.
   *
   * @throws InvalidParameterException naming {@code stamp} and what is allowed
   */
  public static Map<EntryField, String> stamp(Map<String, String> given) {
    Map<EntryField, String> stamp = new EnumMap<>(EntryField.class);
    given.forEach((name, value) -> {
      EntryField field = field("stamp", name, EventReader.STAMPED);
      check("stamp", field, value);
      stamp.put(field, value);
    });
    return stamp;
  }

  private static EntryField field(String limit, String name, List<EntryField> allowed) {
    return allowed.stream()
        .filter(field -> field.toString().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new InvalidParameterException(
                limit,
                limit
                    + " must name "
                    + allowed.stream().map(EntryField::toString).collect(Collectors.joining(" or "))
                    + ", but named "
                    + Quoted.of(name)));
  }

  /** What no entry can have would be a limit that nothing meets. */
  private static void check(String limit, EntryField field, String value) {
    boolean plain = UTF_8.newEncoder().canEncode(value) && value.indexOf('\0') < 0;
    int bytes = value.getBytes(UTF_8).length;
    if (!plain || bytes == 0 || bytes > field.maxBytes()) {
      throw new InvalidParameterException(
          limit,
          limit
              + " must give "
              + field
              + " 1 to "
              + field.maxBytes()
              + " bytes of UTF-8 without NUL, but gave "
              + Quoted.of(value));
    }
  }
}
