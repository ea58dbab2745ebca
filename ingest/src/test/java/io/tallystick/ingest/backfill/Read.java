package io.tallystick.ingest.backfill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import io.tallystick.ingest.mapping.Mapped;
import io.tallystick.ingest.mapping.Mappings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What a reader and its mapping make of a file. */
final class Read implements RecordReader.Receiver {
  private final Translation translation;
  final List<SourceRecord> records = new ArrayList<>();
  final List<Mapped> mapped = new ArrayList<>();
  final List<String> notes = new ArrayList<>();
  boolean fault;
  long bytes;
  long passedOver;
  long doneBefore;

  private Read(Translation translation) {
    this.translation = translation;
  }

  static Read all(ImportFormat format, Path file) throws Exception {
    return after(format, file, 0);
  }

  static Read after(ImportFormat format, Path file, long position) throws Exception {
    RecordReader reader = format.reader(null, false);
    Mappings mappings = Mappings.shipped();
    if (!format.mapping().equals("auto")) {
      mappings = Objects.requireNonNull(mappings.only(format.mapping()));
    }
    Read read = new Read(new Translation(mappings));
    reader.read(file, reader.identify(file, List.of()), position, read);
    return read;
  }

  @Override
  public void record(SourceRecord record) {
    records.add(record);
    mapped.add(translation.translate(record));
  }

  @Override
  public void note(String sentence, boolean isFault) {
    notes.add(sentence);
    fault |= isFault;
  }

  @Override
  public void progress(long more) {
    bytes += more;
  }

  @Override
  public void passedOver(long more) {
    passedOver += more;
  }

  @Override
  public void doneBefore(long more) {
    doneBefore += more;
  }

  ObjectNode event(int index) {
    return mapped.get(index).event();
  }

  /** An event as an entry would have it: valid. */
  Event valid(int index) {
    return EventReader.readOne(
        mapped.get(index).json(), new EventReader.Rules(1, true, false, Entry.LOCAL));
  }

  List<String> ids() {
    return mapped.stream().map(each -> each.event().path("event_id").asText()).toList();
  }

  JsonNode details(int index) {
    return event(index).path("details");
  }
}
