package io.tallystick.store.files;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Makes many new files durable together. An fsync for each costs 0.7 ms, which is more than the
 * entries behind a tile take; Linux's {@code syncfs} makes everything on the file system durable in
 * one go, reports what could not be written since 5.8, and costs about as much as one fsync.
 */
public final class BatchSync {
  /** From this many files on, one {@code syncfs} is cheaper. */
  private static final int TOGETHER = 4;

  private static final int O_RDONLY = 0;

  /** The three system calls, where the platform has them. */
  private record Calls(MethodHandle open, MethodHandle syncfs, MethodHandle close) {}

  private static final Optional<Calls> CALLS = calls();

  private BatchSync() {}

  @SuppressWarnings("restricted")
  private static Optional<Calls> calls() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = linker.defaultLookup();
    FunctionDescriptor withPath =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT);
    FunctionDescriptor withFile = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    return symbols
        .find("syncfs")
        .map(syncfs ->
            new Calls(
                linker.downcallHandle(symbols.findOrThrow("open"), withPath),
                linker.downcallHandle(syncfs, withFile),
                linker.downcallHandle(symbols.findOrThrow("close"), withFile)));
  }

  /**
   * Makes these files and the directories that name them durable; all are on one file system.
   *
   * @throws IOException if the device failed, after which nothing is known of any of them
   */
  public static void force(Path root, Collection<Path> files) throws IOException {
    if (files.size() >= TOGETHER && CALLS.isPresent()) {
      syncfs(CALLS.get(), root);
      return;
    }
    Set<Path> directories = new LinkedHashSet<>();
    for (Path file : files) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        channel.force(true);
      }
      for (Path up = file.getParent(); up != null && up.startsWith(root); up = up.getParent()) {
        directories.add(up);
      }
    }
    for (Path directory : directories) {
      AtomicFile.forceDirectory(directory);
    }
  }

  private static void syncfs(Calls calls, Path root) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment path = arena.allocateFrom(root.toString());
      int file = (int) calls.open().invokeExact(path, O_RDONLY);
      if (file < 0) {
        throw new IOException("can't open " + root + " to make its files durable");
      }
      int failed = (int) calls.syncfs().invokeExact(file);
      int closed = (int) calls.close().invokeExact(file);
      if (failed != 0 || closed != 0) {
        throw new IOException("the device of " + root + " could not make files durable");
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException("can't make the files under " + root + " durable", e);
    }
  }
}
