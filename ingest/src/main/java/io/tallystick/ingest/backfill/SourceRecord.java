package io.tallystick.ingest.backfill;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.text.Utf8;
import org.jspecify.annotations.Nullable;

/**
 * A record of a file.
 *
 * @param content what a mapping makes an event of
 * @param id its own id, which a copy of it elsewhere would have too; {@code null} if it has none
 * @param position that grows from record to record of one file, from 1; 0 for what the reader says
 *     about the whole file, which is delivered each time
 * @param place where it stands, for people, for instance {@code line 7}
 */
public record SourceRecord(Content content, @Nullable String id, long position, String place) {

  /** What a record holds. */
  public sealed interface Content {
    /** Itself, or for a line that is no JSON object, one that a mapping can look into. */
    default Content orTextAsObject() {
      String text = this instanceof Line line ? line.text() : null;
      return text == null || text.stripLeading().startsWith("{")
          ? this
          : new Tree(JsonNodeFactory.instance.objectNode().put("line", text));
    }
  }

  /** Bytes that should be JSON, and are kept raw if they are not. */
  public static final class Line implements Content {
    private final byte[] bytes;

    /** These bytes, not copied. */
    public Line(byte[] bytes) {
      this.bytes = bytes;
    }

    /** Not copied. */
    public byte[] bytes() {
      return bytes;
    }

    /** Its text; {@code null} if it is not UTF-8. */
    public @Nullable String text() {
      return Utf8.firstMalformed(bytes, 0, bytes.length) < 0 ? new String(bytes, UTF_8) : null;
    }
  }

  /** What was made of another form of text. */
  public record Tree(JsonNode value) implements Content {}

  /** An event already; no mapping looks at it. */
  public record Ready(ObjectNode event) implements Content {}

  /** More than a reader holds in memory: its beginning, its length and its hash. */
  public static final class Oversized implements Content {
    private final byte[] beginning;
    private final long length;
    private final String sha256;

    /**
     * @param beginning its first bytes, not copied
     * @param length of all of it, in bytes
     * @param sha256 of all of it, in hexadecimal
     */
    public Oversized(byte[] beginning, long length, String sha256) {
      this.beginning = beginning;
      this.length = length;
      this.sha256 = sha256;
    }

    /** Not copied. */
    public byte[] beginning() {
      return beginning;
    }

    /** Of all of it, in bytes. */
    public long length() {
      return length;
    }

    /** Of all of it, in hexadecimal. */
    public String sha256() {
      return sha256;
    }
  }
}
