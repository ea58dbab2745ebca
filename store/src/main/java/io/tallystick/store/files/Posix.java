package io.tallystick.store.files;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Optional;

/**
 * System calls that Java does not offer, with the error number that Java does not tell. Not every
 * platform has them: see {@link #available}. Safe for any number of threads.
 */
final class Posix {
  /** The error of a device that has no room, or no number for another file. */
  static final int ENOSPC = 28;

  /** The error of a user who has used up a quota. */
  static final int EDQUOT = 122;

  private static final int O_RDONLY = 0;
  private static final int O_RDWR = 2;
  private static final int O_CREAT = 0x40;
  private static final int O_EXCL = 0x80;
  private static final int O_CLOEXEC = 0x80000;
  private static final int OWNER_ONLY = 0600;
  private static final int FADV_RANDOM = 1;
  private static final int FADV_DONTNEED = 4;

  /** As a length, all of a file from an offset on. */
  private static final long TO_ITS_END = 0;

  private static final int PRIO_PROCESS = 0;
  private static final int CALLING_THREAD = 0;

  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final Optional<Posix> AVAILABLE = link();

  private final MethodHandle open;
  private final MethodHandle close;
  private final MethodHandle syncfs;
  private final MethodHandle fallocate;
  private final MethodHandle fadvise;
  private final MethodHandle setpriority;

  private Posix(
      MethodHandle open,
      MethodHandle close,
      MethodHandle syncfs,
      MethodHandle fallocate,
      MethodHandle fadvise,
      MethodHandle setpriority) {
    this.open = open;
    this.close = close;
    this.syncfs = syncfs;
    this.fallocate = fallocate;
    this.fadvise = fadvise;
    this.setpriority = setpriority;
  }

  /** Id of the user whose permissions this process has. */
  @SuppressWarnings("restricted")
  static int effectiveUser() {
    Linker linker = Linker.nativeLinker();
    MethodHandle geteuid =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("geteuid"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      return (int) geteuid.invokeExact();
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** The calls, on Linux with the GNU C library or musl; empty elsewhere. */
  static Optional<Posix> available() {
    return AVAILABLE;
  }

  @SuppressWarnings("restricted")
  private static Optional<Posix> link() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = linker.defaultLookup();
    Linker.Option errno = Linker.Option.captureCallState("errno");
    FunctionDescriptor withFile = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    FunctionDescriptor withPath =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    FunctionDescriptor withRange =
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG);
    // Only Linux has syncfs, and the numbers above are Linux's.
    return symbols
        .find("syncfs")
        .map(syncfs ->
            new Posix(
                linker.downcallHandle(
                    symbols.findOrThrow("open"),
                    withPath,
                    errno,
                    Linker.Option.firstVariadicArg(2)),
                linker.downcallHandle(symbols.findOrThrow("close"), withFile, errno),
                linker.downcallHandle(syncfs, withFile, errno),
                linker.downcallHandle(symbols.findOrThrow("posix_fallocate"), withRange),
                linker.downcallHandle(
                    symbols.findOrThrow("posix_fadvise"),
                    withRange.appendArgumentLayouts(ValueLayout.JAVA_INT)),
                linker.downcallHandle(
                    symbols.findOrThrow("setpriority"),
                    FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT))));
  }

  /** A call that failed, and why. */
  static final class CallFailed extends IOException {
    private static final long serialVersionUID = 1;
    private final int errno;

    private CallFailed(String what, int errno) {
      super(what + " (errno " + errno + ")");
      this.errno = errno;
    }

    int errno() {
      return errno;
    }
  }

  /**
   * Opens a file or directory to {@link #syncfs} its file system.
   *
   * @return the descriptor
   * @throws CallFailed if it can't be opened
   */
  int openToSync(Path path) throws CallFailed {
    return open(path, O_RDONLY);
  }

  /**
   * Creates a file of this size, whose blocks are all reserved.
   *
   * @throws CallFailed if there is no room, the file exists, or the file system refuses for another
   *     reason; the file may be there then
   */
  void reserve(Path path, long bytes) throws CallFailed {
    int file = open(path, O_RDWR | O_CREAT | O_EXCL);
    int errno;
    try {
      errno = (int) fallocate.invokeExact(file, 0L, bytes);
    } catch (Throwable e) {
      throw unexpected(e);
    } finally {
      close(file);
    }
    if (errno != 0) {
      throw new CallFailed("can't reserve " + bytes + " bytes for " + path, errno);
    }
  }

  /**
   * Lets the kernel forget what it holds of a file from an offset on and nobody has changed, and
   * has it read only what is asked for through this descriptor. Both is advice: it may do neither.
   */
  void forgetFrom(int file, long offset) {
    try {
      int _ = (int) fadvise.invokeExact(file, offset, TO_ITS_END, FADV_DONTNEED);
      int _ = (int) fadvise.invokeExact(file, 0L, TO_ITS_END, FADV_RANDOM);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private int open(Path path, int flags) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      MemorySegment name = arena.allocateFrom(path.toString(), pathCharset());
      int file = (int) open.invokeExact(state, name, flags | O_CLOEXEC, OWNER_ONLY);
      if (file < 0) {
        throw new CallFailed("can't open " + path, errno(state));
      }
      return file;
    } catch (CallFailed e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** What Java itself encodes paths with. */
  private static Charset pathCharset() {
    String name = System.getProperty("sun.jnu.encoding");
    return name == null ? Charset.defaultCharset() : Charset.forName(name);
  }

  /**
   * Makes everything on the descriptor's file system durable. Since Linux 5.8 it also reports each
   * write-back that failed after the descriptor was opened, once.
   */
  void syncfs(int file) throws CallFailed {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      if ((int) syncfs.invokeExact(state, file) != 0) {
        throw new CallFailed("the device could not make files durable", errno(state));
      }
    } catch (CallFailed e) {
      throw e;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /**
   * Sets how readily the calling thread leaves its core to others; to Linux, each thread has a
   * value of its own.
   *
   * @param nice 0 (as at its start) to 19; who is not root can only raise it
   * @return whether it was set
   */
  boolean setNice(int nice) {
    try {
      return (int) setpriority.invokeExact(PRIO_PROCESS, CALLING_THREAD, nice) == 0;
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  /** Closes a descriptor. What was written through others is not affected by an error. */
  void close(int file) {
    try (Arena arena = Arena.ofConfined()) {
      int _ = (int) close.invokeExact(arena.allocate(STATE), file);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /** A call's handle declares every throwable, and none is expected of it. */
  private static IllegalStateException unexpected(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return new IllegalStateException("a system call could not be made", e);
  }
}
