package io.tallystick.ingest.receiver;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tallystick.ingest.mapping.JsonFault;
import io.tallystick.text.Utf8;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads the JSON that other systems send, within limits of depth and of the number of values: many
 * tiny values take far more memory than their text. Safe for any number of threads.
 */
public final class JsonBody {
  /** Deepest nesting. */
  private static final int MAX_NESTING = 500;

  /** So many values a body may always have, names and ends of objects not counted. */
  private static final int FREE_VALUES = 200_000;

  /** Beyond that, a value for each so many bytes: audit events have one for each 9 or more. */
  private static final int BYTES_PER_VALUE = 6;

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                  .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                  .recyclerPool(JsonRecyclerPools.sharedConcurrentDequePool())
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private JsonBody() {}

  /**
   * Values one after another.
   *
   * @param values those that could be read
   * @param failure why there are no more; {@code null} at the end
   */
  public record Values(List<JsonNode> values, @Nullable String failure) {
    public Values {
      values = List.copyOf(values);
    }
  }

  /** How many values a body may have, and had so far. */
  private static final class Budget {
    final long most;
    long count;

    Budget(int bytes) {
      this.most = Math.max(FREE_VALUES, bytes / BYTES_PER_VALUE);
    }
  }

  /** Counts the values that are read. */
  private static final class Counting extends JsonParserDelegate {
    private final Budget budget;

    Counting(JsonParser in, Budget budget) {
      super(in);
      this.budget = budget;
    }

    @Override
    public @Nullable JsonToken nextToken() throws IOException {
      JsonToken token = delegate.nextToken();
      if (token != null
          && (token.isStructStart() || token.isScalarValue())
          && ++budget.count > budget.most) {
        throw new TooManyValuesException(budget.most);
      }
      return token;
    }
  }

  /**
   * The values in a text, with nothing but white space between them.
   *
   * @throws TooManyValuesException if there are too many for its size
   */
  public static Values readAll(byte[] text) {
    return readAll(text, new Budget(text.length));
  }

  private static Values readAll(byte[] text, Budget budget) {
    List<JsonNode> values = new ArrayList<>();
    if (Utf8.firstMalformed(text, 0, text.length) >= 0) {
      return new Values(values, "it is not UTF-8");
    }
    try (JsonParser in = new Counting(JSON.createParser(text), budget)) {
      while (in.nextToken() != null) {
        values.add(JSON.readTree(in));
      }
      return new Values(values, null);
    } catch (NumberFormatException e) {
      return new Values(values, "it has a number with too large an exponent");
    } catch (JsonProcessingException e) {
      return new Values(values, "it " + JsonFault.of(e));
    } catch (IOException e) {
      return new Values(values, "it can't be read");
    }
  }

  /** The one value that a text is; {@code null} if it is anything else. */
  public static @Nullable JsonNode read(byte[] text) {
    return single(readAll(text));
  }

  private static @Nullable JsonNode single(Values all) {
    return all.failure() == null && all.values().size() == 1 ? all.values().getFirst() : null;
  }

  /** The value, or all of the text as a string where it is none. */
  public static JsonNode readOrText(byte[] text) {
    JsonNode value = read(text);
    return value == null ? text(text) : value;
  }

  /**
   * The same for each part of a body.
   *
   * @throws TooManyValuesException if all of them together have too many values
   */
  public static List<JsonNode> readEachOrText(List<byte[]> parts) {
    Budget budget = new Budget(parts.stream().mapToInt(part -> part.length).sum());
    List<JsonNode> values = new ArrayList<>();
    for (byte[] part : parts) {
      JsonNode value = single(readAll(part, budget));
      values.add(value == null ? text(part) : value);
    }
    return values;
  }

  private static JsonNode text(byte[] text) {
    return JSON.getNodeFactory().textNode(new String(text, UTF_8));
  }
}
