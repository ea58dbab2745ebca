package io.tallystick.ingest.receiver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes a batch apart that a reader of JSON refuses because of one of its events: an object with a
 * list, each item of which is left to be read alone. It follows strings and brackets only, however
 * deep, and needs no more memory than the batch has.
 */
public final class JsonItems {
  /** A batch has some hundreds; millions of tiny ones would take far more memory than the text. */
  private static final int MAX_ITEMS = 100_000;

  private final List<byte[]> items;
  private final byte[] envelope;

  private JsonItems(List<byte[]> items, byte[] envelope) {
    this.items = items;
    this.envelope = envelope;
  }

  /** The text of each item, in their order. */
  public List<byte[]> items() {
    return items;
  }

  /** The object with an empty list; not copied. */
  public byte[] envelope() {
    return envelope;
  }

  /**
   * The items of the list that an object has under a name.
   *
   * @param name of ASCII, without quotes
   * @return {@code null} if the text is no object with brackets that close, or has no such list,
   *     several, or one of more than 100,000 items
   */
  public static @Nullable JsonItems find(byte[] object, String name) {
    return new Scan(object, "\"" + name + "\"").find();
  }

  /** One pass over a text. */
  private static final class Scan {
    private final byte[] text;
    private final String quotedName;
    private final List<byte[]> items = new ArrayList<>();
    private int at;

    Scan(byte[] text, String quotedName) {
      this.text = text;
      this.quotedName = quotedName;
    }

    @Nullable JsonItems find() {
      if (next() != '{') {
        return null;
      }
      at++;
      int from = -1;
      int to = -1;
      while (next() == '"') {
        int name = at;
        skipValue();
        boolean found = isName(name, at);
        if (next() != ':') {
          return null;
        }
        at++;
        boolean list = next() == '[';
        if (found && (!list || from >= 0)) {
          return null;
        }
        if (found) {
          from = at + 1;
          if (!collect()) {
            return null;
          }
          to = at - 1;
        } else {
          skipValue();
        }
        if (next() == ',') {
          at++;
        }
      }
      if (next() != '}' || from < 0) {
        return null;
      }
      at++;
      return next() < 0 ? new JsonItems(List.copyOf(items), without(from, to)) : null;
    }

    private byte[] without(int from, int to) {
      byte[] envelope = Arrays.copyOf(text, text.length - (to - from));
      System.arraycopy(text, to, envelope, from, text.length - to);
      return envelope;
    }

    /**
     * The items of the list that begins here; whether it ends, and has something between commas.
     */
    private boolean collect() {
      at++;
      if (next() == ']') {
        at++;
        return true;
      }
      while (true) {
        int begin = at;
        skipValue();
        if (at == begin) {
          return false;
        }
        if (items.size() == MAX_ITEMS) {
          return false;
        }
        items.add(Arrays.copyOfRange(text, begin, at));
        int end = next();
        at++;
        if (end == ']') {
          return true;
        }
        if (end != ',') {
          return false;
        }
        int _ = next();
      }
    }

    private boolean isName(int begin, int end) {
      if (end - begin != quotedName.length()) {
        return false;
      }
      for (int i = 0; i < quotedName.length(); i++) {
        if (text[begin + i] != quotedName.charAt(i)) {
          return false;
        }
      }
      return true;
    }

    /** The next byte that is no white space; -1 at the end. */
    private int next() {
      while (at < text.length && isSpace(text[at])) {
        at++;
      }
      return at < text.length ? text[at] : -1;
    }

    private static boolean isSpace(byte b) {
      return b == ' ' || b == '\t' || b == '\r' || b == '\n';
    }

    /** Up to what separates this value from what follows; to the end if it does not end. */
    private void skipValue() {
      int depth = 0;
      while (at < text.length) {
        byte b = text[at];
        if (b == '"') {
          skipString();
          if (depth == 0) {
            return;
          }
          continue;
        }
        if (b == '{' || b == '[') {
          depth++;
        } else if (b == '}' || b == ']') {
          if (depth == 0) {
            return;
          }
          depth--;
          if (depth == 0) {
            at++;
            return;
          }
        } else if (depth == 0 && (b == ',' || b == ':' || isSpace(b))) {
          return;
        }
        at++;
      }
    }

    private void skipString() {
      at++;
      while (at < text.length && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
      }
      at = Math.min(at + 1, text.length);
    }
  }
}
