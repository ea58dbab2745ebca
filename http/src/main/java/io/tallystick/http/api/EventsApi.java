package io.tallystick.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.EventType;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.BodyReader;
import io.tallystick.http.wire.ContentType;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Problems;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.append.TypeLimit;
import io.tallystick.service.query.OnDemandCheckpoints;
import io.tallystick.service.query.Parameters;
import io.tallystick.store.LogTree;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Where events come in: {@code POST /api/audit/events} (docs/http-api.md, Appending). */
public final class EventsApi {
  private static final String JSON = "application/json";
  private static final String LINES = "application/x-ndjson";

  /**
   * What an event counts at least: the smallest one becomes an entry of some 250 bytes. Otherwise
   * one key could fill the log's queue with small events, within its share of bodies.
   */
  private static final int MIN_EVENT_BYTES = 512;

  private final IdempotentAppender appender;
  private final TypeLimit types;
  private final OnDemandCheckpoints sealing;
  private final LogTree tree;
  private final BodyReader bodies;
  private final int maxEvents;
  private final boolean strictTypes;
  private final Metrics metrics;

  public EventsApi(
      IdempotentAppender appender,
      TypeLimit types,
      OnDemandCheckpoints sealing,
      LogTree tree,
      BodyReader bodies,
      int maxEvents,
      boolean strictTypes,
      Metrics metrics) {
    this.appender = appender;
    this.types = types;
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
      try (BodyReader.Body body = bodies.read(request, caller.key().name())) {
        EventReader.Batch batch =
            lines
                ? new EventReader.Batch(EventReader.readLines(body.take(), maxEvents), false)
                : EventReader.readAny(body.take(), maxEvents);
        body.countAtLeast((long) MIN_EVENT_BYTES * batch.events().size());
        if (strictTypes) {
          checkTypes(batch);
        }
        List<Event> stored = admitted(batch, caller.key().name());
        written = appender.append(stored, caller.key().name());
        metrics.appended(written);
        answer(request, batch.single(), stored, written, sealed);
      }
    } catch (ShareExceededException e) {
      metrics.refused(Problems.of(e).status());
      throw e;
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
      Context request, boolean single, List<Event> stored, AppendResult written, boolean sealed)
      throws IOException, InterruptedException {
    List<String> proofs = sealed ? proofs(written.places()) : List.of();
    request.status(written.isReplay() ? 200 : 201);
    if (written.isReplay()) {
      request.header("Idempotent-Replay", "true");
    }
    EventReceipt.OfBatch receipts = EventReceipt.of(written, stored, proofs);
    JsonObjects.answer(request, single ? receipts.entries().getFirst() : receipts);
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

  /** The events as they are stored: some of them under another type. */
  private List<Event> admitted(EventReader.Batch batch, String source) {
    List<Event> stored = new ArrayList<>(batch.events().size());
    for (Event event : batch.events()) {
      try {
        stored.add(types.admit(event, source));
      } catch (InvalidEventException e) {
        throw Problem.invalid(
                batch.single() ? null : stored.size(), e.field(), String.valueOf(e.getMessage()))
            .thrown();
      }
    }
    return stored;
  }

  private static void checkTypes(EventReader.Batch batch) {
    List<Event> events = batch.events();
    for (int i = 0; i < events.size(); i++) {
      String type = events.get(i).eventType();
      if (!EventType.isKnown(type)) {
        throw Problem.invalid(
                batch.single() ? null : i,
                "event_type",
                "event_type must be a type that this server knows, but was "
                    + Quoted.of(type)
                    + "; GET /api/audit/types lists them")
            .thrown();
      }
    }
  }

  /** Whether the body is NDJSON; otherwise it is JSON. */
  private static boolean isLines(Context request) {
    String header = request.header("Content-Type");
    String type =
        ContentType.parse(header)
            .filter(ContentType::isUtf8)
            .map(ContentType::mediaType)
            .orElse("");
    if (!type.equals(JSON) && !type.equals(LINES)) {
      throw Problem.of(
              415,
              "Content-Type must be application/json for one event or an array of them, or"
                  + " application/x-ndjson for an event on each line, both in UTF-8, but was "
                  + Quoted.of(header)
                  + ".")
          .thrown();
    }
    return type.equals(LINES);
  }
}
