package io.tallystick.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.tallystick.entry.BatchTooLargeException;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.tlog.InvalidProofException;
import io.tallystick.tlog.TilePath;
import io.tallystick.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * What strangers send: each parser takes any bytes, either refuses them with its own exception or
 * gives something that is written back as the very same bytes. In a usual run the seeds of each
 * target and every input that once failed are replayed; {@code check --long} searches for new ones,
 * ten minutes a target.
 */
class ParserFuzzIT {
  private static final String TIME = "10m";

  @FuzzTest(maxDuration = TIME)
  void note(byte[] bytes) {
    try {
      assertThat(SignedNote.parse(bytes).toBytes()).isEqualTo(bytes);
    } catch (InvalidNoteException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @FuzzTest(maxDuration = TIME)
  void checkpoint(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      assertThat(Checkpoint.parse(text).text()).isEqualTo(text);
    } catch (InvalidNoteException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @FuzzTest(maxDuration = TIME)
  void verifierKey(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      assertThat(VerifierKey.parse(text)).hasToString(text);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @FuzzTest(maxDuration = TIME)
  void proof(byte[] bytes) {
    try {
      assertThat(TlogProof.parse(bytes).toBytes()).isEqualTo(bytes);
    } catch (InvalidProofException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @FuzzTest(maxDuration = TIME)
  void tilePath(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    Optional<TilePath> path = TilePath.parse(text);
    path.ifPresent(found -> assertThat(found.format()).isEqualTo(text));
  }

  @FuzzTest(maxDuration = TIME)
  void entry(byte[] bytes) {
    try {
      assertThat(EntryCodec.encode(EntryCodec.decode(bytes))).isEqualTo(bytes);
    } catch (InvalidEntryException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }

  @FuzzTest(maxDuration = TIME)
  void events(byte[] bytes) {
    try {
      List<Event> events = EventReader.readAny(bytes, 100).events();
      for (Event event : events) {
        assertThat(EntryCodec.encodeEvent(event, null).body()).isNotEmpty();
      }
    } catch (InvalidEventException | BatchTooLargeException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @FuzzTest(maxDuration = TIME)
  void addCheckpoint(byte[] bytes) {
    try {
      assertThat(AddCheckpoint.parse(bytes).toBytes()).isEqualTo(bytes);
    } catch (InvalidNoteException e) {
      assertThat(e).hasMessageNotContaining("null");
    }
  }
}
