package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may read a log and its index. */
class IndexPermissionsTest {
  private static final Set<PosixFilePermission> ENTER =
      Set.of(PosixFilePermission.GROUP_EXECUTE, PosixFilePermission.OTHERS_EXECUTE);
  private static final Set<PosixFilePermission> READ =
      Set.of(PosixFilePermission.GROUP_READ, PosixFilePermission.OTHERS_READ);

  @TempDir Path directory;

  @Test
  void otherUsersReadNothingBelowADirectoryThatTheyMayEnter() throws Exception {
    Path data = Files.createDirectory(directory.resolve("volume"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults());
        AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
      log.append(Collections.nCopies(1_000, Event.of("auth.logout")), null).get();
      log.seal().get();
      assertThat(index.count(AuditQuery.builder().eventTypes(List.of("auth.logout")).build()))
          .isEqualTo(1_000);
      assertThat(data.resolve("index")).isNotEmptyDirectory();
      assertThat(readableByOthers(data)).isEmpty();
    }
    assertThat(readableByOthers(data)).isEmpty();
  }

  /**
   * Files that others may read, and directories that they may list, where the way there is open to
   * them.
   */
  private static List<Path> readableByOthers(Path root) throws IOException {
    List<Path> readable = new ArrayList<>();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes)
              throws IOException {
            if (!path.equals(root) && allows(path, READ)) {
              readable.add(path);
            }
            return allows(path, ENTER) ? FileVisitResult.CONTINUE : FileVisitResult.SKIP_SUBTREE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (allows(file, READ)) {
              readable.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    return readable;
  }

  private static boolean allows(Path path, Set<PosixFilePermission> any) throws IOException {
    return !Collections.disjoint(Files.getPosixFilePermissions(path), any);
  }
}
