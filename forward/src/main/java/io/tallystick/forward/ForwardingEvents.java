package io.tallystick.forward;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.forward.reconcile.Finding;
import io.tallystick.service.Actor;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the log records about its own forwarding. Safe for any number of threads. */
final class ForwardingEvents {
  static final String STARTED = "audit.forward.started";
  static final String STOPPED = "audit.forward.stopped";
  static final String PAUSED = "audit.forward.paused";
  static final String RESUMED = "audit.forward.resumed";
  static final String DISABLED = "audit.forward.disabled";
  static final String RECONCILED = "audit.forward.reconciled";
  static final String DRAINED = "audit.forward.drained";

  private static final Logger LOG = LoggerFactory.getLogger(ForwardingEvents.class);
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int MAX_NAMED = 50;
  private static final int MAX_OBJECTS = 10;

  private final AuditLog log;

  /** What an entry says. */
  @FunctionalInterface
  interface Fields {
    void write(JsonGenerator out) throws IOException;
  }

  ForwardingEvents(AuditLog log) {
    this.log = log;
  }

  /** Something happened to a sink. */
  void record(String type, String sink, Actor actor, boolean success, Fields fields)
      throws IOException, InterruptedException {
    ByteArrayOutputStream details = new ByteArrayOutputStream();
    try (JsonGenerator out = AnswerJson.generator(details)) {
      out.writeStartObject();
      fields.write(out);
      out.writeEndObject();
    }
    Event event =
        Event.builder(type)
            .text(EntryField.OUTCOME, success ? "success" : "failure")
            .actorUsername(actor.name())
            .actorIp(actor.address())
            .targetType("sink")
            .targetId(sink)
            .details(Details.parse(details.toString(StandardCharsets.UTF_8)))
            .build();
    try {
      var _ = Futures.from(log.append(event), TIMEOUT);
    } catch (TimeoutException e) {
      throw new IOException("the log did not acknowledge the entry in time");
    }
  }

  /** As {@link #record}, where the work goes on although it can't be recorded. */
  void tryRecord(String type, String sink, boolean success, Fields fields)
      throws InterruptedException {
    try {
      record(type, sink, Actor.SERVER, success, fields);
    } catch (IOException e) {
      LOG.warn("sink {}: {} could not be recorded: {}", sink, type, e.getMessage());
    }
  }

  /** Where a sink is. */
  static void position(JsonGenerator out, Position position) throws IOException {
    out.writeNumberField("next_id", position.nextId());
    out.writeNumberField("seq", position.seq());
  }

  /** What a reconciliation found. */
  static void report(JsonGenerator out, ReconciliationReport report) throws IOException {
    out.writeStringField("by", report.by());
    out.writeBooleanField("complete", report.complete());
    out.writeNumberField("through_seq", report.throughSeq());
    out.writeNumberField("forwarded_seq", report.forwardedSeq());
    out.writeNumberField("expected", report.expected());
    out.writeNumberField("held", report.held());
    named(out, "missing", report.missing(), report.missingRecords());
    named(out, "duplicated", report.duplicated(), report.duplicatedRecords());
    named(out, "altered", report.altered(), report.alteredRecords());
    named(out, "unknown", report.unknown(), report.unknownRecords());
    if (report.tampered() > 0) {
      out.writeNumberField("tampered", report.tampered());
      out.writeArrayFieldStart("tampered_objects");
      for (Finding each : report.tamperedObjects().stream().limit(MAX_OBJECTS).toList()) {
        out.writeString(each.name() + ": " + each.what());
      }
      out.writeEndArray();
    }
    if (report.note() != null) {
      out.writeStringField("note", report.note());
    }
    if (report.resent() != null) {
      out.writeNumberField("resent", report.resent());
    }
  }

  private static void named(
      JsonGenerator out, String name, long count, List<ReconciliationReport.Named> records)
      throws IOException {
    out.writeNumberField(name, count);
    if (count > 0) {
      out.writeArrayFieldStart(name + "_ids");
      for (ReconciliationReport.Named each :
          records.subList(0, Math.min(MAX_NAMED, records.size()))) {
        out.writeNumber(each.id());
      }
      out.writeEndArray();
    }
  }
}
