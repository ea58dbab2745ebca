package io.tallystick.forward.file;

import io.tallystick.forward.format.Formats;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.util.Set;

/**
 * {@code type: file}: a record a line. Each batch is on the device before it counts as delivered.
 */
public final class FileType implements SinkType {
  private static final String PATH = "path";
  private static final String ROTATE = "rotate_bytes";
  private static final long MIN_ROTATE_BYTES = 4_096;

  @Override
  public String name() {
    return "file";
  }

  @Override
  public Set<String> settings() {
    return Set.of(PATH, ROTATE);
  }

  @Override
  public void check(SinkSettings settings) throws SettingException {
    var _ = settings.file(PATH);
    var _ = rotateBytes(settings);
  }

  @Override
  public String exclusive(SinkSettings settings) throws IOException {
    return "the file " + settings.file(PATH);
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    return new FileSink(new FileSeries(settings.file(PATH)), rotateBytes(settings));
  }

  private static long rotateBytes(SinkSettings settings) throws SettingException {
    return settings.number(ROTATE, Long.MAX_VALUE, MIN_ROTATE_BYTES, 1L << 50);
  }

  @Override
  public boolean isQueryable() {
    return true;
  }

  @Override
  public Inventory inventory(SinkSettings settings) throws IOException {
    return new FileInventory(
        new FileSeries(settings.file(PATH)), Formats.of(settings.format()).orElseThrow());
  }
}
