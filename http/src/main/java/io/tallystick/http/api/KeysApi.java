package io.tallystick.http.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.PersonalField;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.auth.ClientAddress;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.KeyInfo;
import io.tallystick.service.access.KeySpec;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.Parameters;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Keys over HTTP: {@code /api/audit/keys} (docs/http-api.md). */
public final class KeysApi {
  private static final String PATH = "/api/audit/keys";
  private static final List<String> FIELDS =
      List.of("name", "permissions", "lenient", "only", "stamp", "personal", "expires_at");
  private static final int MAX_YEAR = 9999;

  private final AccessKeys keys;
  private final KeyAdministration administration;
  private final JsonObjects objects;

  public KeysApi(AccessKeys keys, KeyAdministration administration, JsonObjects objects) {
    this.keys = keys;
    this.administration = administration;
    this.objects = objects;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    routes.post(
        PATH,
        guard.guarded(Permission.ADMIN_KEYS, (request, caller) -> create(request, caller, guard)));
    Routes.get(
        routes, PATH, guard.guarded(Permission.ADMIN_KEYS, (request, actor) -> list(request)));
    Routes.get(
        routes,
        PATH + "/{id}",
        guard.guarded(Permission.ADMIN_KEYS, (request, actor) -> one(request)));
    routes.delete(PATH + "/{id}", guard.guarded(Permission.ADMIN_KEYS, this::revoke));
  }

  private void create(Context request, Caller caller, Authenticator guard) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonNode given = objects.read(request, FIELDS);
    Set<Permission> permissions = permissions(given);
    for (Permission granted : permissions) {
      String detail = "A key can only grant permissions that it has; this one lacks " + granted;
      guard.require(request, caller, granted, detail + ".");
    }
    AccessKeys.NewKey made =
        administration.create(
            new KeySpec(
                name(given),
                permissions,
                isLenient(given),
                KeySpec.scope(texts(given, "only", true)),
                stamp(given),
                personal(given),
                expiresAt(given)),
            actor(caller));
    request.status(201);
    JsonObjects.answer(request, KeyInfo.NewKey.of(made));
  }

  private static String name(JsonNode given) {
    JsonNode name = given.get("name");
    if (name == null || !name.isTextual()) {
      throw JsonObjects.invalid("name", "name must be a string that no key had as its name before");
    }
    return name.textValue();
  }

  private static Set<Permission> permissions(JsonNode given) {
    Set<Permission> permissions = EnumSet.noneOf(Permission.class);
    JsonNode list = given.get("permissions");
    if (list == null || !list.isArray() || list.isEmpty()) {
      throw JsonObjects.invalid(
          "permissions", "permissions must be an array of one or more of " + Permission.names());
    }
    for (JsonNode value : list) {
      String text = value.isTextual() ? value.textValue() : value.toString();
      permissions.add(
          Permission.of(text)
              .orElseThrow(() ->
                  JsonObjects.invalid(
                      "permissions",
                      "permissions must be of "
                          + Permission.names()
                          + ", but one was "
                          + Quoted.of(text))));
    }
    return permissions;
  }

  private static boolean isLenient(JsonNode given) {
    JsonNode lenient = given.get("lenient");
    if (lenient == null || lenient.isNull()) {
      return false;
    }
    if (!lenient.isBoolean()) {
      throw JsonObjects.invalid(
          "lenient", "lenient must be true or false, but was " + Quoted.of(lenient.toString()));
    }
    return lenient.booleanValue();
  }

  private static Map<EntryField, String> stamp(JsonNode given) {
    Map<String, String> stamp = new TreeMap<>();
    texts(given, "stamp", false).forEach((field, values) -> stamp.put(field, values.getFirst()));
    return KeySpec.stamp(stamp);
  }

  /** The texts of each field in an object: one of each, or several in an array. */
  private static Map<String, List<String>> texts(JsonNode given, String name, boolean several) {
    JsonNode limits = given.path(name);
    if (limits.isMissingNode() || limits.isNull()) {
      return Map.of();
    }
    Map<String, List<String>> texts = new TreeMap<>();
    boolean valid = limits.isObject();
    for (Map.Entry<String, JsonNode> limit : limits.properties()) {
      List<String> values = new ArrayList<>();
      JsonNode value = limit.getValue();
      for (JsonNode one : several && value.isArray() ? value : List.of(value)) {
        valid &= one.isTextual();
        values.add(one.asText());
      }
      valid &= several == value.isArray();
      texts.put(limit.getKey(), values);
    }
    if (!valid) {
      throw JsonObjects.invalid(
          name,
          (several
                  ? "only must be an object of arrays, for instance {\"tenant\": [\"acme\"]}"
                  : "stamp must be an object of strings, for instance {\"tenant\": \"acme\"}")
              + ", but was "
              + Quoted.of(limits.toString()));
    }
    return texts;
  }

  private static List<PersonalField> personal(JsonNode given) {
    JsonNode list = given.path("personal");
    if (list.isMissingNode() || list.isNull()) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    list.forEach(name -> names.add(name.isTextual() ? name.textValue() : name.toString()));
    if (!list.isArray()) {
      throw JsonObjects.invalid("personal", "personal must be an array of names of fields");
    }
    return PersonalField.of(names);
  }

  private static @Nullable Instant expiresAt(JsonNode given) {
    JsonNode time = given.get("expires_at");
    if (time == null || time.isNull()) {
      return null;
    }
    try {
      OffsetDateTime parsed = OffsetDateTime.parse(time.asText().toUpperCase(Locale.ROOT));
      if (parsed.withOffsetSameInstant(ZoneOffset.UTC).getYear() <= MAX_YEAR) {
        return parsed.toInstant();
      }
      throw new DateTimeException("beyond RFC 3339");
    } catch (DateTimeException e) {
      throw JsonObjects.invalid(
          "expires_at",
          "expires_at must be RFC 3339 with an offset, for instance 2027-01-31T00:00:00Z, but was "
              + Quoted.of(time.asText()));
    }
  }

  private void list(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    JsonObjects.answer(request, KeyInfo.KeyList.of(keys.list()));
  }

  private void one(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    AccessKey key = keys.find(request.pathParam("id")).orElseThrow(KeysApi::notFound);
    JsonObjects.answer(request, KeyInfo.of(key));
  }

  private void revoke(Context request, Caller caller) throws IOException, InterruptedException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    String id = request.pathParam("id");
    Optional<AccessKey> revoked = administration.revoke(id, actor(caller));
    if (revoked.isEmpty() && keys.find(id).isEmpty()) {
      throw notFound();
    }
    request.status(204);
  }

  private static Problem.Thrown notFound() {
    return Problem.of(404, "There is no key with this id.").thrown();
  }

  private static Actor actor(Caller caller) {
    return new Actor(caller.key().name(), ClientAddress.text(caller.address()));
  }
}
