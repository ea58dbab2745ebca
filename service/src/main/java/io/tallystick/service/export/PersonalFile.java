package io.tallystick.service.export;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.PartialEntry;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * The personal values of an entry as a file that opens its commitments, whoever has it: {@code
 * {"actor_username":{"salt":"…","json":"\"alice\""}}}. A commitment is the SHA-256 of the byte 2,
 * the salt and the bytes of {@code json}.
 */
public final class PersonalFile {
  /** Most bytes of a file: those of an entry with every one of them escaped. */
  public static final int MAX_BYTES = 8 * EntryCodec.MAX_ENTRY_BYTES;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final String NOT_OURS = "the personal values are not what tally writes";

  private PersonalFile() {}

  /**
   * What opens a commitment.
   *
   * @param salt 16 bytes in base64url without padding
   * @param json the value as canonical JSON
   */
  private record Opening(
      @JsonProperty(value = "salt", required = true) String salt,
      @JsonProperty(value = "json", required = true) String json) {
    Opening {
      Objects.requireNonNull(salt);
      Objects.requireNonNull(json);
    }

    PersonalValue value() {
      return new PersonalValue(
          Base64.getUrlDecoder().decode(salt), json.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** The file of an entry, as one line; {@code {}} if it has no personal value that is there. */
  public static byte[] of(StoredEntry stored) {
    Map<String, Opening> file = new LinkedHashMap<>();
    PartialEntry.of(stored)
        .readable()
        .values()
        .forEach((name, value) ->
            file.put(name.toString(), new Opening(value.saltText(), value.json())));
    return AnswerJson.bytes(file);
  }

  /** Whether a file has any value. */
  public static boolean hasValues(byte[] file) {
    return file.length > "{}".length();
  }

  /**
   * Checks that every value in a file is the one that the entry commits to.
   *
   * @param entry the exact bytes of the entry
   * @return the values as JSON, by their names
   * @throws InvalidProofException naming the first value that is not
   */
  public static Map<String, String> check(byte[] entry, byte[] file) throws InvalidProofException {
    Map<String, String> values = new LinkedHashMap<>();
    try {
      Map<PersonalField, Hash> commitments = EntryCodec.decode(entry).personal();
      Map<String, Opening> openings = JSON.readValue(file, new TypeReference<>() {});
      if (openings == null || openings.containsValue(null)) {
        throw new InvalidProofException(NOT_OURS);
      }
      for (Map.Entry<String, Opening> one : openings.entrySet()) {
        Hash commitment = commitments.get(PersonalField.of(one.getKey()));
        if (commitment == null || !commitment.equals(one.getValue().value().commitment())) {
          throw new InvalidProofException(
              "the value of "
                  + Quoted.of(one.getKey())
                  + " is not the one that the entry commits to");
        }
        values.put(one.getKey(), one.getValue().json());
      }
      return values;
    } catch (JsonProcessingException e) {
      throw new InvalidProofException(NOT_OURS);
    } catch (InvalidEntryException e) {
      throw new InvalidProofException("the entry can't be decoded: " + e.getMessage());
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidProofException("the personal values can't be read: " + e.getMessage());
    }
  }
}
