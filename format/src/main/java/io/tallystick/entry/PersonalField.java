package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.tlog.Quoted;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The name of a value that can be personal: a field that describes a person, {@code details}, or a
 * value in them, {@code details.user.email}. Ordered by the bytes of the names in UTF-8. Immutable.
 *
 * <p>A path in details is the keys from the outermost on, joined by dots, as in filters. {@code
 * details.a.b} is in {@code {"a":{"b":1}}} and in {@code {"a.b":1}}.
 */
public final class PersonalField implements Comparable<PersonalField> {
  /** Longest name that is accepted, in bytes of UTF-8. */
  public static final int MAX_BYTES = 256;

  /** Most personal values of an entry: as many as a byte can number. */
  public static final int MAX_OF_ENTRY = 256;

  /** All of the details. */
  public static final PersonalField DETAILS =
      new PersonalField(EntryField.DETAILS.toString(), EntryField.DETAILS, "");

  /**
   * What may describe a person. Everything else says what happened, when, and who wrote it, and
   * finds an event again: without that a log is none.
   */
  static final Set<EntryField> FIELDS =
      EnumSet.of(
          EntryField.ACTOR_ID,
          EntryField.ACTOR_USERNAME,
          EntryField.ACTOR_IP,
          EntryField.USER_AGENT,
          EntryField.ACTOR_HOST,
          EntryField.SESSION_ID,
          EntryField.TARGET_ID,
          EntryField.ACTION,
          EntryField.TARGET_NAME,
          EntryField.DETAILS);

  private static final String IN_DETAILS = "details.";

  private final String name;
  private final byte[] utf8;
  private final EntryField field;
  private final String path;

  private PersonalField(String name, EntryField field, String path) {
    this.name = name;
    this.utf8 = name.getBytes(UTF_8);
    this.field = field;
    this.path = path;
  }

  /**
   * The field with this name.
   *
   * @throws InvalidEventException with the field {@code personal} if it can't be personal, or the
   *     name is longer than {@link #MAX_BYTES}
   */
  public static PersonalField of(String name) {
    PersonalField field = ofAnyLength(name);
    if (field == null || field.utf8.length > MAX_BYTES) {
      throw new InvalidEventException(
          "personal",
          "personal must name fields of at most "
              + MAX_BYTES
              + " bytes that can be personal, but names "
              + Quoted.of(name)
              + "; these can: "
              + FIELDS.stream().map(EntryField::toString).collect(Collectors.joining(", "))
              + ", and details.PATH for a value in details");
    }
    return field;
  }

  /** The fields with these names, in their order, each once; see {@link #of(String)}. */
  public static List<PersonalField> of(Collection<String> names) {
    return inOrder(names.stream().map(PersonalField::of).toList());
  }

  /** These fields in their order, each once. */
  static List<PersonalField> inOrder(List<PersonalField> fields) {
    for (int i = 1; i < fields.size(); i++) {
      if (fields.get(i - 1).compareTo(fields.get(i)) >= 0) {
        return List.copyOf(new TreeSet<>(fields));
      }
    }
    return List.copyOf(fields);
  }

  /** The field with a name of any length; {@code null} if there is none. */
  static @Nullable PersonalField ofAnyLength(String name) {
    if (name.startsWith(IN_DETAILS)) {
      return inDetails(name.substring(IN_DETAILS.length()));
    }
    EntryField field = EntryField.of(name);
    return field != null && FIELDS.contains(field) ? new PersonalField(name, field, "") : null;
  }

  /** The value at this path of details; {@code null} if there can be none. */
  static @Nullable PersonalField inDetails(String path) {
    return path.isEmpty() || !Text.isText(path)
        ? null
        : new PersonalField(IN_DETAILS + path, EntryField.DETAILS, path);
  }

  /** The field, {@link EntryField#DETAILS} for a value in them. */
  public EntryField field() {
    return field;
  }

  /** The path of a value in details; empty for a whole field. */
  public String path() {
    return path;
  }

  /** The name of the same value when the details are moved into other details. */
  PersonalField below() {
    return field == EntryField.DETAILS ? named(IN_DETAILS + name) : this;
  }

  /** The name of the same value when the details in the details take their place again. */
  PersonalField above() {
    boolean moved = path.equals(DETAILS.name) || path.startsWith(IN_DETAILS);
    return moved ? named(path) : this;
  }

  private static PersonalField named(String name) {
    PersonalField field = ofAnyLength(name);
    if (field == null) {
      throw new IllegalArgumentException("no field can be named " + name);
    }
    return field;
  }

  /** Whether this is the other value, or is in it. */
  public boolean isIn(PersonalField other) {
    return name.equals(other.name) || name.startsWith(other.name + ".");
  }

  /** Whether one of the two is the other, or is in it. */
  public boolean overlaps(PersonalField other) {
    return isIn(other) || other.isIn(this);
  }

  @Override
  public int compareTo(PersonalField other) {
    return Arrays.compareUnsigned(utf8, other.utf8);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PersonalField personal && name.equals(personal.name);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(name);
  }

  /** The name, for instance {@code actor_username} or {@code details.user.email}. */
  @Override
  public String toString() {
    return name;
  }
}
