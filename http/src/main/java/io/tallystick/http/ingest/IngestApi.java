package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.tallystick.http.api.Metrics;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.BodyReader;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Problems;
import io.tallystick.http.wire.Routes;
import io.tallystick.ingest.IntakeAppender;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import io.tallystick.ingest.receiver.TooManyValuesException;
import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.Permission;
import io.tallystick.service.append.AppendResult;
import java.io.IOException;
import java.net.URLDecoder;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Where other systems' events come in: {@code /ingest/NAME}, and for those that say so the path
 * that their senders expect (docs/connect). An answer of success comes after the force, as
 * everywhere.
 */
public final class IngestApi {
  private static final byte[] NOTHING = {};
  private static final String BELOW = "/ingest/{receiver}";

  /** What an event counts at least, and all of them at most, as memory of the request. */
  private static final int MIN_EVENT_BYTES = 512;

  private static final int MAX_COUNTED_BYTES = 4 << 20;

  private final Map<String, ReceiverSpec> receivers = new LinkedHashMap<>();
  private final IntakeAppender appender;
  private final BodyReader bodies;
  private final Metrics metrics;

  public IngestApi(
      List<ReceiverSpec> receivers,
      ReceiverKeys keys,
      IntakeAppender appender,
      BodyReader bodies,
      Metrics metrics) {
    receivers.forEach(receiver -> {
      this.receivers.put(receiver.name(), receiver);
      String name = receiver.name();
      metrics.receiver(name, receiver.intake()::counts, () -> keys.fault(name).isEmpty());
    });
    this.appender = appender;
    this.bodies = bodies;
    this.metrics = metrics;
  }

  /**
   * The routes of all receivers; those of one kind share theirs, and the path names which it is.
   */
  public void register(RoutesConfig routes, Authenticator keys) {
    Set<Receiver.Route> known = new HashSet<>();
    for (ReceiverSpec spec : receivers.values()) {
      for (Receiver.Route route : spec.receiver().routes()) {
        if (known.add(route)) {
          add(
              routes,
              route,
              BELOW + route.path(),
              request -> answer(new Asked(request, route, named(request, route)), keys));
        }
        if (spec.customaryPath()) {
          add(
              routes,
              route,
              route.path(),
              request -> answer(new Asked(request, route, spec), keys));
        }
      }
    }
  }

  private static void add(RoutesConfig routes, Receiver.Route route, String path, Handler handler) {
    switch (route.method()) {
      case "GET" -> Routes.get(routes, path, handler);
      case "OPTIONS" -> routes.options(path, handler);
      default -> routes.post(path, handler);
    }
  }

  private ReceiverSpec named(Context request, Receiver.Route route) {
    ReceiverSpec spec = receivers.get(request.pathParam("receiver"));
    if (spec == null || !spec.receiver().routes().contains(route)) {
      throw Problem.of(404, "There is nothing here.").thrown();
    }
    return spec;
  }

  /** A request, and which receiver it is for. */
  private record Asked(Context request, Receiver.Route route, ReceiverSpec spec) {
    Receiver receiver() {
      return spec.receiver();
    }

    Delivery delivery(String sender, byte[] body) {
      Map<String, String> headers = new HashMap<>();
      for (String name : Collections.list(request.req().getHeaderNames())) {
        headers.put(
            name.toLowerCase(Locale.ROOT),
            String.join(", ", Collections.list(request.req().getHeaders(name))));
      }
      return new Delivery(route.path(), query(request.queryString()), headers, sender, body);
    }

    private static Map<String, String> query(@Nullable String text) {
      Map<String, String> query = new HashMap<>();
      for (String pair : text == null ? new String[0] : text.split("&", -1)) {
        String[] parts = pair.split("=", 2);
        if (parts.length == 2) {
          query.putIfAbsent(parts[0], decoded(parts[1]));
        }
      }
      return query;
    }

    private static String decoded(String value) {
      try {
        return URLDecoder.decode(value, UTF_8);
      } catch (IllegalArgumentException e) {
        return value;
      }
    }
  }

  private void answer(Asked asked, Authenticator keys) throws Exception {
    Context request = asked.request;
    try {
      String key = asked.spec.key();
      if (asked.route.open()) {
        send(request, asked.receiver().answer(asked.delivery("", NOTHING)), Map.of());
      } else if (key == null) {
        keys.openToLimited(
                Permission.AUDIT_APPEND,
                (context, caller) ->
                    counted(() -> {
                      String name = caller.key().name();
                      try (BodyReader.Body body = bodies.read(context, name)) {
                        append(asked, asked.delivery(name, body.take()), caller, body);
                      }
                    }))
            .handle(request);
      } else {
        // Whoever has no secret shares one sender's memory, however many they are.
        try (BodyReader.Body body = bodies.read(request, "receiver " + asked.spec.name())) {
          Delivery delivery = asked.delivery(key, body.take());
          keys.signed(
              request,
              key,
              asked.receiver().objection(delivery),
              (_, caller) -> counted(() -> append(asked, delivery, caller, body)));
        }
      }
    } catch (Exception e) {
      refuse(asked, e);
    }
  }

  /** An attempt to append. */
  @FunctionalInterface
  private interface Attempt {
    void make() throws Exception;
  }

  private void counted(Attempt attempt) throws Exception {
    try {
      attempt.make();
    } catch (ShareExceededException e) {
      metrics.refused(Problems.of(e).status());
      throw e;
    } catch (Exception e) {
      Problem problem = Problems.of(e);
      metrics.refused(problem.status());
      throw problem.thrown();
    }
  }

  private void append(Asked asked, Delivery delivery, Caller caller, BodyReader.Body body)
      throws IOException, InterruptedException, TimeoutException {
    Received received = receive(asked, delivery);
    int count = received.documents().size();
    body.countAtLeast(Math.min(MAX_COUNTED_BYTES, (long) MIN_EVENT_BYTES * count));
    for (AppendResult result :
        appender.append(asked.spec.intake(), received.documents(), caller.key())) {
      metrics.appended(result, 0);
    }
    Reply reply = received.reply().get();
    if (reply.status() >= 400) {
      metrics.refused(reply.status());
    }
    send(asked.request, reply, Map.of());
  }

  private static Received receive(Asked asked, Delivery delivery) {
    try {
      return asked.receiver().receive(delivery);
    } catch (TooManyValuesException e) {
      throw Problem.of(413, String.valueOf(e.getMessage())).thrown();
    }
  }

  /** Answers in the words of the sender's protocol, if it has its own. */
  private void refuse(Asked asked, Exception failure) throws Exception {
    Problem problem = Problems.of(failure);
    Reply reply =
        asked.request.res().isCommitted()
            ? null
            : asked
                .receiver()
                .refused(asked.delivery("", NOTHING), problem.status(), problem.detail());
    if (reply == null) {
      throw failure instanceof Problem.Thrown ? failure : problem.thrown();
    }
    send(asked.request, reply, problem.headers());
  }

  private static void send(Context request, Reply reply, Map<String, String> headers) {
    headers.forEach(request::header);
    reply.headers().forEach(request::header);
    Problems.answer(request, reply.status(), reply.contentType(), reply.body());
  }
}
