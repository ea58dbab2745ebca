package io.tallystick.forward.s3;

import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.tlog.Sha256;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates an object for each batch, and never another one under its name: the name has the hash of
 * what is in it, so that a batch that is sent again has the same.
 */
final class S3Sink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(S3Sink.class);
  private static final String CHECKSUM = "x-amz-checksum-sha256";
  private static final int HASH_CHARS = 32;

  private final Bucket bucket;
  private final ObjectLock lock;

  S3Sink(Bucket bucket, ObjectLock lock) {
    this.bucket = bucket;
    this.lock = lock;
  }

  @Override
  public Level level() {
    return Level.CONFIRMED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    byte[] object = compressed(batch);
    byte[] hash = Sha256.of(object);
    String key = key(batch, hash);
    String checksum = Base64.getEncoder().encodeToString(hash);
    Map<String, String> headers = new TreeMap<>(lock.headers(Instant.now()));
    headers.put(CHECKSUM, checksum);
    headers.put("if-none-match", "*");
    HttpAnswer answer = bucket.send("PUT", key, headers, object);
    switch (answer.status()) {
      case 200 -> {
        String stored = answer.headers().firstValue(CHECKSUM).orElse(checksum);
        if (!stored.equals(checksum)) {
          throw new SinkException(bucket.receiver() + " stored something else than it was sent");
        }
        LOG.debug(
            "{} is version {}",
            key,
            answer.headers().firstValue("x-amz-version-id").orElse("none"));
      }
      case 412 -> checkThere(key, object);
      default -> throw answer.failure();
    }
    return Delivery.COMPLETE;
  }

  /** An object with the name is there: ours, or somebody's who knew what we would write. */
  private void checkThere(String key, byte[] object) throws SinkException, InterruptedException {
    HttpAnswer there = bucket.send("GET", key, Map.of(), new byte[0]);
    if (!there.isSuccess()) {
      throw there.failure();
    }
    if (!Arrays.equals(there.body(), object)) {
      throw new SinkException(
          bucket.receiver()
              + " has another object with the name "
              + key
              + ", which we did not write");
    }
  }

  private String key(List<Outgoing> batch, byte[] hash) {
    long first = 0;
    long last = 0;
    for (Outgoing out : batch) {
      if (!out.marker()) {
        first = first == 0 ? out.seq() : first;
        last = out.seq();
      }
    }
    return String.format(
        Locale.ROOT,
        "%s%019d-%019d-%s.ndjson.gz",
        bucket.prefix(),
        first,
        last,
        HexFormat.of().formatHex(hash).substring(0, HASH_CHARS));
  }

  /** The same bytes for the same records: gzip's header has no time here. */
  private static byte[] compressed(List<Outgoing> batch) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream lines = new GZIPOutputStream(bytes)) {
      for (Outgoing out : batch) {
        lines.write(out.body());
        lines.write('\n');
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  @Override
  public void close() {
    bucket.close();
  }
}
