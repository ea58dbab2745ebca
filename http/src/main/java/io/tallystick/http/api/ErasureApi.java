package io.tallystick.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.ClientAddress;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.Actor;
import io.tallystick.service.access.Permission;
import io.tallystick.service.erasure.ErasureReport;
import io.tallystick.service.erasure.ErasureRequest;
import io.tallystick.service.erasure.ErasureService;
import io.tallystick.service.query.Parameters;
import io.tallystick.store.LogReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Erasing personal values: {@code /api/audit/erasures}. The filters are in the body, never in an
 * address, which proxies log.
 */
public final class ErasureApi {
  private static final String PATH = "/api/audit/erasures";
  private static final String DETAILS = "details.";
  private static final List<String> OTHERS = List.of("fields", "reason", "dry_run");
  private static final List<String> FIELDS =
      List.of(
          "actor_id",
          "actor_username",
          "actor_ip",
          "actor_host",
          "actor_type",
          "session_id",
          "target_type",
          "target_id",
          "target_name",
          "details.PATH",
          "ids",
          "event_type",
          "outcome",
          "severity",
          "tenant",
          "event_id",
          "request_id",
          "trace_id",
          "source",
          "since",
          "until",
          "fields",
          "reason",
          "dry_run");

  private final ErasureService erasures;
  private final LogReader log;
  private final JsonObjects objects;
  private final LongRequests work;

  public ErasureApi(
      ErasureService erasures, LogReader log, JsonObjects objects, LongRequests work) {
    this.erasures = erasures;
    this.log = log;
    this.objects = objects;
    this.work = work;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    routes.post(PATH, guard.guarded(Permission.ADMIN_ERASURE, this::erase));
    Routes.get(
        routes, PATH, guard.guarded(Permission.ADMIN_ERASURE, (request, caller) -> list(request)));
  }

  private void erase(Context request, Caller caller) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonNode given =
        objects.read(
            request,
            FIELDS,
            name ->
                name.startsWith(DETAILS)
                    || (FIELDS.contains(name) && !name.equals("details.PATH")));
    ErasureRequest wanted =
        ErasureRequest.of(filters(given), fields(given), reason(given), isDryRun(given));
    Actor actor = new Actor(caller.key().name(), ClientAddress.text(caller.address()));
    ErasureReport report = work.compute(request, caller, task -> erasures.erase(wanted, actor));
    JsonObjects.answer(request, report);
  }

  private static Map<String, List<String>> filters(JsonNode given) {
    Map<String, List<String>> filters = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : given.properties()) {
      String name = field.getKey();
      JsonNode value = field.getValue();
      if (OTHERS.contains(name) || value.isNull()) {
        continue;
      }
      if (!value.isTextual() && !value.isIntegralNumber()) {
        throw JsonObjects.invalid(name, name + " must be a string");
      }
      filters.put(name, List.of(value.asText()));
    }
    return filters;
  }

  private static List<String> fields(JsonNode given) {
    JsonNode list = given.path("fields");
    List<String> fields = new ArrayList<>();
    if (list.isMissingNode() || list.isNull()) {
      return fields;
    }
    for (JsonNode field : list) {
      fields.add(field.isTextual() ? field.textValue() : field.toString());
    }
    if (!list.isArray() || fields.isEmpty()) {
      throw JsonObjects.invalid(
          "fields", "fields must be an array of names, or absent for all personal values");
    }
    return fields;
  }

  private static String reason(JsonNode given) {
    JsonNode reason = given.path("reason");
    if (!reason.isTextual()) {
      throw JsonObjects.invalid(
          "reason", "reason must be a string that says why the values are erased");
    }
    return reason.textValue();
  }

  private static boolean isDryRun(JsonNode given) {
    JsonNode dryRun = given.path("dry_run");
    if (!dryRun.isMissingNode() && !dryRun.isBoolean()) {
      throw JsonObjects.invalid("dry_run", "dry_run must be true or false");
    }
    return dryRun.asBoolean();
  }

  private void list(Context request) throws Exception {
    Parameters given =
        Parameters.ofQuery(request.queryString()).only(List.of("limit", "before_id"));
    Long limit = given.number("limit", 1, ErasureService.MAX_LIMIT);
    JsonObjects.answer(
        request,
        ErasureService.list(
            log,
            given.number("before_id", 1, Long.MAX_VALUE),
            limit == null ? 50 : limit.intValue()));
  }
}
