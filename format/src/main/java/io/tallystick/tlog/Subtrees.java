package io.tallystick.tlog;

/** What may be called a subtree: draft-ietf-plants-merkle-tree-certs, "Definition of a Subtree". */
final class Subtrees {
  private Subtrees() {}

  /**
   * Whether {@code [start, end)} is a subtree: {@code start} is a multiple of the smallest power of
   * two that is at least {@code end - start}. {@code [0, n)} and {@code [n, n)} always are.
   */
  static boolean isSubtree(long start, long end) {
    if (start < 0 || start > end) {
      return false;
    }
    long size = end - start;
    // Above 2^62 the power is 2^63, which overflows; one less of it is still the mask that is
    // meant.
    long power = size <= 1 ? 1 : Long.highestOneBit(size - 1) << 1;
    return (start & (power - 1)) == 0;
  }

  /**
   * The leaf that divides {@code MTH(D[start:end])}, RFC 9162 section 2.1.1; two leaves or more.
   */
  static long split(long start, long end) {
    return start + Long.highestOneBit(end - start - 1);
  }
}
