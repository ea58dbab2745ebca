package io.tallystick.ingest.backfill;

import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.zip.ZipException;

/**
 * By what a file is known again: the SHA-256 of its beginning. So it may be moved or copied, and it
 * may grow, and it may be compressed.
 *
 * @param length of that beginning, in bytes
 * @param hash in hexadecimal
 */
public record FileIdentity(int length, String hash) {
  /** Longest beginning that is looked at, in bytes. */
  public static final int MAX_LENGTH = 1 << 16;

  private static final int SHORT_DIGITS = 20;

  /** Short enough for an id of an event. */
  public String id() {
    return hash.substring(0, Math.min(hash.length(), SHORT_DIGITS));
  }

  /** That of the file among these, or a new one. */
  static FileIdentity find(Path file, Collection<FileIdentity> known) throws IOException {
    byte[] head = unpackedHead(file);
    if (head.length == 0) {
      try (InputStream stored = Files.newInputStream(file)) {
        head = stored.readNBytes(MAX_LENGTH);
      }
    }
    return find(head, known);
  }

  /** As much of it as is whole. */
  private static byte[] unpackedHead(Path file) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    try (InputStream in = InputFile.unpack(Files.newInputStream(file))) {
      int next = in.read();
      while (next >= 0) {
        head.write(next);
        next = head.size() < MAX_LENGTH ? in.read() : -1;
      }
    } catch (EOFException | ZipException e) {
      return head.toByteArray();
    }
    return head.toByteArray();
  }

  private static FileIdentity find(byte[] head, Collection<FileIdentity> known) {
    FileIdentity found = of(head, head.length);
    int best = 0;
    for (FileIdentity each : known) {
      boolean fits = each.length > best && each.length <= head.length;
      if (fits && of(head, each.length).equals(each)) {
        found = each;
        best = each.length;
      }
    }
    return found;
  }

  private static FileIdentity of(byte[] head, int length) {
    return new FileIdentity(length, Sha256.hex(Arrays.copyOf(head, length)));
  }
}
