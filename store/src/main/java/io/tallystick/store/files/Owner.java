package io.tallystick.store.files;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Whom files belong to, and as whom this program runs. Safe for any number of threads. */
final class Owner {
  private static final int ROOT = 0;

  /** Of the user whose permissions count; a program started with sudo runs as root. */
  private static final int OURS = Posix.effectiveUser();

  private Owner() {}

  /** Whether this program runs as root, whom the operating system refuses no file. */
  static boolean weAreRoot() {
    return OURS == ROOT;
  }

  /** The name of the user as whom this program runs. */
  static String us() {
    String name = System.getProperty("user.name", "?");
    return name.equals("?") ? Integer.toString(OURS) : name;
  }

  static boolean isUs(Path path) throws IOException {
    return uid(path) == OURS;
  }

  static boolean isRoot(Path path) throws IOException {
    return uid(path) == ROOT;
  }

  /**
   * The name of somebody else who can have put this file where it is; empty if only we can have, or
   * root, or, where root reads the files of another user, the one whose directory it is in. Both a
   * link and what it leads to count. Empty too if there is no such file.
   */
  static Optional<String> stranger(Path path) throws IOException {
    for (LinkOption[] link :
        List.of(new LinkOption[] {LinkOption.NOFOLLOW_LINKS}, new LinkOption[0])) {
      try {
        if (!isTrusted(path, uid(path, link))) {
          return Optional.of(Files.getOwner(path, link).getName());
        }
      } catch (NoSuchFileException e) {
        return Optional.empty();
      }
    }
    return Optional.empty();
  }

  private static boolean isTrusted(Path path, int uid) throws IOException {
    return uid == OURS
        || uid == ROOT
        || (weAreRoot() && uid == uid(path.toAbsolutePath().resolveSibling("")));
  }

  /** The name of the owner, or the number if it has no name here. */
  static String name(Path path) throws IOException {
    return Files.getOwner(path).getName();
  }

  private static int uid(Path path, LinkOption... link) throws IOException {
    return (Integer) Files.getAttribute(path, "unix:uid", link);
  }
}
