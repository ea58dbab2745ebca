package io.tallystick.ingest.backfill;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.tallystick.ingest.mapping.JsonFault;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Reads files that have one record after another. The position of a record is its number; whoever
 * goes on at one reads those before it again, and does not deliver them.
 */
abstract class StreamReader implements RecordReader {

  /** Numbers the records, and delivers those that are wanted. */
  static final class Delivery {
    private final Receiver receiver;
    private final FileIdentity identity;
    private final long after;
    private long number;

    Delivery(Receiver receiver, FileIdentity identity, long after) {
      this.receiver = receiver;
      this.identity = identity;
      this.after = after;
    }

    /**
     * The next record.
     *
     * @param id its own; {@code null} if it has none, and is known by the file and its number
     * @param place where it stands; {@code null} if that is its number
     */
    void record(SourceRecord.Content content, @Nullable String id, @Nullable String place)
        throws InterruptedException {
      number++;
      if (number > after) {
        String known = id == null ? identity.id() + ":" + number : id;
        String shown = place == null ? "record " + number : place;
        receiver.record(new SourceRecord(content, known, number, shown));
      } else {
        receiver.doneBefore(1);
      }
    }

    void passedOver() {
      receiver.passedOver(1);
    }
  }

  @Override
  public FileIdentity identify(Path file, Collection<FileIdentity> known) throws IOException {
    return FileIdentity.find(file, known);
  }

  @Override
  public final void read(Path file, FileIdentity identity, long after, Receiver receiver)
      throws IOException, InterruptedException {
    Delivery delivery = new Delivery(receiver, identity, after);
    try (InputStream in = InputFile.open(file, receiver::progress)) {
      read(in, delivery);
    } catch (EOFException | ZipException e) {
      throw damaged(file, delivery, "is damaged or cut off");
    } catch (JsonProcessingException e) {
      throw damaged(file, delivery, JsonFault.of(e));
    } catch (CharacterCodingException e) {
      throw damaged(file, delivery, "is not UTF-8");
    } catch (Malformed e) {
      throw damaged(file, delivery, String.valueOf(e.getMessage()));
    }
  }

  private static UnreadableFileException damaged(Path file, Delivery delivery, String why) {
    String where =
        switch ((int) Math.min(delivery.number, 2)) {
          case 0 -> "it has no record before that";
          case 1 -> "the record before that is whole";
          default -> "the %,d records before that are whole".formatted(delivery.number);
        };
    return new UnreadableFileException(file + " " + why + "; " + where);
  }

  /** A file that has not the form it should have; the message continues its name. */
  static final class Malformed extends IOException {
    private static final long serialVersionUID = 1;

    Malformed(String message) {
      super(message);
    }
  }

  abstract void read(InputStream in, Delivery delivery) throws IOException, InterruptedException;
}
