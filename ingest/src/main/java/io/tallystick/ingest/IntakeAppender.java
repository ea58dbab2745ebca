package io.tallystick.ingest;

import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.entry.PersonalField;
import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.mapping.Mappings;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.append.AppendRequest;
import io.tallystick.service.append.AppendResult;
import io.tallystick.service.append.IdempotentAppender;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.append.TypeLimit;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * Appends what receivers take in, by the rules of the server and of a key, as if the events had
 * come through the API. Where the API would refuse an event, this keeps the document raw: most
 * senders of other systems drop what is refused, or send it again for ever. Safe for any number of
 * threads.
 */
public final class IntakeAppender {
  /** So many bytes of documents, or a few more, are made into events at once. */
  private static final int CHUNK_BYTES = 4 << 20;

  /** What an event counts at least. */
  private static final int MIN_EVENT_BYTES = 512;

  private final IdempotentAppender appender;
  private final PersonalFields personal;
  private final TypeLimit types;
  private final boolean strictTypes;

  /**
   * @param strictTypes whether only event types that the log knows are stored as what they are
   */
  public IntakeAppender(
      IdempotentAppender appender, PersonalFields personal, TypeLimit types, boolean strictTypes) {
    this.appender = appender;
    this.personal = personal;
    this.types = types;
    this.strictTypes = strictTypes;
  }

  /**
   * Appends all of the documents in their order, each once, and waits until they are acknowledged.
   * If it fails, the first of them may be in the log. An event under the id of another one is
   * appended too, under an id of its own.
   *
   * @param key in whose name they are appended
   * @return what became of the documents, in one part or several
   * @throws io.tallystick.store.log.LogException if the log refuses them
   * @throws io.tallystick.service.ShareExceededException if the key has its share of the event ids
   *     in memory
   * @throws TimeoutException if it is not known yet whether they were appended
   */
  public List<AppendResult> append(Intake intake, List<Document> documents, AccessKey key)
      throws IOException, InterruptedException, TimeoutException {
    List<AppendResult> results = new ArrayList<>();
    List<Event> chunk = new ArrayList<>();
    int bytes = 0;
    for (Document document : documents) {
      Event event = admitted(intake, document, key);
      chunk.add(event);
      bytes += MIN_EVENT_BYTES + length(event);
      if (bytes >= CHUNK_BYTES) {
        append(chunk, key, results);
        chunk.clear();
        bytes = 0;
      }
    }
    if (!chunk.isEmpty()) {
      append(chunk, key, results);
    }
    return results;
  }

  private static int length(Event event) {
    return event.details() == null ? 0 : String.valueOf(event.details()).length();
  }

  private void append(List<Event> chunk, AccessKey key, List<AppendResult> results)
      throws IOException, InterruptedException, TimeoutException {
    AppendResult result = appender.append(new AppendRequest(chunk, true, null), key.name());
    results.add(result);
    if (!result.conflicts().isEmpty()) {
      List<Event> distinct =
          result.conflicts().keySet().stream()
              .map(at -> Intake.withDistinctId(chunk.get(at)))
              .toList();
      results.add(appender.append(new AppendRequest(distinct, true, null), key.name()));
    }
  }

  /** The event as it is stored. */
  private Event admitted(Intake intake, Document document, AccessKey key) {
    Event event = intake.read(document, key.name(), key.stamp());
    try {
      if (strictTypes && !EventType.isKnown(event.eventType())) {
        throw new InvalidEventException(
            "event_type", Quoted.of(event.eventType()) + " is not a type that this server knows");
      }
      return admitted(event, key);
    } catch (InvalidEventException e) {
      String why = String.valueOf(e.getMessage());
      return admitted(intake.keepRaw(document, why, key.name(), key.stamp()), key);
    }
  }

  private Event admitted(Event event, AccessKey key) {
    boolean anyPersonal = !personal.fields().isEmpty() || !key.personal().isEmpty();
    // Nobody knows where in it a personal value is, and it must be possible to erase it.
    Event marked =
        anyPersonal && Mappings.keepsOriginal(event)
            ? event.withPersonal(List.of(PersonalField.DETAILS))
            : event;
    return types.admit(personal.mark(marked, key.personal()), key.name());
  }
}
