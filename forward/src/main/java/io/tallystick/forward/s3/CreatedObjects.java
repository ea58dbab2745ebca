package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.tlog.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Which of the objects that a sink created a reader finds, in the version that was created. Keeps
 * eight bytes an object in memory. Used by one thread.
 */
final class CreatedObjects {
  private final Path folder;

  /** Of name and version together, in ascending order. */
  private final long[] hashes;

  private final BitSet seen = new BitSet();

  private CreatedObjects(Path folder, long[] hashes) {
    this.folder = folder;
    this.hashes = hashes;
  }

  /** What the ledger in this folder says. */
  static CreatedObjects read(Path folder) throws IOException {
    LongStream.Builder hashes = LongStream.builder();
    ObjectLedger.forEach(folder, (name, version) -> hashes.add(hash(name, version)));
    return new CreatedObjects(folder, hashes.build().sorted().toArray());
  }

  private static long hash(String name, String version) {
    return ByteBuffer.wrap(Sha256.of((name + " " + version).getBytes(UTF_8))).getLong();
  }

  /** A reader finds this version of an object. */
  void see(String name, String version) {
    int at = Arrays.binarySearch(hashes, hash(name, version));
    if (at >= 0) {
      seen.set(at);
    }
  }

  /** The objects that were not seen, with the version that was created last. */
  Map<String, String> unseen() throws IOException {
    Map<String, String> unseen = new LinkedHashMap<>();
    ObjectLedger.forEach(
        folder,
        (name, version) -> {
          int at = Arrays.binarySearch(hashes, hash(name, version));
          if (at >= 0 && !seen.get(at)) {
            unseen.put(name, version);
          } else {
            // Seen, or created after the list was read.
            unseen.remove(name);
          }
        });
    return unseen;
  }
}
