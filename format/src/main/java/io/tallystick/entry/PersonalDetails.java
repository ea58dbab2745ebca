package io.tallystick.entry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.text.CanonicalJson;
import io.tallystick.text.CanonicalString;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Personal values in details: finds them by their paths, takes them out, and puts them back. */
final class PersonalDetails {
  private static final byte[] NULL = "null".getBytes(UTF_8);

  /** The bytes of a value in details. */
  record Place(int from, int to) {}

  private final byte[] json;

  /** Whether an array on the way to a value stands for the value. */
  private final boolean arrays;

  private final Map<String, List<Place>> found = new TreeMap<>();

  private PersonalDetails(byte[] json, boolean arrays) {
    this.json = json;
    this.arrays = arrays;
  }

  /**
   * The values that these paths lead to, by the paths under which the entry names them: an array on
   * the way is taken as a whole. Where two values would have the same path, or what is left would
   * be too long, all of the details are the value, under the empty path. {@code null} is no value.
   */
  static Map<String, Place> find(Details details, Collection<String> paths) {
    byte[] json = details.bytes();
    if (paths.contains("")) {
      return Map.of("", new Place(0, json.length));
    }
    Map<String, List<Place>> leads = search(json, paths, true);
    Map<String, Place> values = new TreeMap<>();
    for (Map.Entry<String, List<Place>> each : search(json, leads.keySet(), false).entrySet()) {
      if (each.getValue().size() > 1) {
        return Map.of("", new Place(0, json.length));
      }
      values.put(each.getKey(), each.getValue().getFirst());
    }
    values.values().removeIf(place -> isNull(json, place));
    int left = json.length;
    for (Place place : values.values()) {
      left += NULL.length - (place.to() - place.from());
    }
    return left <= Details.MAX_BYTES ? values : Map.of("", new Place(0, json.length));
  }

  /**
   * Where values were taken out.
   *
   * @return {@code null} unless each path leads to one {@code null}
   */
  static @Nullable Map<String, Place> gaps(Details details, Collection<String> paths) {
    byte[] json = details.bytes();
    Map<String, List<Place>> leads = search(json, paths, false);
    Map<String, Place> gaps = new HashMap<>();
    for (String path : paths) {
      List<Place> places = leads.getOrDefault(path, List.of());
      if (places.size() != 1 || !isNull(json, places.getFirst())) {
        return null;
      }
      gaps.put(path, places.getFirst());
    }
    return gaps;
  }

  /** The details with other bytes in these places; {@code null} in place of none. */
  static Details replace(Details details, Map<String, Place> places, Map<String, byte[]> values) {
    byte[] json = details.bytes();
    List<Map.Entry<String, Place>> inOrder = new ArrayList<>(places.entrySet());
    inOrder.sort(Comparator.comparingInt(place -> place.getValue().from()));
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length);
    int at = 0;
    for (Map.Entry<String, Place> place : inOrder) {
      out.write(json, at, place.getValue().from() - at);
      out.writeBytes(values.getOrDefault(place.getKey(), NULL));
      at = place.getValue().to();
    }
    out.write(json, at, json.length - at);
    return Details.ofCanonical(out.toByteArray());
  }

  private static Map<String, List<Place>> search(
      byte[] json, Collection<String> paths, boolean arrays) {
    PersonalDetails search = new PersonalDetails(json, arrays);
    search.object(0, "", paths);
    return search.found;
  }

  /** Looks into the object that begins here for what these paths lead to, and returns its end. */
  private int object(int from, String prefix, Collection<String> paths) {
    int at = from + 1;
    while (json[at] != '}') {
      int quote = CanonicalString.end(json, at + 1, json.length);
      String key = CanonicalString.text(json, at + 1, quote);
      at = member(quote + 2, key, prefix, paths);
      at += json[at] == ',' ? 1 : 0;
    }
    return at + 1;
  }

  /** The same for the value of a key. */
  private int member(int from, String key, String prefix, Collection<String> paths) {
    List<String> below = new ArrayList<>();
    boolean here = false;
    for (String path : paths) {
      here |= path.equals(key);
      if (path.startsWith(key + ".")) {
        below.add(path.substring(key.length() + 1));
      }
    }
    boolean array = arrays && json[from] == '[' && !below.isEmpty();
    if (!here && !array && !below.isEmpty() && json[from] == '{') {
      return object(from, prefix + key + ".", below);
    }
    int end = CanonicalJson.end(json, from, json.length, Details.MAX_DEPTH);
    if (here || array) {
      found.computeIfAbsent(prefix + key, path -> new ArrayList<>()).add(new Place(from, end));
    }
    return end;
  }

  private static boolean isNull(byte[] json, Place place) {
    return Arrays.equals(json, place.from(), place.to(), NULL, 0, NULL.length);
  }
}
