package io.tallystick.service.query;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * An entry in an answer (api.md, Reading): every field of format.md in its order, absent ones as
 * {@code null}, {@code action} as the event type where the client gave none, and the hash.
 */
public final class EntryJson {
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
          // The buffers of the default pool belong to a thread, and each request has a new one.
          .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool())
          .build();

  private EntryJson() {}

  /** A generator of UTF-8 that leaves the stream open when it is closed. */
  public static JsonGenerator generator(OutputStream out) throws IOException {
    return JSON.createGenerator(out);
  }

  public static void write(JsonGenerator out, StoredEntry stored) throws IOException {
    Entry entry = stored.decode();
    Event event = entry.event();
    out.writeStartObject();
    out.writeNumberField("id", entry.id());
    out.writeStringField("previous_hash", entry.previousHash().toString());
    out.writeStringField("timestamp", Timestamps.text(entry.timestamp()));
    out.writeStringField("event_type", event.eventType());
    number(out, "actor_id", event.actorId());
    out.writeStringField("actor_username", event.actorUsername());
    out.writeStringField("actor_ip", event.actorIp());
    out.writeStringField("user_agent", event.userAgent());
    out.writeStringField("target_type", event.targetType());
    out.writeStringField("target_id", event.targetId());
    out.writeStringField("action", action(event));
    out.writeStringField("occurred_at", event.occurredAt());
    out.writeStringField("request_id", event.requestId());
    out.writeStringField("source", entry.source());
    details(out, event.details());
    out.writeStringField("hash", stored.hash().toString());
    out.writeEndObject();
  }

  /** What was done; the event type where the client did not say. */
  public static String action(Event event) {
    String action = event.action();
    return action == null ? event.eventType() : action;
  }

  public static void number(JsonGenerator out, String field, @Nullable Long value)
      throws IOException {
    if (value == null) {
      out.writeNullField(field);
    } else {
      out.writeNumberField(field, value);
    }
  }

  private static void details(JsonGenerator out, @Nullable Details details) throws IOException {
    out.writeFieldName("details");
    if (details == null) {
      out.writeNull();
    } else {
      out.writeRawValue(details.toString());
    }
  }
}
