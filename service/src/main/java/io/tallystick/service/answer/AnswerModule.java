package io.tallystick.service.answer;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.tlog.Hash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;

/** How the values in answers are written that JSON has no type for. */
final class AnswerModule extends SimpleModule {
  private static final long serialVersionUID = 1L;

  AnswerModule() {
    addSerializer(Instant.class, writer(Timestamps::text));
    addDeserializer(Instant.class, reader(Instant.class, Instant::parse));
    addSerializer(LocalDate.class, writer(LocalDate::toString));
    addDeserializer(LocalDate.class, reader(LocalDate.class, LocalDate::parse));
    addKeySerializer(
        LocalDate.class,
        new JsonSerializer<>() {
          @Override
          public void serialize(LocalDate day, JsonGenerator out, SerializerProvider provider)
              throws IOException {
            out.writeFieldName(day.toString());
          }
        });
    addKeyDeserializer(
        LocalDate.class,
        new KeyDeserializer() {
          @Override
          public Object deserializeKey(String key, DeserializationContext context)
              throws IOException {
            try {
              return LocalDate.parse(key);
            } catch (DateTimeException e) {
              return context.handleWeirdKey(LocalDate.class, key, "not a date");
            }
          }
        });
    addSerializer(Hash.class, writer(Hash::toString));
    addDeserializer(Hash.class, reader(Hash.class, Hash::parseHex));
    addSerializer(ActorId.class, new NumberOrText());
    addDeserializer(ActorId.class, new NumberOrTextReader());
    addSerializer(Details.class, new RawDetails());
    addDeserializer(Details.class, new ExactDetails());
  }

  private interface Text<F, T> {
    T of(F value);
  }

  private static <T> JsonSerializer<T> writer(Text<T, String> text) {
    return new JsonSerializer<>() {
      @Override
      public void serialize(T value, JsonGenerator out, SerializerProvider provider)
          throws IOException {
        out.writeString(text.of(value));
      }
    };
  }

  private static <T> JsonDeserializer<T> reader(Class<T> type, Text<String, T> value) {
    return new JsonDeserializer<>() {
      @Override
      public T deserialize(JsonParser in, DeserializationContext context) throws IOException {
        if (!in.hasToken(JsonToken.VALUE_STRING)) {
          return context.reportInputMismatch(type, "not a string");
        }
        try {
          return value.of(in.getText());
        } catch (IllegalArgumentException | DateTimeException e) {
          return context.reportInputMismatch(type, "not a %s", type.getSimpleName());
        }
      }
    };
  }

  /** An actor's id as it was sent. */
  private static final class NumberOrText extends JsonSerializer<ActorId> {
    @Override
    public void serialize(ActorId id, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      if (id.isNumber()) {
        out.writeNumber(id.text());
      } else {
        out.writeString(id.text());
      }
    }
  }

  private static final class NumberOrTextReader extends JsonDeserializer<ActorId> {
    @Override
    public ActorId deserialize(JsonParser in, DeserializationContext context) throws IOException {
      try {
        return switch (in.currentToken()) {
          case VALUE_STRING -> ActorId.of(in.getText());
          case VALUE_NUMBER_INT -> new ActorId(in.getText(), true);
          default -> context.reportInputMismatch(ActorId.class, "neither a number nor a string");
        };
      } catch (InvalidEventException e) {
        return context.reportInputMismatch(ActorId.class, "not the id of an actor");
      }
    }
  }

  /** Details are JSON already. */
  private static final class RawDetails extends JsonSerializer<Details> {
    @Override
    public void serialize(Details details, JsonGenerator out, SerializerProvider provider)
        throws IOException {
      out.writeRawValue(details.toString());
    }
  }

  /** Numbers keep their text: 1.50 is not 1.5. */
  private static final class ExactDetails extends JsonDeserializer<Details> {
    @Override
    public Details deserialize(JsonParser in, DeserializationContext context) throws IOException {
      if (!in.hasToken(JsonToken.START_OBJECT)) {
        return context.reportInputMismatch(Details.class, "not an object");
      }
      ByteArrayOutputStream copy = new ByteArrayOutputStream();
      int depth = 0;
      try (JsonGenerator out = AnswerJson.generator(copy)) {
        do {
          JsonToken token = in.currentToken();
          depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
          if (token.isNumeric()) {
            out.writeNumber(in.getText());
          } else {
            out.copyCurrentEvent(in);
          }
        } while (depth > 0 && in.nextToken() != null);
      }
      try {
        return Details.parse(copy.toString(StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        return context.reportInputMismatch(Details.class, "not the details of an entry");
      }
    }
  }
}
