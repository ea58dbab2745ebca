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
 * The free space on the log's device. On a full device a write to memory that is mapped from a file
 * cannot fail: it ends the process. So appends are refused earlier, while there is room for the
 * mapped pages. One thread calls {@link #check}; the other methods are safe for any thread.
 */
public final class FreeSpace {
  private static final Logger LOG = LoggerFactory.getLogger(FreeSpace.class);

  private final FileStore device;
  private final long warnBelow;

  /** Confined to the sequencer thread. */
  private boolean warned;

  public FreeSpace(Path directory, long warnBelow) throws IOException {
    this.device = Files.getFileStore(directory);
    this.warnBelow = Math.max(warnBelow, LogConfig.RESERVE_BYTES);
  }

  /** Usable bytes on the device. */
  public long bytes() throws IOException {
    return device.getUsableSpace();
  }

  /** Whether fewer bytes are free than the configured minimum. */
  public boolean isLow() throws IOException {
    return bytes() < warnBelow;
  }

  /**
   * Checks the space before a write, and logs when it falls below the configured minimum and when
   * it recovers.
   *
   * @param needed bytes about to be written
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
