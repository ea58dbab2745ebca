package io.tallystick.forward.s3;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.EntryProof;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates an object for each batch, and never another one under its name: the name has the hash of
 * what is in it, so that a batch that is sent again has the same. Behind them it puts objects that
 * prove their entries.
 */
final class S3Sink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(S3Sink.class);
  private static final String CHECKSUM = "x-amz-checksum-sha256";
  static final String VERSION = "x-amz-version-id";

  /** Most objects under one proof: each is read once more. */
  private static final int MAX_PROVED = 100;

  private final Bucket bucket;
  private final ObjectLock lock;
  private final Format format;
  private final ObjectLedger ledger;

  /** What {@link #unproved} looked at: objects that are as they were written, and how many not. */
  private final List<ProofObject.Part> proving = new ArrayList<>();

  private int altered;

  S3Sink(Bucket bucket, ObjectLock lock, Format format, ObjectLedger ledger) {
    this.bucket = bucket;
    this.lock = lock;
    this.format = format;
    this.ledger = ledger;
  }

  @Override
  public Level level() {
    return Level.CONFIRMED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    byte[] object = compressed(batch);
    String name = ObjectNames.of(batch, object);
    String version = create(name, object);
    try {
      ledger.created(name, version);
    } catch (IOException e) {
      throw ownFile(e);
    }
    return Delivery.COMPLETE;
  }

  private static SinkException ownFile(IOException e) {
    return new SinkException("the list of its objects can't be written: " + e.getMessage(), e);
  }

  /** Creates an object, unless it is there already, and returns its version. */
  private String create(String name, byte[] object) throws SinkException, InterruptedException {
    String key = bucket.prefix() + name;
    String checksum = Base64.getEncoder().encodeToString(Sha256.of(object));
    Map<String, String> headers = new TreeMap<>(lock.headers(Instant.now()));
    headers.put(CHECKSUM, checksum);
    headers.put("if-none-match", "*");
    HttpAnswer answer = bucket.send("PUT", key, headers, object);
    if (answer.status() != 200 && answer.status() != 412) {
      throw answer.failure();
    }
    String stored = answer.headers().firstValue(CHECKSUM).orElse("");
    if (answer.status() == 412 || stored.isEmpty()) {
      // It is there: ours, or somebody's who knew what we would write. Or the store does not say.
      answer = stored(key, object);
    } else if (!stored.equals(checksum)) {
      throw new SinkException(bucket.receiver() + " stored something else than it was sent");
    }
    String version = answer.headers().firstValue(VERSION).orElse(ObjectLedger.NO_VERSION);
    if (lock.isOn() && version.equals(ObjectLedger.NO_VERSION)) {
      throw new SinkException(
          bucket.receiver()
              + " gave "
              + key
              + " no version, so it is not locked; create the bucket with object lock");
    }
    return version;
  }

  private HttpAnswer stored(String key, byte[] object) throws SinkException, InterruptedException {
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
    return there;
  }

  @Override
  public NavigableSet<Long> unproved(long throughId) throws SinkException, InterruptedException {
    proving.clear();
    altered = 0;
    NavigableSet<Long> ids = new TreeSet<>();
    for (Map.Entry<String, String> each : ledger.unproved().entrySet()) {
      String name = each.getKey();
      if (proving.size() + altered == MAX_PROVED) {
        break;
      }
      byte[] object = written(name, each.getValue());
      NavigableSet<Long> inside = object == null ? Collections.emptyNavigableSet() : ids(object);
      if (object == null || inside.isEmpty()) {
        LOG.warn(
            "{} does not hold {} as it was written, so its entries are not proved there",
            bucket.receiver(),
            name);
        altered++;
        continue;
      }
      if (inside.last() > throughId) {
        break;
      }
      ids.addAll(inside);
      proving.add(new ProofObject.Part(name, Sha256.hex(object)));
    }
    if (proving.isEmpty() && altered > 0) {
      try {
        ledger.unprovable(altered);
      } catch (IOException e) {
        throw ownFile(e);
      }
    }
    return ids;
  }

  /** An object in the version that we wrote; {@code null} if that is gone or something else. */
  private byte @Nullable [] written(String name, String version)
      throws SinkException, InterruptedException {
    String query =
        version.equals(ObjectLedger.NO_VERSION) ? "" : Bucket.query("versionId", version);
    HttpAnswer answer = bucket.send("GET", bucket.prefix() + name + query, Map.of(), new byte[0]);
    if (!answer.isSuccess() && answer.status() != 404 && answer.status() != 405) {
      throw answer.failure();
    }
    return answer.isSuccess() && ObjectNames.fits(name, answer.body()) ? answer.body() : null;
  }

  private NavigableSet<Long> ids(byte[] object) throws SinkException {
    NavigableSet<Long> ids = new TreeSet<>();
    try {
      GzippedLines.forEach(
          object, line -> format.read(line).map(Held::id).filter(id -> id > 0).ifPresent(ids::add));
    } catch (IOException e) {
      throw new SinkException("an object of ours can't be read", e);
    }
    return ids;
  }

  @Override
  public void prove(EntryProof proof) throws SinkException, InterruptedException {
    byte[] object = ProofObject.of(proving, proof);
    String name =
        ObjectNames.ofProof(proving.stream().map(ProofObject.Part::name).toList(), object);
    String version = create(name, object);
    try {
      ledger.proved(name, version, proving.size() + altered);
    } catch (IOException e) {
      throw ownFile(e);
    }
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
