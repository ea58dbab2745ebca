package io.tallystick.store.write;

import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The room that is left on the log's device. A write to memory that is mapped from a file can't be
 * refused when the device is full; it ends the process. So appends are refused before, while there
 * is room for what is mapped. {@link #check} is called by one thread, the rest by any.
 */
public final class FreeSpace {
  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);

  private final FileStore device;
  private final long warnBelow;
  private boolean warned;

  public FreeSpace(Path directory, long warnBelow) throws IOException {
    this.device = Files.getFileStore(directory);
    this.warnBelow = Math.max(warnBelow, LogConfig.RESERVE_BYTES);
  }

  /** Bytes that may be written to the device. */
  public long bytes() throws IOException {
    return device.getUsableSpace();
  }

  /** Whether there is less than the log was told to warn below. */
  public boolean isLow() throws IOException {
    return bytes() < warnBelow;
  }

  /**
   * Says when the room falls below the floor, and when it is there again.
   *
   * @param needed bytes that are about to be written
   * @throws NoSpaceException if they would use up the reserve
   */
  void check(long needed) throws IOException {
    long bytes = bytes();
    if (bytes < warnBelow != warned) {
      warned = !warned;
      if (warned) {
        LOG.warn(
            "only {} MiB are free on the log's device; below {} MiB appends are refused",
            bytes >> 20,
            LogConfig.RESERVE_BYTES >> 20);
      } else {
        LOG.info("{} MiB are free on the log's device again", bytes >> 20);
      }
    }
    if (bytes - needed < LogConfig.RESERVE_BYTES) {
      throw new NoSpaceException(
          "no room on the device for the log: "
              + (bytes >> 20)
              + " MiB are free, and "
              + (LogConfig.RESERVE_BYTES >> 20)
              + " MiB are kept in reserve");
    }
  }
}
