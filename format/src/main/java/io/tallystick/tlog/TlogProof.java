package io.tallystick.tlog;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The file that proves one entry, alone and offline: C2SP tlog-proof, {@code .tlog-proof}.
 *
 * <pre>
 *   c2sp.org/tlog-proof@v1
 *   extra BASE64                    only where there is some
 *   index 4
 *   BASE64 hash beside the leaf     none, or one a line up to the hash under the root
 *   …
 *
 *   the checkpoint with its signatures, verbatim
 * </pre>
 *
 * <p>It proves nothing until the checkpoint's signature and then the inclusion proof are verified.
 *
 * @param extra opaque data, which nothing here signs or proves, in base64
 * @param index of the leaf, from 0
 * @param hashes the inclusion proof, at most 63 hashes
 * @param checkpoint a signed note, not looked into
 */
public record TlogProof(Optional<String> extra, long index, List<Hash> hashes, String checkpoint) {
  /** The largest file that is read, in bytes. */
  public static final int MAX_BYTES = 2_000_000;

  private static final String FIRST_LINE = "c2sp.org/tlog-proof@v1";
  private static final String EXTRA = "extra ";
  private static final String INDEX = "index ";
  private static final int MAX_HASHES = 63;

  /** Refuses what the file could not say. */
  public TlogProof {
    extra.ifPresent(Canonical::base64);
    hashes = List.copyOf(hashes);
    if (index < 0) {
      throw new IllegalArgumentException("an index is not negative: " + index);
    }
    if (hashes.size() > MAX_HASHES) {
      throw new IllegalArgumentException(
          "an inclusion proof has at most " + MAX_HASHES + " hashes, not " + hashes.size());
    }
    if (checkpoint.isEmpty()) {
      throw new IllegalArgumentException("the proof has no checkpoint");
    }
  }

  /** The proof of a leaf, without extra data. */
  public TlogProof(long index, List<Hash> hashes, String checkpoint) {
    this(Optional.empty(), index, hashes, checkpoint);
  }

  /**
   * Reads the file; C2SP tlog-proof, "Format".
   *
   * @throws InvalidProofException if it is not exactly what {@link #toBytes} would write
   */
  public static TlogProof parse(byte[] file) throws InvalidProofException {
    if (file.length > MAX_BYTES) {
      throw new InvalidProofException(
          "a proof has at most " + MAX_BYTES + " bytes, not " + file.length);
    }
    try {
      return parse(Canonical.utf8(file));
    } catch (IllegalArgumentException e) {
      throw new InvalidProofException("this is not a tlog-proof: " + e.getMessage(), e);
    }
  }

  private static TlogProof parse(String text) {
    int blank = text.indexOf("\n\n");
    if (blank < 0) {
      throw new IllegalArgumentException("no empty line before the checkpoint");
    }
    Deque<String> lines = new ArrayDeque<>(List.of(text.substring(0, blank).split("\n", -1)));
    if (!lines.removeFirst().equals(FIRST_LINE)) {
      throw new IllegalArgumentException("the first line is not " + FIRST_LINE);
    }
    Optional<String> extra = take(lines, EXTRA);
    long index =
        take(lines, INDEX)
            .map(Canonical::decimal)
            .orElseThrow(() -> new IllegalArgumentException("no index line where one is due"));
    List<Hash> hashes = lines.stream().map(Hash::parseBase64).toList();
    return new TlogProof(extra, index, hashes, text.substring(blank + 2));
  }

  /**
   * What the next line says after this start; empty, and the line still there, if it has another.
   */
  private static Optional<String> take(Deque<String> lines, String start) {
    return Optional.ofNullable(lines.peekFirst())
        .filter(line -> line.startsWith(start))
        .map(line -> lines.removeFirst().substring(start.length()));
  }

  /** The file. */
  public byte[] toBytes() {
    StringBuilder text = new StringBuilder(FIRST_LINE).append('\n');
    extra.ifPresent(base64 -> text.append(EXTRA).append(base64).append('\n'));
    text.append(INDEX).append(index).append('\n');
    hashes.forEach(hash -> text.append(hash.toBase64()).append('\n'));
    return text.append('\n').append(checkpoint).toString().getBytes(StandardCharsets.UTF_8);
  }
}
