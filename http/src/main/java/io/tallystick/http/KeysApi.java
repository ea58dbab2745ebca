package io.tallystick.http;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys over HTTP: {@code /api/audit/keys} (api.md, Writing). */
final class KeysApi {
  private static final String PATH = "/api/audit/keys";
  private static final List<String> FIELDS = List.of("name", "permissions", "expires_at");
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final AccessKeys keys;
  private final KeyAdministration administration;
  private final Bodies bodies;

  KeysApi(AccessKeys keys, KeyAdministration administration, Bodies bodies) {
    this.keys = keys;
    this.administration = administration;
    this.bodies = bodies;
  }

  void register(RoutesConfig routes, Authenticator guard) {
    routes.post(PATH, guard.guarded(Permission.ADMIN_KEYS, this::create));
    routes.get(PATH, guard.guarded(Permission.ADMIN_KEYS, (request, by) -> list(request)));
    routes.head(PATH, guard.guarded(Permission.ADMIN_KEYS, (request, by) -> list(request)));
    routes.get(PATH + "/{id}", guard.guarded(Permission.ADMIN_KEYS, (request, by) -> one(request)));
    routes.head(
        PATH + "/{id}", guard.guarded(Permission.ADMIN_KEYS, (request, by) -> one(request)));
    routes.delete(PATH + "/{id}", guard.guarded(Permission.ADMIN_KEYS, this::revoke));
  }

  private void create(Context request, Authenticator.Caller caller) throws Exception {
    Parameters.ofQuery(request.queryString()).only(List.of());
    String type = request.header("Content-Type");
    if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
      throw Problem.of(415, "Taken is Content-Type: application/json.").thrown();
    }
    JsonNode given = body(request);
    AccessKeys.NewKey made =
        administration.create(name(given), permissions(given), expiresAt(given), by(caller));
    request.status(201);
    answer(
        request,
        out -> {
          out.writeStartObject();
          made.key().writeFields(out);
          out.writeStringField("key", made.text());
          out.writeEndObject();
        });
  }

  private JsonNode body(Context request) {
    try (Bodies.Body body = bodies.read(request)) {
      JsonNode given = JSON.readTree(body.bytes());
      if (!given.isObject()) {
        throw invalid("(body)", "taken is a JSON object with name, permissions and expires_at");
      }
      for (Map.Entry<String, JsonNode> field : given.properties()) {
        if (!FIELDS.contains(field.getKey())) {
          throw invalid(
              "(body)",
              Parameters.quote(field.getKey())
                  + " is not a field; the fields are "
                  + String.join(", ", FIELDS));
        }
      }
      return given;
    } catch (JacksonException e) {
      throw invalid("(body)", "this is not JSON; taken is an object, each field once");
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private static String name(JsonNode given) {
    JsonNode name = given.get("name");
    if (name == null || !name.isTextual()) {
      throw invalid("name", "name is missing; taken is a string, a name that no key had before");
    }
    return name.textValue();
  }

  private static Set<Permission> permissions(JsonNode given) {
    Set<Permission> permissions = EnumSet.noneOf(Permission.class);
    JsonNode list = given.get("permissions");
    if (list == null || !list.isArray() || list.isEmpty()) {
      throw invalid(
          "permissions",
          "permissions is missing; taken is an array of one or more of " + Permission.names());
    }
    for (JsonNode value : list) {
      permissions.add(
          Permission.of(value.asText())
              .orElseThrow(() ->
                  invalid(
                      "permissions",
                      Parameters.quote(value.asText())
                          + " is no permission; taken are "
                          + Permission.names())));
    }
    return permissions;
  }

  private static @Nullable Instant expiresAt(JsonNode given) {
    JsonNode time = given.get("expires_at");
    if (time == null || time.isNull()) {
      return null;
    }
    try {
      return OffsetDateTime.parse(time.asText()).toInstant();
    } catch (DateTimeException e) {
      throw invalid(
          "expires_at",
          "expires_at is "
              + Parameters.quote(time.asText())
              + "; taken is RFC 3339 with an offset, for instance 2027-01-31T00:00:00Z");
    }
  }

  private static Problem.Thrown invalid(String field, String message) {
    return Problem.invalid(null, field, message).thrown();
  }

  private void list(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    List<AccessKey> all = keys.list();
    answer(
        request,
        out -> {
          out.writeStartObject();
          out.writeArrayFieldStart("keys");
          for (AccessKey key : all) {
            out.writeStartObject();
            key.writeFields(out);
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  private void one(Context request) throws IOException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    AccessKey key = keys.find(request.pathParam("id")).orElseThrow(KeysApi::notFound);
    answer(
        request,
        out -> {
          out.writeStartObject();
          key.writeFields(out);
          out.writeEndObject();
        });
  }

  private void revoke(Context request, Authenticator.Caller caller)
      throws IOException, InterruptedException {
    Parameters.ofQuery(request.queryString()).only(List.of());
    String id = request.pathParam("id");
    Optional<AccessKey> revoked = administration.revoke(id, by(caller));
    if (revoked.isEmpty() && keys.find(id).isEmpty()) {
      throw notFound();
    }
    request.status(204);
  }

  private static Problem.Thrown notFound() {
    return Problem.of(404, "There is no key with this id.").thrown();
  }

  private static KeyAdministration.By by(Authenticator.Caller caller) {
    return new KeyAdministration.By(caller.key().name(), ClientAddress.text(caller.address()));
  }

  @FunctionalInterface
  private interface Body {
    void writeTo(JsonGenerator out) throws IOException;
  }

  private static void answer(Context request, Body body) throws IOException {
    request.contentType(Answers.JSON);
    try (JsonGenerator out = EntryJson.generator(request.outputStream())) {
      body.writeTo(out);
    }
  }
}
