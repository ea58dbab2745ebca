package io.tallystick.forward.format;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.service.answer.AnswerJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Entries as exports give them, with {@code origin}, {@code sink} and {@code seq} before their
 * fields, and {@code redacted} behind them.
 */
public final class NativeFormat implements Format {
  private static final Places PLACES = new Places("id", "seq", "hash", ".");

  @FunctionalInterface
  private interface Fields {
    void write(JsonGenerator out) throws IOException;
  }

  @Override
  public String name() {
    return "native";
  }

  @Override
  public byte[] format(Forwarded entry) {
    byte[] head =
        object(out -> {
          head(out, entry.origin(), entry.sink());
          out.writeNumberField("seq", entry.seq());
        });
    try {
      ByteArrayOutputStream record = new ByteArrayOutputStream(1_024);
      record.write(head, 0, head.length - 1);
      record.write(',');
      byte[] fields = AnswerJson.present(entry.entry());
      record.write(fields, 1, fields.length - 2);
      if (!entry.redacted().isEmpty()) {
        record.writeBytes(",\"redacted\":".getBytes(UTF_8));
        record.writeBytes(AnswerJson.bytes(entry.redacted()));
      }
      if (entry.original() != null) {
        record.writeBytes(",\"original\":".getBytes(UTF_8));
        record.writeBytes(AnswerJson.bytes(entry.original()));
      }
      record.write('}');
      return record.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public byte[] marker(Marker marker) {
    return object(out -> {
      head(out, marker.origin(), marker.sink());
      out.writeStringField("event_type", Marker.EVENT_TYPE);
      out.writeStringField("timestamp", marker.time().toString());
      out.writeNumberField("number", marker.number());
      out.writeNumberField("through_id", marker.throughId());
      out.writeNumberField("through_seq", marker.throughSeq());
      out.writeNumberField("count", marker.count());
      out.writeStringField("root", marker.root().toString());
      out.writeStringField("previous_marker", marker.previous().toString());
      out.writeStringField("marker_hash", marker.hash().toString());
      if (marker.checkpoint() != null) {
        out.writeStringField("checkpoint", marker.checkpoint());
      }
    });
  }

  @Override
  public byte[] reduced(Reduced entry) {
    return object(out -> {
      head(out, entry.origin(), entry.sink());
      out.writeNumberField("seq", entry.seq());
      out.writeNumberField("id", entry.id());
      out.writeStringField("hash", entry.hash());
      out.writeStringField("timestamp", entry.timestamp().toString());
      out.writeStringField("event_type", entry.eventType());
      out.writeNumberField("bytes", entry.bytes());
      out.writeBooleanField("truncated", entry.truncated());
      if (entry.raw() != null) {
        out.writeStringField("raw", entry.raw());
      }
    });
  }

  @Override
  public Optional<Held> read(byte[] record) {
    return PLACES.read(record);
  }

  private static void head(JsonGenerator out, String origin, String sink) throws IOException {
    out.writeStringField("origin", origin);
    out.writeStringField("sink", sink);
  }

  private static byte[] object(Fields fields) {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator out = AnswerJson.generator(json)) {
      out.writeStartObject();
      fields.write(out);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return json.toByteArray();
  }
}
