package io.tallystick.benchmarks;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.Event;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Sha256;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Encoding, hashing and decoding one entry, compared with only the SHA-256 of as many bytes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EntryBenchmark {
  private final Event event = Events.apiKeyUse(7);
  private final Event personal = Events.personal(7);
  private final Hash previous = EntryHash.genesis("example.com/benchmark");
  private final byte[] previousBytes = previous.toBytes();
  private final byte[] entry =
      EntryCodec.encode(new Entry(1_234_567, previous, Instant.now(), null, event));
  private final byte[] head = new byte[EntryCodec.MAX_HEAD_BYTES];
  private final byte[] hash = new byte[Hash.BYTES];
  private MessageDigest sha256;

  @Setup
  public void digest() {
    sha256 = Sha256.newDigest();
  }

  @Benchmark
  public EncodedEvent encodeBody() {
    return EntryCodec.encodeEvent(event, null);
  }

  /** With the salts of three personal values. */
  @Benchmark
  public EncodedEvent encodePersonal() {
    return EntryCodec.encodeEvent(personal, null);
  }

  @Benchmark
  public int encodeHead() {
    return EntryCodec.encodeHead(1_234_567, previousBytes, 1_795_000_000L, 123_456_789, head, 0);
  }

  @Benchmark
  public Entry decode() {
    return EntryCodec.decode(entry);
  }

  @Benchmark
  public byte[] entryHash() {
    EntryHash.into(sha256, entry, 0, entry.length, hash, 0);
    return hash;
  }

  @Benchmark
  public byte[] bareSha256() {
    return sha256.digest(entry);
  }
}
