package io.tallystick.tlog;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The definitions of RFC 9162 section 2.1 and of the subtree draft, word for word and recursive:
 * what the real code is compared with. Shares nothing with it but the type of a hash.
 */
final class NaiveTree implements HashReader {
  private record Range(int start, int end) {}

  private final List<byte[]> leaves;
  private final Map<Range, Hash> known = new HashMap<>();

  NaiveTree(List<byte[]> leaves) {
    this.leaves = leaves;
  }

  /** A tree over the leaves 0, 1, … n-1, of one or more bytes each, no two the same. */
  static NaiveTree ofSize(int n) {
    List<byte[]> leaves = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      leaves.add(i < 256 ? new byte[] {(byte) i} : new byte[] {(byte) (i >> 8), (byte) i});
    }
    return new NaiveTree(leaves);
  }

  Hash leaf(int index) {
    return mth(index, index + 1);
  }

  Hash root(int size) {
    return mth(0, size);
  }

  /** MTH(D[start:end]), RFC 9162 section 2.1.1. */
  Hash mth(int start, int end) {
    Hash hash = known.get(new Range(start, end));
    if (hash == null) {
      hash = compute(start, end);
      known.put(new Range(start, end), hash);
    }
    return hash;
  }

  private Hash compute(int start, int end) {
    if (start == end) {
      return sha256();
    }
    if (end - start == 1) {
      return sha256(new byte[] {0}, leaves.get(start));
    }
    int k = split(end - start);
    return node(mth(start, start + k), mth(start + k, end));
  }

  /** PATH(m, D[start:end]), RFC 9162 section 2.1.3.1; m counts from start. */
  List<Hash> path(int m, int start, int end) {
    int n = end - start;
    if (n == 1) {
      return List.of();
    }
    int k = split(n);
    return m < k
        ? with(path(m, start, start + k), mth(start + k, end))
        : with(path(m - k, start + k, end), mth(start, start + k));
  }

  /** PROOF(m, D[0:n]), RFC 9162 section 2.1.4.1. */
  List<Hash> proof(int m, int n) {
    return subproof(m, 0, n, true);
  }

  private List<Hash> subproof(int m, int start, int end, boolean b) {
    int n = end - start;
    if (m == n) {
      return b ? List.of() : List.of(mth(start, end));
    }
    int k = split(n);
    return m <= k
        ? with(subproof(m, start, start + k, b), mth(start + k, end))
        : with(subproof(m - k, start + k, end, false), mth(start, start + k));
  }

  /** SUBTREE_PROOF(start, end, D[0:n]) of the draft. */
  List<Hash> subtreeProof(int start, int end, int n) {
    return start == end ? List.of() : subtreeSubproof(start, end, 0, n, true);
  }

  private List<Hash> subtreeSubproof(int start, int end, int low, int high, boolean b) {
    int n = high - low;
    if (start == 0 && end == n) {
      return b ? List.of() : List.of(mth(low, high));
    }
    int k = split(n);
    if (end <= k) {
      return with(subtreeSubproof(start, end, low, low + k, b), mth(low + k, high));
    }
    if (k <= start) {
      return with(subtreeSubproof(start - k, end - k, low + k, high, b), mth(low, low + k));
    }
    return with(subtreeSubproof(0, end - k, low + k, high, false), mth(low, low + k));
  }

  static boolean isSubtree(int start, int end) {
    int power = 1;
    while (power < end - start) {
      power *= 2;
    }
    return start <= end && start % power == 0;
  }

  @Override
  public List<Hash> read(List<Node> nodes) {
    return nodes.stream()
        .map(n -> {
          int width = 1 << n.level();
          int start = Math.toIntExact(n.index() * width);
          if (start + width > leaves.size()) {
            throw new IllegalArgumentException(n + " is not stored");
          }
          return mth(start, start + width);
        })
        .toList();
  }

  /** Every node of the tree, computed beforehand; safe for use by many threads. */
  HashReader stored() {
    List<Hash[]> levels = new ArrayList<>();
    for (int level = 0; 1 << level <= leaves.size(); level++) {
      Hash[] hashes = new Hash[leaves.size() >> level];
      for (int i = 0; i < hashes.length; i++) {
        hashes[i] = mth(i << level, (i + 1) << level);
      }
      levels.add(hashes);
    }
    return nodes -> {
      List<Hash> hashes = new ArrayList<>(nodes.size());
      for (Node node : nodes) {
        hashes.add(levels.get(node.level())[(int) node.index()]);
      }
      return hashes;
    };
  }

  static Hash node(Hash left, Hash right) {
    return sha256(new byte[] {1}, left.toBytes(), right.toBytes());
  }

  private static int split(int n) {
    int k = 1;
    while (k * 2 < n) {
      k *= 2;
    }
    return k;
  }

  private static List<Hash> with(List<Hash> hashes, Hash last) {
    List<Hash> all = new ArrayList<>(hashes);
    all.add(last);
    return all;
  }

  static Hash sha256(byte[]... parts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (byte[] part : parts) {
        digest.update(part);
      }
      return Hash.of(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
