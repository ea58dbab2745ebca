package io.tallystick.ingest.backfill;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code audit.log} of the Linux audit daemon. The records of one event, which have the same
 * time and serial and may stand among those of others, become one: {@code type}, {@code path} (the
 * first one, if any), {@code record} (that of the system call, or else the first one) and {@code
 * with} (the others).
 *
 * <p>An event ends with its record EOE, two seconds later by the times in the file, at the file's
 * end, or when too many others have begun. Events are delivered in the order in which they began.
 */
final class AuditdReader extends StreamReader {
  private static final int MAX_OPEN = 1_000;
  private static final int MAX_RECORDS = 1_000;
  private static final int MAX_REMEMBERED = 100_000;
  private static final long MAX_SECONDS = 2;

  @Override
  void read(InputStream in, Delivery delivery) throws IOException, InterruptedException {
    Assembly assembly = new Assembly(delivery);
    Lines lines = new Lines(in);
    for (SourceRecord.Content line = lines.next(true); line != null; line = lines.next(true)) {
      AuditdRecord record = record(line);
      if (record != null) {
        assembly.add(record, lines.number());
      } else if (!Lines.isBlank(line)) {
        assembly.addOther(kept(line), lines.number());
      }
    }
    assembly.deliver(0);
  }

  private static @Nullable AuditdRecord record(SourceRecord.Content content) {
    String text = content instanceof SourceRecord.Line line ? line.text() : null;
    return text == null ? null : AuditdRecord.parse(text);
  }

  /** A line that is no record, as what a mapping does not match. */
  private static SourceRecord.Content kept(SourceRecord.Content content) {
    String text = content instanceof SourceRecord.Line line ? line.text() : null;
    return text == null
        ? content
        : new SourceRecord.Tree(JsonRecords.JSON.createObjectNode().put("line", text));
  }

  /** The events that have begun, oldest first. */
  private static final class Assembly {
    private final Delivery delivery;
    private final SequencedMap<String, Begun> begun = new LinkedHashMap<>();

    /** How often events of this time and serial were delivered, for those whose records go on. */
    private final Map<String, Integer> delivered =
        new LinkedHashMap<>() {
          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Integer> eldest) {
            return size() > MAX_REMEMBERED;
          }
        };

    private long lastSeconds;

    Assembly(Delivery delivery) {
      this.delivery = delivery;
    }

    void add(AuditdRecord record, long line) throws InterruptedException {
      Begun event = begun.computeIfAbsent(record.event(), key -> new Begun(line));
      if (record.type().equals("EOE")) {
        event.complete = true;
      } else {
        event.records.add(record);
      }
      lastSeconds = Math.max(lastSeconds, record.seconds());
      if (event.records.size() == MAX_RECORDS) {
        deliver(0);
      } else {
        deliver(MAX_OPEN);
      }
    }

    void addOther(SourceRecord.Content content, long line) throws InterruptedException {
      deliver(0);
      delivery.record(content, null, "line " + line);
    }

    /** Delivers the oldest ones, as far as they are complete or more than this many have begun. */
    void deliver(int open) throws InterruptedException {
      while (!begun.isEmpty()) {
        Map.Entry<String, Begun> oldest = begun.firstEntry();
        if (begun.size() <= open && !oldest.getValue().isComplete(lastSeconds)) {
          return;
        }
        begun.remove(oldest.getKey());
        if (!oldest.getValue().records.isEmpty()) {
          deliver(oldest.getKey(), oldest.getValue());
        }
      }
    }

    private void deliver(String key, Begun event) throws InterruptedException {
      int part = delivered.merge(key, 1, Integer::sum);
      String id = "auditd:" + key.replace(' ', ':') + (part == 1 ? "" : "+" + part);
      delivery.record(new SourceRecord.Tree(event.tree()), id, "line " + event.line);
    }
  }

  /** An event whose records are being collected. */
  private static final class Begun {
    private final long line;
    private final List<AuditdRecord> records = new ArrayList<>();
    private boolean complete;

    Begun(long line) {
      this.line = line;
    }

    boolean isComplete(long lastSeconds) {
      return complete
          || records.isEmpty()
          || lastSeconds - records.getFirst().seconds() > MAX_SECONDS;
    }

    ObjectNode tree() {
      AuditdRecord first = records.getFirst();
      AuditdRecord main =
          records.stream()
              .filter(record -> record.type().equals("SYSCALL"))
              .findFirst()
              .orElse(first);
      ObjectNode tree = JsonRecords.JSON.createObjectNode();
      tree.put("time", first.time());
      tree.put("serial", first.serial());
      if (first.node() != null) {
        tree.put("node", first.node());
      }
      tree.put("type", first.type());
      records.stream()
          .filter(record -> record.type().equals("PATH") && record.fields().has("name"))
          .findFirst()
          .ifPresent(record -> tree.set("path", record.fields().get("name")));
      tree.set("record", main.fields());
      ArrayNode with = JsonRecords.JSON.createArrayNode();
      records.stream()
          .filter(record -> !Objects.equals(record, main))
          .forEach(record -> with.add(record.fields()));
      if (!with.isEmpty()) {
        tree.set("with", with);
      }
      return tree;
    }
  }
}
