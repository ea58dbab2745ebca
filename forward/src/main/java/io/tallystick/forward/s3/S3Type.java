package io.tallystick.forward.s3;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.Formats;
import io.tallystick.forward.net.HttpAddress;
import io.tallystick.forward.net.Trust;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Objects of an S3 store, one for each batch: lines of records, compressed with gzip, under a name
 * that says which they are, and objects that prove these records. An object is only ever created.
 */
public final class S3Type implements SinkType {
  private static final int BATCH = 5_000;

  @Override
  public String name() {
    return "s3";
  }

  @Override
  public Set<String> settings() {
    Set<String> all = new HashSet<>(Trust.SETTINGS);
    all.addAll(HttpAddress.SETTINGS);
    all.addAll(List.of("timeout_seconds", "bucket", "prefix", "region", "access_key_id"));
    all.addAll(List.of("secret_key_file", "lock_mode", "lock_days"));
    return Set.copyOf(all);
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    new Bucket(settings).close();
    ObjectLock.of(settings);
  }

  @Override
  public int batch() {
    return BATCH;
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    ObjectLock lock = ObjectLock.of(settings);
    Format format = Formats.of(settings.format()).orElseThrow();
    ObjectLedger ledger = ObjectLedger.open(settings.folder());
    return new S3Sink(new Bucket(settings), lock, format, ledger);
  }

  @Override
  public boolean isQueryable() {
    return true;
  }

  @Override
  public Inventory inventory(SinkSettings settings) throws IOException {
    return new S3Inventory(new Bucket(settings), settings.format(), settings.folder());
  }
}
