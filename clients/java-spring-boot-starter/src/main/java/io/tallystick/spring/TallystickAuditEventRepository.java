package io.tallystick.spring;

import io.tallystick.client.AuditClient;
import io.tallystick.client.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;

/**
 * Actuator's audit events in the log. It keeps nothing itself: {@link #find} asks the server, with
 * a key of its own. Safe for use by many threads.
 */
final class TallystickAuditEventRepository implements AuditEventRepository {
  /** A type that the server accepts; {@code audit.*} is its own. */
  private static final Pattern TYPE =
      Pattern.compile("(?!audit(\\.|$))(?=.{1,128}$)[A-Za-z0-9_:/-]+(\\.[A-Za-z0-9_:/-]+)*");

  /** The most that the server gives at once. */
  private static final String LIMIT = "500";

  private final AuditClient client;
  private final @Nullable AuditClient reader;

  /**
   * @param client appends
   * @param reader finds; {@code null} if there is no key for it
   */
  TallystickAuditEventRepository(AuditClient client, @Nullable AuditClient reader) {
    this.client = client;
    this.reader = reader;
  }

  /**
   * Records an event. Data that are named as fields of an event become these; other data that are
   * texts, numbers, maps and lists of them are among its details. Anything else, such as what
   * Spring Security knows of a session, is left out.
   */
  @Override
  public void add(AuditEvent event) {
    if (event instanceof OfSecurity) {
      return;
    }
    Map<Object, Object> fields = new LinkedHashMap<>(plain(event.getData()));
    if (!event.getPrincipal().isEmpty()) {
      fields.put("actor_username", event.getPrincipal());
    }
    if (TYPE.matcher(event.getType()).matches()) {
      fields.put("event_type", event.getType());
    } else {
      fields.put("event_type", "spring.audit_event");
      fields.put("type", event.getType());
    }
    client.append(
        WebRequest.addTo(Event.of("spring.audit_event"))
            .occurredAt(event.getTimestamp().atOffset(ZoneOffset.UTC))
            .withAll(fields));
  }

  private static Map<Object, Object> plain(Map<?, ?> data) {
    Map<Object, Object> kept = new LinkedHashMap<>();
    for (Map.Entry<?, ?> member : data.entrySet()) {
      Object value = plain(member.getValue());
      if (value != null) {
        kept.put(String.valueOf(member.getKey()), value);
      }
    }
    return kept;
  }

  private static @Nullable Object plain(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      return plain(map);
    }
    if (value instanceof Iterable<?> list) {
      List<Object> kept = new ArrayList<>();
      for (Object element : list) {
        Object plain = plain(element);
        if (plain != null) {
          kept.add(plain);
        }
      }
      return kept;
    }
    boolean isPlain =
        value instanceof Enum || (value != null && value.getClass().getName().startsWith("java."));
    return isPlain ? value : null;
  }

  /**
   * The newest 500 that match, oldest first, as far as the key may read. Their data are the fields
   * of the entry.
   *
   * @throws UnsupportedOperationException if there is no key for reading
   */
  @Override
  public List<AuditEvent> find(
      @Nullable String principal, @Nullable Instant after, @Nullable String type) {
    if (reader == null) {
      throw new UnsupportedOperationException(
          "this application keeps no audit events, they are in Tallystick's log; to list them here,"
              + " set tallystick.read-key-file to a key that may read");
    }
    Map<String, String> filter = new LinkedHashMap<>();
    filter.put("limit", LIMIT);
    if (principal != null) {
      filter.put("actor_username", exactly(principal));
    }
    if (after != null) {
      filter.put("occurred_since", after.toString());
    }
    if (type != null) {
      filter.put("event_type", type);
    }
    try {
      List<AuditEvent> found = new ArrayList<>();
      for (Map<String, Object> entry : reader.entries(filter)) {
        AuditEvent event = event(entry);
        if (after == null || event.getTimestamp().isAfter(after)) {
          found.add(event);
        }
      }
      Collections.reverse(found);
      return found;
    } catch (IOException e) {
      throw new UncheckedIOException("the log cannot be read: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the log was read", e);
    }
  }

  /** A star at the end would make it a prefix. */
  private static String exactly(String text) {
    return text.endsWith("*") ? text + "*" : text;
  }

  private static AuditEvent event(Map<String, Object> entry) {
    Map<String, Object> data = new LinkedHashMap<>(entry);
    Object principal = data.remove("actor_username");
    Object type = data.remove("event_type");
    Object occurred = data.remove("occurred_at");
    String time = String.valueOf(occurred == null ? data.get("timestamp") : occurred);
    return new AuditEvent(
        OffsetDateTime.parse(time).toInstant(),
        principal == null ? "" : principal.toString(),
        String.valueOf(type),
        data);
  }
}
