package io.tallystick.forward.s3;

import io.tallystick.forward.sink.SinkException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** The versions that a bucket has of objects. Who deletes or overwrites one only adds to them. */
final class Versions {
  /** Of a bucket that keeps none. */
  static final Versions NONE = new Versions();

  private static final String DELETED = "DeleteMarker";

  private final Map<String, Set<String>> all = new HashMap<>();
  private final Map<String, String> newest = new HashMap<>();

  private Versions() {}

  /**
   * Reads those of some objects.
   *
   * @param prefix of all objects of the sink, as a parameter
   */
  static Versions read(Bucket bucket, String prefix, Set<String> names)
      throws SinkException, InterruptedException {
    Versions versions = new Versions();
    String after = "";
    do {
      Element page = bucket.list("?versions&" + prefix + after);
      for (Node node = page.getFirstChild(); node != null; node = node.getNextSibling()) {
        if (node instanceof Element element) {
          versions.add(element, bucket.prefix().length(), names);
        }
      }
      String key = text(page, "NextKeyMarker");
      String version = text(page, "NextVersionIdMarker");
      after =
          key.isEmpty()
              ? ""
              : "&key-marker="
                  + Bucket.encoded(key)
                  + (version.isEmpty() ? "" : "&version-id-marker=" + Bucket.encoded(version));
    } while (!after.isEmpty());
    return versions;
  }

  private void add(Element element, int prefixLength, Set<String> names) {
    boolean deleted = element.getTagName().equals(DELETED);
    if (!deleted && !element.getTagName().equals("Version")) {
      return;
    }
    String name = text(element, "Key").substring(prefixLength);
    if (!names.contains(name)) {
      return;
    }
    String version = text(element, "VersionId");
    if (!deleted) {
      all.computeIfAbsent(name, each -> new HashSet<>()).add(version);
    }
    if (text(element, "IsLatest").equals("true")) {
      newest.put(name, deleted ? DELETED : version);
    }
  }

  static String text(Element parent, String name) {
    Node found = parent.getElementsByTagName(name).item(0);
    return found == null ? "" : found.getTextContent();
  }

  /** What became of an object that was created as this version, and is not found as it. */
  String of(String name, String version) {
    if (version.equals(ObjectLedger.NO_VERSION)) {
      return "deleted";
    }
    String now = newest.get(name);
    if (now == null) {
      return "deleted, with all its versions";
    }
    String rest =
        "; version "
            + version
            + (all.getOrDefault(name, Set.of()).contains(version)
                ? ", which was created, is still there"
                : ", which was created, is gone");
    return now.equals(DELETED)
        ? "deleted: the newest version is a delete marker" + rest
        : "overwritten: the newest version is " + now + rest;
  }
}
