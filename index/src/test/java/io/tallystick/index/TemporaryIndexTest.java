package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.index.scope.Scope;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that has no index on disk, such as one that was restored from archives. */
class TemporaryIndexTest {
  private static final int ENTRIES = 500;

  @TempDir Path directory;

  @BeforeEach
  void fill() throws Exception {
    try (AuditLog log = AuditLog.open(directory, LogConfig.defaults())) {
      log.append(Collections.nCopies(ENTRIES - 1, Event.of("auth.logout")), null).get();
    }
  }

  private static Set<Path> temporaryIndexes() throws Exception {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(path -> path.getFileName().toString().startsWith(TemporaryIndex.PREFIX))
          .collect(Collectors.toSet());
    }
  }

  private AuditIndex open(long maxInMemory) throws Exception {
    LogReader log = LogReader.open(directory);
    return AuditIndex.openBeside(log, directory.resolve("no-index"), maxInMemory);
  }

  private static long logouts(AuditIndex index) throws Exception {
    return index.types(Scope.ALL, null, 9).getOrDefault("auth.logout", 0L);
  }

  @Test
  void moreEntriesThanFitInMemoryAreIndexedOnDiskAndDeletedAtTheEnd() throws Exception {
    Set<Path> before = temporaryIndexes();
    try (AuditIndex index = open(100)) {
      assertThat(logouts(index)).isEqualTo(ENTRIES - 1);
      Set<Path> made = new HashSet<>(temporaryIndexes());
      made.removeAll(before);
      assertThat(made).isNotEmpty();
      for (Path path : made) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .isEqualTo("rwx------");
      }
    }
    assertThat(temporaryIndexes()).isSubsetOf(before);
    assertThat(directory.resolve("no-index")).doesNotExist();
  }

  @Test
  void fewEntriesNeedNoFile() throws Exception {
    Set<Path> before = temporaryIndexes();
    try (AuditIndex index = open(10_000)) {
      assertThat(logouts(index)).isEqualTo(ENTRIES - 1);
      assertThat(temporaryIndexes()).isSubsetOf(before);
    }
  }
}
