package io.tallystick.forward;

import com.fasterxml.jackson.databind.node.TextNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.Forwarded;
import io.tallystick.forward.format.Marker;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.service.answer.EntryView;
import io.tallystick.tlog.Hash;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Entries for tests of formats and sinks. */
public final class Samples {
  public static final String ORIGIN = "log.example/audit";
  public static final String SINK = "siem";
  public static final Instant TIME = Instant.parse("2026-11-23T03:05:09.123456789Z");

  /** What could break a line, a quote, a header or a parser. */
  public static final String HOSTILE =
      "a\nb\r\nc|d=e\"f'g\\h]i\u2028j\u0085k\tl<m>\u0001 externalId=1 cs1=00 \ud83d\ude00 end\\";

  private Samples() {}

  /** The types of the document on audit logging, and others. */
  public static Stream<String> types() {
    return Stream.concat(
        EventType.known().stream().map(EventType::value),
        Stream.of("deploy", "k8s:pods/exec", "api_key.rotated", "ingest.unmapped"));
  }

  public static Hash hash(long id) {
    return EntryHash.of(("entry " + id).getBytes(StandardCharsets.UTF_8));
  }

  /** An entry with nothing but its type. */
  public static EntryView bare(long id, String type) {
    return view(id, Event.of(type));
  }

  /** An entry with a value in every field that a client can fill. */
  public static EntryView full(long id, String type, String text) {
    return view(
        id,
        Event.builder(type)
            .text(EntryField.OUTCOME, "failure")
            .text(EntryField.SEVERITY, "high")
            .text(EntryField.TENANT, text)
            .text(EntryField.ACTOR_TYPE, text)
            .text(EntryField.ACTOR_HOST, text)
            .text(EntryField.SESSION_ID, text)
            .text(EntryField.TARGET_NAME, text)
            .text(EntryField.TRACE_ID, "0af7651916cd43dd8448eb211c80319c")
            .actorId(42)
            .actorUsername(text)
            .actorIp(id % 2 == 0 ? "203.0.113.9" : "2001:db8::1")
            .userAgent(text)
            .targetType("user")
            .targetId(text)
            .action(text)
            .occurredAt("2026-11-23T04:05:00.5+01:00")
            .eventId("event-" + id)
            .requestId(text)
            .sourceSeq(id)
            .details(
                Details.parse(
                    "{\"level\":\"admin\",\"n\":1.0,\"big\":12345678901234567890,\"e\":1E5,"
                        + "\"roles\":[\"a\",null],\"a.b\":{\"c\":true},\"text\":"
                        + quoted(text)
                        + "}"))
            .build());
  }

  private static String quoted(String text) {
    return TextNode.valueOf(text).toString();
  }

  /** An entry whose details are as long as they may be. */
  public static EntryView longest(long id) {
    return view(
        id,
        Event.builder("job.submitted")
            .details(Details.parse("{\"long\":\"" + "x\\n".repeat(16_000) + "\"}"))
            .build());
  }

  public static EntryView view(long id, Event event) {
    String action = event.action();
    return new EntryView(
        id,
        hash(id - 1),
        TIME.plusNanos(id),
        event.eventType(),
        event.text(EntryField.OUTCOME),
        event.text(EntryField.SEVERITY),
        event.text(EntryField.TENANT),
        event.text(EntryField.ACTOR_TYPE),
        event.actorId(),
        event.actorUsername(),
        event.actorIp(),
        event.userAgent(),
        event.text(EntryField.ACTOR_HOST),
        event.text(EntryField.SESSION_ID),
        event.targetType(),
        event.targetId(),
        action == null ? event.eventType() : action,
        event.text(EntryField.TARGET_NAME),
        event.occurredAt(),
        event.eventId(),
        event.text(EntryField.REQUEST_ID),
        event.text(EntryField.TRACE_ID),
        "writer",
        event.sourceSeq(),
        null,
        event.details(),
        null,
        null,
        null,
        hash(id));
  }

  public static Forwarded forwarded(long seq, EntryView entry) {
    return new Forwarded(ORIGIN, SINK, seq, entry, List.of(), null);
  }

  public static Marker marker(long number, @Nullable String checkpoint) {
    return new Marker(ORIGIN, SINK, number, 99, 12, 12, hash(1), Marker.NONE, checkpoint, TIME);
  }

  /** Entry {@code seq + 100} in a format. */
  public static Outgoing outgoing(Format format, long seq, EntryView entry) {
    return new Outgoing(
        seq,
        entry.id(),
        entry.hash().toString(),
        entry.timestamp(),
        entry.eventType(),
        false,
        format.format(forwarded(seq, entry)));
  }

  /** So many ordinary entries, {@code seq} from 1 on, and a marker after every thousand. */
  public static List<Outgoing> outgoing(Format format, int count) {
    List<Outgoing> all = new ArrayList<>();
    for (long seq = 1; seq <= count; seq++) {
      all.add(outgoing(format, seq, full(seq + 100, "auth.login.failed", "alice")));
      if (seq % 1_000 == 0) {
        Marker marker = marker(seq / 1_000, null);
        all.add(
            new Outgoing(
                marker.number(),
                0,
                marker.hash().toString(),
                TIME,
                Marker.EVENT_TYPE,
                true,
                format.marker(marker)));
      }
    }
    return all;
  }
}
