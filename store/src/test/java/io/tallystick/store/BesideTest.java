package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@link LogTree#beside}, folded by somebody who knows the entries and nothing else. */
@Timeout(30)
class BesideTest {
  private static final int ENTRIES = 1_000;

  @TempDir Path data;

  @Test
  void withTheHashesOfSomeEntriesItLeadsToTheRoot() throws Exception {
    try (AuditLog log = AuditLog.open(data, AuditLogTest.CONFIG)) {
      log.append(Collections.nCopies(ENTRIES, Event.of("auth.logout")), null).get();
    }
    LogReader log = LogReader.open(data);
    SignedCheckpoint under = log.tree().newest().orElseThrow();
    assertThat(under.size()).isGreaterThanOrEqualTo(ENTRIES);
    Random random = new Random(17);
    for (int chosen : new int[] {0, 1, 2, 17, 500, ENTRIES}) {
      NavigableSet<Long> ids = new TreeSet<>();
      while (ids.size() < chosen) {
        ids.add(1L + random.nextInt((int) under.size()));
      }
      List<Hash> hashes = log.tree().beside(ids, under);
      assertThat(root(log, ids, hashes, under.size())).isEqualTo(under.checkpoint().root());
      // Far fewer than one proof for each of them would have.
      assertThat(hashes).hasSizeLessThan(20 + 10 * chosen);
    }
    assertThatThrownBy(() -> log.tree().beside(new TreeSet<>(List.of(under.size() + 1)), under))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Each gap has the largest subtrees that begin where it stands and end before the next entry. */
  private static Hash root(LogReader log, NavigableSet<Long> ids, List<Hash> hashes, long size)
      throws Exception {
    CompactRange tree = new CompactRange(new Hasher());
    Iterator<Hash> rest = hashes.iterator();
    for (long id : ids) {
      fill(tree, rest, id - 1);
      tree.append(log.read(id).orElseThrow().hash());
    }
    fill(tree, rest, size);
    assertThat(rest.hasNext()).isFalse();
    return tree.root();
  }

  private static void fill(CompactRange tree, Iterator<Hash> rest, long end) {
    while (tree.size() < end) {
      int level = 0;
      while (tree.size() % (2L << level) == 0 && tree.size() + (2L << level) <= end) {
        level++;
      }
      tree.append(level, rest.next());
    }
  }
}
