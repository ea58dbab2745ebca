package io.tallystick.http.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Small JSON objects as the bodies of requests and answers. Safe for any number of threads. */
public final class JsonObjects {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** Enough for the longest reason of a legal hold with every character escaped. */
  private static final int MAX_BYTES = 8 << 10;

  /** Signing in needs no key; bodies are so small that each connection may have one in memory. */
  private final BodyReader bodies;

  /**
   * @param timeout for a whole body
   */
  public JsonObjects(Duration timeout) {
    this.bodies = new BodyReader(MAX_BYTES, BodyMemory.unbounded(), timeout);
  }

  /** The body of the request, an object with no other fields than these, each once. */
  public JsonNode read(Context request, List<String> fields) {
    return read(request, fields, fields::contains);
  }

  /** The same with fields that this accepts; the list is for messages. */
  public JsonNode read(Context request, List<String> fields, Predicate<String> accepted) {
    String header = request.header("Content-Type");
    if (ContentType.parse(header)
        .filter(type -> type.isUtf8() && type.mediaType().equals("application/json"))
        .isEmpty()) {
      throw Problem.of(
              415,
              "Content-Type must be application/json, in UTF-8, but was " + Quoted.of(header) + ".")
          .thrown();
    }
    String all = String.join(", ", fields);
    try (BodyReader.Body body = bodies.read(request, request.ip())) {
      String text = UTF_8.newDecoder().decode(ByteBuffer.wrap(body.take())).toString();
      JsonNode given = JSON.readTree(text);
      if (!given.isObject()) {
        throw invalid("(body)", "expected a JSON object with the fields " + all);
      }
      for (Map.Entry<String, JsonNode> field : given.properties()) {
        if (!accepted.test(field.getKey())) {
          throw invalid(
              "(body)",
              "unknown field " + Quoted.of(field.getKey()) + "; supported fields: " + all);
        }
      }
      return given;
    } catch (JsonParseException e) {
      // There is no class of its own for it, and the parser's words would show what was sent.
      boolean repeated = e.getOriginalMessage().startsWith("Duplicate field");
      throw invalid(
          "(body)",
          (repeated ? "a field appears twice" : "this is not JSON")
              + "; send an object with the fields "
              + all
              + (repeated ? ", each once" : ""));
    } catch (JacksonException | CharacterCodingException e) {
      throw invalid("(body)", "this is not JSON in UTF-8; send an object with the fields " + all);
    }
  }

  /** The problem of a field whose value is invalid. */
  public static Problem.Thrown invalid(String field, String message) {
    return Problem.invalid(null, field, message).thrown();
  }

  /** Answers with a record as JSON; the answer to HEAD has no body. */
  public static void answer(Context request, Object answer) throws IOException {
    request.contentType(AnswerJson.CONTENT_TYPE);
    if (!request.method().equals(HandlerType.HEAD)) {
      AnswerJson.write(request.outputStream(), answer);
    }
  }
}
