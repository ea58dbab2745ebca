package io.tallystick.store.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.tallystick.store.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/** Files of JSON that have a checksum of what they say. It detects damage, not tampering. */
public final class ChecksummedFile {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private ChecksummedFile() {}

  /** What such a file says, as Jackson writes it. */
  public interface Content<T> {
    /** CRC32C of the same object with 0 in this place, written without white space. */
    long crc32c();

    /** The same with this in that place. */
    T withCrc32c(long crc32c);
  }

  /** The content with its checksum. */
  public static <T extends Content<T>> T sealed(T content) {
    return content.withCrc32c(crc(content));
  }

  private static <T extends Content<T>> long crc(T content) {
    try {
      CRC32C crc = new CRC32C();
      crc.update(JSON.writeValueAsBytes(content.withCrc32c(0)));
      return crc.getValue();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was read as JSON can be written as JSON", e);
    }
  }

  /**
   * Reads a file.
   *
   * @throws NoSuchFileException if there is none
   * @throws LogException.Corrupt if it is damaged
   */
  public static <T extends Content<T>> T read(Path file, Class<T> type) throws IOException {
    T content;
    try {
      content = JSON.readValue(Files.readAllBytes(file), type);
    } catch (JsonProcessingException e) {
      throw new LogException.Corrupt(
          file + " is not a valid " + file.getFileName() + ": " + e.getOriginalMessage());
    }
    if (content == null) {
      throw new LogException.Corrupt(file + " is not a valid " + file.getFileName());
    }
    if (crc(content) != content.crc32c()) {
      throw new LogException.Corrupt(
          file + " was changed: its checksum is wrong. Restore it from a backup");
    }
    return content;
  }

  /** Writes a file durably. */
  public static <T extends Content<T>> void write(Path file, T content) throws IOException {
    String text = JSON.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(content);
    AtomicFile.write(file, (text + "\n").getBytes(StandardCharsets.UTF_8));
  }
}
