package io.tallystick.store;

import io.tallystick.store.segment.BlockReader;
import io.tallystick.tlog.EntryBundle;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/**
 * A bundle of entries (C2SP tlog-tiles, "Log entries"). Its first {@value #AT_ONCE_BYTES} bytes are
 * read at once, so that most failures show before anything is written; the rest is read in such
 * portions as it is written. So 256 entries of 64 KiB take no more memory than a client that is
 * slow to read them should. Used by one thread.
 */
public final class BundleStream {
  /** A portion ends with the entry that reaches so many bytes. */
  private static final int AT_ONCE_BYTES = 64 << 10;

  private final LogReader log;
  private final long last;
  private long next;
  private byte[] portion;

  BundleStream(LogReader log, EntryBundle bundle) throws IOException {
    this.log = log;
    this.next = bundle.start() + 1;
    this.last = bundle.start() + bundle.width();
    this.portion = read();
  }

  /**
   * Writes it, once. The stream stays open.
   *
   * @throws IOException if an entry cannot be read or is not in the log any more, or the stream not
   *     be written; what was written is only the beginning of the bundle then
   */
  public void writeTo(OutputStream out) throws IOException {
    out.write(portion);
    while (next <= last) {
      portion = read();
      out.write(portion);
    }
  }

  private byte[] read() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    log.forEach(
        next,
        last,
        entry -> {
          if (entry.id() != next) {
            return false;
          }
          next++;
          int length = entry.bytes().length;
          bytes.write(length >> 8);
          bytes.write(length);
          bytes.writeBytes(entry.bytes());
          return bytes.size() < AT_ONCE_BYTES;
        });
    if (next <= last && bytes.size() < AT_ONCE_BYTES) {
      log.checkNotRemoved(next);
      throw BlockReader.missing(next);
    }
    return bytes.toByteArray();
  }
}
