package io.tallystick.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.EventType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.BodyReader;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Problems;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.query.EntryJson;
import io.tallystick.service.query.OnDemandCheckpoints;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.Timestamps;
import io.tallystick.store.LogTree;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Where events come in: {@code POST /api/audit/events} (api.md, Writing). */
public final class EventsApi {
  private static final String JSON = "application/json";
  private static final String LINES = "application/x-ndjson";

  private final IdempotentAppender log;
  private final OnDemandCheckpoints sealing;
  private final LogTree tree;
  private final BodyReader bodies;
  private final int maxEvents;
  private final boolean strictTypes;
  private final Metrics metrics;

  public EventsApi(
      IdempotentAppender log,
      OnDemandCheckpoints sealing,
      LogTree tree,
      BodyReader bodies,
      int maxEvents,
      boolean strictTypes,
      Metrics metrics) {
    this.log = log;
    this.sealing = sealing;
    this.tree = tree;
    this.bodies = bodies;
    this.maxEvents = maxEvents;
    this.strictTypes = strictTypes;
    this.metrics = metrics;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    routes.post("/api/audit/events", keys.guarded(Permission.AUDIT_APPEND, this::append));
  }

  private void append(Context request, Caller caller) throws Exception {
    AppendResult written = null;
    try {
      Parameters given = Parameters.ofQuery(request.queryString()).only(List.of("wait"));
      boolean sealed = given.word("wait", List.of("sealed")) != null;
      boolean lines = isLines(request);
      try (BodyReader.Body body = bodies.read(request)) {
        EventReader.Batch batch =
            lines
                ? new EventReader.Batch(EventReader.readLines(body.take(), maxEvents), false)
                : EventReader.readAny(body.take(), maxEvents);
        if (strictTypes) {
          checkTypes(batch);
        }
        written = log.append(batch.events(), caller.key().name());
        metrics.appended(written);
        answer(request, batch, written, sealed);
      }
    } catch (Exception e) {
      if (written != null) {
        throw e;
      }
      Problem problem = Problems.of(e);
      metrics.refused(problem.status());
      throw problem.thrown();
    }
  }

  private void answer(
      Context request, EventReader.Batch batch, AppendResult written, boolean sealed)
      throws IOException, InterruptedException {
    List<String> proofs = sealed ? proofs(written.places()) : List.of();
    request.status(written.isReplay() ? 200 : 201);
    if (written.isReplay()) {
      request.header("Idempotent-Replay", "true");
    }
    request.contentType(JSON);
    try (JsonGenerator out = EntryJson.generator(request.outputStream())) {
      if (batch.single()) {
        place(out, written.places().getFirst(), proofs.isEmpty() ? null : proofs.getFirst());
      } else {
        places(out, written.places(), proofs);
      }
    }
  }

  /** A C2SP tlog-proof for each entry. */
  private List<String> proofs(List<AppendResult.Place> places) throws InterruptedException {
    List<String> proofs = new ArrayList<>(places.size());
    try {
      LogTree.Prover prover = tree.prover(sealing.now());
      for (AppendResult.Place place : places) {
        proofs.add(new String(prover.prove(place.id()).toBytes(), UTF_8));
      }
    } catch (IOException e) {
      throw Problem.of(
              503,
              "The events are written, the first as entry "
                  + places.getFirst().id()
                  + ", but they could not be sealed: "
                  + e.getMessage()
                  + ".")
          .thrown();
    }
    return proofs;
  }

  private static void places(
      JsonGenerator out, List<AppendResult.Place> places, List<String> proofs) throws IOException {
    out.writeStartObject();
    out.writeNumberField(
        "first_id", places.stream().mapToLong(AppendResult.Place::id).min().orElse(0));
    out.writeNumberField(
        "last_id", places.stream().mapToLong(AppendResult.Place::id).max().orElse(0));
    out.writeNumberField("count", places.size());
    out.writeArrayFieldStart("entries");
    for (int i = 0; i < places.size(); i++) {
      place(out, places.get(i), proofs.isEmpty() ? null : proofs.get(i));
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void place(JsonGenerator out, AppendResult.Place place, @Nullable String proof)
      throws IOException {
    out.writeStartObject();
    out.writeNumberField("id", place.id());
    out.writeStringField("hash", place.hash().toString());
    out.writeStringField("timestamp", Timestamps.text(place.timestamp()));
    if (proof != null) {
      out.writeStringField("proof", proof);
    }
    out.writeEndObject();
  }

  private static void checkTypes(EventReader.Batch batch) {
    List<Event> events = batch.events();
    for (int i = 0; i < events.size(); i++) {
      String type = events.get(i).eventType();
      if (!EventType.isKnown(type)) {
        throw Problem.invalid(
                batch.single() ? null : i,
                "event_type",
                "event_type is "
                    + Quoted.of(type)
                    + ", which this server does not know; GET /api/audit/types lists those that it"
                    + " takes")
            .thrown();
      }
    }
  }

  /** Whether the body is NDJSON; otherwise it is JSON. */
  private static boolean isLines(Context request) {
    String header = request.header("Content-Type");
    String[] parts = (header == null ? "" : header).toLowerCase(Locale.ROOT).split(";", -1);
    String type = parts[0].strip();
    boolean utf8 = true;
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip().replace("\"", "");
      utf8 &= !parameter.startsWith("charset=") || parameter.equals("charset=utf-8");
    }
    if (!utf8 || !(type.equals(JSON) || type.equals(LINES))) {
      throw Problem.of(
              415,
              "The Content-Type is "
                  + Quoted.of(header)
                  + "; taken is application/json, one event or an array of them, or"
                  + " application/x-ndjson, an event a line, both in UTF-8.")
          .thrown();
    }
    return type.equals(LINES);
  }
}
