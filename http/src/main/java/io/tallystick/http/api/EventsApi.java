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
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.AppendRequest;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.append.TypeLimit;
import io.tallystick.service.query.OnDemandCheckpoints;
import io.tallystick.service.query.Parameters;
import io.tallystick.store.LogTree;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/** Where events come in: {@code POST /api/audit/events} (docs/http-api.md, Appending). */
public final class EventsApi {
  private static final String JSON = "application/json";
  private static final String LINES = "application/x-ndjson";
  private static final List<String> PARAMETERS = List.of("wait", "oversize", "partial");

  /**
   * What an event counts at least: the smallest one becomes an entry of some 250 bytes. Otherwise
   * one key could fill the log's queue with small events, within its share of bodies.
   */
  private static final int MIN_EVENT_BYTES = 512;

  private final IdempotentAppender appender;
  private final PersonalFields personal;
  private final TypeLimit types;
  private final OnDemandCheckpoints sealing;
  private final LogTree tree;
  private final BodyReader bodies;
  private final int maxEvents;
  private final boolean strictTypes;
  private final Metrics metrics;

  public EventsApi(
      IdempotentAppender appender,
      PersonalFields personal,
      TypeLimit types,
      OnDemandCheckpoints sealing,
      LogTree tree,
      BodyReader bodies,
      int maxEvents,
      boolean strictTypes,
      Metrics metrics) {
    this.appender = appender;
    this.personal = personal;
    this.types = types;
    this.sealing = sealing;
    this.tree = tree;
    this.bodies = bodies;
    this.maxEvents = maxEvents;
    this.strictTypes = strictTypes;
    this.metrics = metrics;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    routes.post("/api/audit/events", keys.openToLimited(Permission.AUDIT_APPEND, this::append));
  }

  private void append(Context request, Caller caller) throws Exception {
    AppendResult written = null;
    try {
      Parameters given = Parameters.ofQuery(request.queryString()).only(PARAMETERS);
      boolean sealed = given.word("wait", List.of("sealed")) != null;
      EventReader.Rules rules = rules(given, caller.key());
      boolean lines = isLines(request);
      try (BodyReader.Body body = bodies.read(request, caller.key().name())) {
        EventReader.Batch batch =
            lines
                ? EventReader.readLines(body.take(), rules)
                : EventReader.readAny(body.take(), rules);
        body.countAtLeast((long) MIN_EVENT_BYTES * batch.events().size());
        if (strictTypes) {
          batch = knownTypes(batch, rules);
        }
        batch = admitted(batch, rules, caller.key());
        written = appender.append(asked(request, batch, rules), caller.key().name());
        metrics.appended(written, batch.rejected().size() + written.conflicts().size());
        answer(request, batch, written, sealed);
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

  /** What the request says, or else the key: a lenient one truncates and writes in part. */
  private EventReader.Rules rules(Parameters given, AccessKey key) {
    String oversize = given.word("oversize", List.of("truncate", "refuse"));
    Boolean partial = given.flag("partial");
    return new EventReader.Rules(
        maxEvents,
        oversize == null ? key.lenient() : oversize.equals("truncate"),
        partial == null ? key.lenient() : partial,
        key.name(),
        key.stamp());
  }

  private static AppendRequest asked(
      Context request, EventReader.Batch batch, EventReader.Rules rules) {
    // A single event is written or refused: there is nothing to write in part.
    AppendRequest asked =
        new AppendRequest(batch.events(), rules.partial() && !batch.single(), null);
    String key = request.header("Idempotency-Key");
    return key == null
        ? asked
        : asked.under(key, batch.positions(), batch.events().size() + batch.rejected().size());
  }

  private void answer(
      Context request, EventReader.Batch batch, AppendResult written, boolean sealed)
      throws IOException, InterruptedException {
    List<String> proofs = sealed ? proofs(written.places()) : List.of();
    EventReceipt.OfBatch receipts = EventReceipt.of(batch, written, proofs);
    request.status(!receipts.rejected().isEmpty() ? 207 : written.isReplay() ? 200 : 201);
    if (written.isReplay() && receipts.count() > 0) {
      request.header("Idempotent-Replay", "true");
    }
    JsonObjects.answer(request, batch.single() ? receipts.entries().getFirst() : receipts);
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

  /** The batch as it is stored: with what is personal, some of its events under another type. */
  private EventReader.Batch admitted(
      EventReader.Batch batch, EventReader.Rules rules, AccessKey key) {
    List<Event> stored = new ArrayList<>(batch.events().size());
    SortedMap<Integer, String> refused = new TreeMap<>();
    List<Event> events = batch.events();
    for (int i = 0; i < events.size(); i++) {
      try {
        Event marked = personal.mark(events.get(i), key.personal());
        stored.add(types.admit(marked, key.name()));
      } catch (InvalidEventException e) {
        if (batch.single() || !rules.partial()) {
          throw Problem.invalid(
                  batch.single() ? null : i, e.field(), String.valueOf(e.getMessage()))
              .thrown();
        }
        refused.put(i, String.valueOf(e.getMessage()));
      }
    }
    return new EventReader.Batch(
        stored, batch.single(), batch.without("details", refused).rejected());
  }

  private static EventReader.Batch knownTypes(EventReader.Batch batch, EventReader.Rules rules) {
    SortedMap<Integer, String> unknown = new TreeMap<>();
    List<Event> events = batch.events();
    for (int i = 0; i < events.size(); i++) {
      String type = events.get(i).eventType();
      if (!EventType.isKnown(type)) {
        unknown.put(
            i,
            "event_type must be a type that this server knows, but was "
                + Quoted.of(type)
                + "; GET /api/audit/types lists them");
      }
    }
    if (!unknown.isEmpty() && (batch.single() || !rules.partial())) {
      throw Problem.invalid(
              batch.single() ? null : unknown.firstKey(),
              "event_type",
              Objects.requireNonNull(unknown.get(unknown.firstKey())))
          .thrown();
    }
    return batch.without("event_type", unknown);
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
