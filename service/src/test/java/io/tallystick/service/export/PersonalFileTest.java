package io.tallystick.service.export;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.InvalidProofException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The values that go with a proof come from somebody whom the verifier does not trust. */
class PersonalFileTest {
  private static final StoredEntry ENTRY = entry();

  private static StoredEntry entry() {
    Event event =
        Event.builder("auth.logout")
            .actorUsername("alice")
            .personal(List.of(PersonalField.of("actor_username")))
            .build();
    EncodedEvent encoded = EntryCodec.encodeEvent(event, null);
    byte[] bytes = new byte[EntryCodec.MAX_HEAD_BYTES + encoded.body().length];
    byte[] previous = Hash.of(new byte[Hash.BYTES]).toBytes();
    int end = EntryCodec.encodeHead(7, previous, 0, 0, bytes, 0);
    System.arraycopy(encoded.body(), 0, bytes, end, encoded.body().length);
    return new StoredEntry(
        7, Arrays.copyOf(bytes, end + encoded.body().length), encoded.personal());
  }

  @Test
  void opensTheCommitmentsOfItsEntry() throws Exception {
    assertThat(PersonalFile.check(ENTRY.bytes(), PersonalFile.of(ENTRY)))
        .containsExactly(Map.entry("actor_username", "\"alice\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{} {}",
        "{\"actor_username\":null}",
        "{\"actor_username\":{\"salt\":null,\"json\":\"\"}}",
        "{\"actor_username\":{\"salt\":\"AAAA\",\"json\":null}}",
        "{\"actor_username\":{\"salt\":\"AAAA\",\"json\":\"\\\"alice\\\"\"}}",
        "{\"actor_username\":{\"salt\":\"*\",\"json\":\"1\"}}",
        "{\"event_type\":{\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"json\":\"1\"}}",
        "{\"actor_username\":{\"salt\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"json\":\"\\\"alice\\\"\"}}",
      })
  void refusesEverythingElse(String file) {
    assertThatThrownBy(() -> PersonalFile.check(ENTRY.bytes(), file.getBytes(UTF_8)))
        .isInstanceOf(InvalidProofException.class);
  }
}
