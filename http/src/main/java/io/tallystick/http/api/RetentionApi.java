package io.tallystick.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.ClientAddress;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.Actor;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.retention.LegalHold;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.service.retention.RetentionRun;
import io.tallystick.store.archive.Retention;
import io.tallystick.tlog.Quoted;
import java.util.List;

/** Retention and legal holds over HTTP: {@code /api/audit/retention} and {@code /holds}. */
public final class RetentionApi {
  private static final String RETENTION = "/api/audit/retention";
  private static final String HOLDS = "/api/audit/holds";
  private final RetentionAdministration retention;
  private final JsonObjects objects;

  public RetentionApi(RetentionAdministration retention, JsonObjects objects) {
    this.retention = retention;
    this.objects = objects;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Permission needed = Permission.ADMIN_RETENTION;
    routes.post(RETENTION, guard.guarded(needed, this::run));
    routes.post(HOLDS, guard.guarded(needed, this::place));
    Routes.get(routes, HOLDS, guard.guarded(needed, (request, actor) -> list(request)));
    routes.delete(HOLDS + "/{id}", guard.guarded(needed, this::release));
  }

  private void run(Context request, Caller caller) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonNode given = objects.read(request, List.of("days", "mode", "dry_run"));
    JsonNode mode = given.path("mode");
    Retention.Mode chosen =
        mode.isMissingNode()
            ? Retention.Mode.ARCHIVE
            : RetentionAdministration.mode(mode.isTextual() ? mode.textValue() : "")
                .orElseThrow(() ->
                    JsonObjects.invalid(
                        "mode",
                        "mode must be archive or purge, but was " + Quoted.of(mode.asText())));
    JsonNode dryRun = given.path("dry_run");
    if (!dryRun.isMissingNode() && !dryRun.isBoolean()) {
      throw JsonObjects.invalid("dry_run", "dry_run must be true or false");
    }
    long days = number(given, "days", RetentionAdministration.MAX_DAYS);
    RetentionAdministration.Run run =
        retention.run((int) days, chosen, dryRun.asBoolean(), actor(caller));
    JsonObjects.answer(request, RetentionRun.of(run));
  }

  private void place(Context request, Caller caller) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonNode given = objects.read(request, List.of("first_id", "last_id", "reason"));
    JsonNode reason = given.path("reason");
    if (!reason.isTextual()) {
      throw JsonObjects.invalid(
          "reason", "reason must be a string that says why the entries must stay");
    }
    LegalHold hold =
        retention.place(
            number(given, "first_id", Long.MAX_VALUE),
            number(given, "last_id", Long.MAX_VALUE),
            reason.textValue(),
            actor(caller));
    request.status(201);
    JsonObjects.answer(request, hold);
  }

  private void list(Context request) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonObjects.answer(request, new LegalHold.HoldList(retention.holds()));
  }

  private void release(Context request, Caller caller) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    String id = request.pathParam("id");
    if (!id.matches("[1-9][0-9]{0,17}") || !retention.release(Long.parseLong(id), actor(caller))) {
      throw Problem.of(404, "There is no hold in force with this id.").thrown();
    }
    request.status(204);
  }

  private static long number(JsonNode given, String field, long max) {
    JsonNode value = given.path(field);
    if (value.isMissingNode() || value.isTextual()) {
      throw JsonObjects.invalid(field, field + " must be a whole number");
    }
    return Parameters.number(field, value.toString(), 1, max);
  }

  private static Actor actor(Caller caller) {
    return new Actor(caller.key().name(), ClientAddress.text(caller.address()));
  }
}
