package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.forward.format.Forwarded;
import io.tallystick.forward.format.Marker;
import io.tallystick.forward.format.Reduced;
import io.tallystick.forward.reconcile.Places;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.service.answer.EntryView;
import io.tallystick.service.answer.RedactedEntry;
import io.tallystick.service.query.LogView;
import io.tallystick.store.log.StoredEntry;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a sink sends of an entry. Safe for any number of threads. */
final class Records {
  private static final Logger LOG = LoggerFactory.getLogger(Records.class);

  private final SinkConfig config;
  private final LogView view;

  /** What a comparison of a record with its entry says. */
  enum Likeness {
    SAME,
    DIFFERENT,
    /** Some of its values were erased after it was sent, so it must differ. */
    UNKNOWN
  }

  Records(SinkConfig config, LogView view) {
    this.config = config;
    this.view = view;
  }

  /** The record of an entry: whole, or reduced where it is too long or can't be formatted. */
  Outgoing of(StoredEntry stored, long seq) throws IOException {
    RedactedEntry entry = entry(stored);
    byte[] whole = entry == null ? null : whole(entry, stored, seq);
    if (entry == null || whole == null) {
      return envelope(stored, seq);
    }
    return whole.length > config.maxRecordBytes()
        ? stub(stored, seq)
        : outgoing(stored, entry.view(), seq, whole);
  }

  /**
   * The entry in an envelope, in which no field of its own is in the way. Its text has every value,
   * so a sink that redacts sends a stub.
   */
  Outgoing envelope(StoredEntry stored, long seq) throws IOException {
    if (!config.redaction().isEmpty()) {
      return stub(stored, seq);
    }
    Outgoing envelope = reduced(stored, seq, original(stored));
    return envelope.body().length > config.maxRecordBytes() ? stub(stored, seq) : envelope;
  }

  private Outgoing stub(StoredEntry stored, long seq) throws IOException {
    return reduced(stored, seq, null);
  }

  /** A marker. One that is too long is sent without its checkpoint. */
  Outgoing of(Marker marker) {
    byte[] body = config.format().marker(marker);
    if (body.length > config.maxRecordBytes()) {
      body = config.format().marker(marker.withoutCheckpoint());
    }
    return new Outgoing(
        marker.number(), 0, marker.hash().toString(), marker.time(), Marker.EVENT_TYPE, true, body);
  }

  /** Whether a record that a receiver holds says what its entry says. */
  Likeness compare(byte[] held, StoredEntry stored, long seq) throws IOException {
    RedactedEntry entry = entry(stored);
    byte[] whole = entry == null ? null : whole(entry, stored, seq);
    boolean fits = whole != null && whole.length <= config.maxRecordBytes();
    if ((whole != null && isSame(held, fits ? whole : stub(stored, seq).body()))
        || isSame(held, envelope(stored, seq).body())) {
      return Likeness.SAME;
    }
    return entry != null && entry.view().erased() != null ? Likeness.UNKNOWN : Likeness.DIFFERENT;
  }

  private static boolean isSame(byte[] held, byte[] sent) {
    if (Arrays.equals(held, sent)) {
      return true;
    }
    JsonNode one = Places.parse(held);
    return one != null && one.equals(Places.parse(sent));
  }

  private byte @Nullable [] whole(RedactedEntry entry, StoredEntry stored, long seq) {
    try {
      return config
          .format()
          .format(
              new Forwarded(
                  config.settings().origin(),
                  config.name(),
                  seq,
                  entry.view(),
                  entry.redacted(),
                  config.original() ? original(stored) : null));
    } catch (RuntimeException e) {
      LOG.warn(
          "sink {}: entry {} can't be written as {}, so its text is sent",
          config.name(),
          stored.id(),
          config.format().name(),
          e);
      return null;
    }
  }

  /** The entry as the sink may show it; {@code null} if its bytes are none. */
  private @Nullable RedactedEntry entry(StoredEntry stored) throws IOException {
    try {
      return view.entryViews().of(stored, config.redaction());
    } catch (IOException e) {
      if (e.getCause() instanceof InvalidEntryException) {
        return null;
      }
      throw e;
    }
  }

  private Outgoing reduced(StoredEntry stored, long seq, @Nullable String raw) throws IOException {
    RedactedEntry entry = entry(stored);
    Instant time = entry == null ? Instant.EPOCH : entry.view().timestamp();
    String type = entry == null ? "" : entry.view().eventType();
    byte[] body =
        config
            .format()
            .reduced(
                new Reduced(
                    config.settings().origin(),
                    config.name(),
                    seq,
                    stored.id(),
                    stored.hash().toString(),
                    time,
                    type,
                    stored.bytes().length,
                    raw));
    return new Outgoing(seq, stored.id(), stored.hash().toString(), time, type, false, body);
  }

  private static Outgoing outgoing(StoredEntry stored, EntryView entry, long seq, byte[] body) {
    return new Outgoing(
        seq,
        stored.id(),
        stored.hash().toString(),
        entry.timestamp(),
        entry.eventType(),
        false,
        body);
  }

  private static String original(StoredEntry stored) {
    return new String(stored.bytes(), UTF_8);
  }
}
