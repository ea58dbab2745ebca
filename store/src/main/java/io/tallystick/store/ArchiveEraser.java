package io.tallystick.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.entry.PersonalValue;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.ErasureIndex;
import io.tallystick.store.log.ErasureProof;
import io.tallystick.store.log.LineReader;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.PersonalLine;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Erases personal values from archives (format.md, Archive): writes the zip anew beside its place,
 * without the values and with the entries that record their erasure, and puts it in place once it
 * is durable. The entries, their proof and the manifest stay as they are. Used by one thread.
 */
final class ArchiveEraser {
  private static final String ENTRIES = "entries.ndjson";

  /** More than the entries that record an erasure, and their proofs, need. */
  private static final long PROOFS_BYTES = 1 << 20;

  private final LogReader log;
  private final SignedCheckpoint under;
  private final List<Erasure.Recorded> recorded;
  private final ErasureIndex index;

  /**
   * @param under covers the entries that record the erasure
   */
  ArchiveEraser(LogReader log, SignedCheckpoint under, List<Erasure.Recorded> recorded) {
    this.log = log;
    this.under = under;
    this.recorded = recorded;
    this.index = new ErasureIndex(recorded);
  }

  /** Whether some of these entries are among those to erase from. */
  boolean concerns(long firstId, long lastId) {
    return recorded.stream().anyMatch(one -> concerns(one, firstId, lastId));
  }

  private static boolean concerns(Erasure.Recorded one, long firstId, long lastId) {
    return one.erasure().ids().stream()
        .anyMatch(ids -> ids.first() <= lastId && ids.last() >= firstId);
  }

  /**
   * Erases from one archive.
   *
   * @return number of values that are gone now; -1 if there is no such file
   */
  long erase(Path file, long firstId, long lastId) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    long erased;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      erased = count(zip);
      if (erased > 0) {
        checkRoom(file);
        write(zip, temporary, firstId, lastId);
        checkSame(zip, temporary);
        Files.move(
            temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFile.forceDirectory(file.resolveSibling(""));
      }
    } catch (NoSuchFileException e) {
      return -1;
    } catch (ZipException e) {
      throw new LogException.Corrupt(
          file + " is damaged, so nothing can be erased in it: " + e.getMessage());
    } finally {
      Files.deleteIfExists(temporary);
    }
    return erased;
  }

  /** On a full device a process dies that has mapped files, so the reserve stays free. */
  private static void checkRoom(Path file) throws IOException {
    long free = Files.getFileStore(file).getUsableSpace();
    long needed = Files.size(file) + PROOFS_BYTES;
    if (free - needed < LogConfig.RESERVE_BYTES) {
      throw new NoSpaceException(
          "no room on the device to write "
              + file
              + " without the values that are erased: it needs up to "
              + (needed >> 20)
              + " MiB, "
              + (free >> 20)
              + " MiB are free, and "
              + (LogConfig.RESERVE_BYTES >> 20)
              + " MiB are kept in reserve; make room, and erase again or restart");
    }
  }

  private long count(ZipFile zip) throws IOException {
    long[] erased = {0};
    lines(zip, (line, erase) -> erased[0] += erase ? 1 : 0);
    return erased[0];
  }

  private void write(ZipFile zip, Path temporary, long firstId, long lastId) throws IOException {
    try (FileChannel channel = OwnerOnly.open(temporary, StandardOpenOption.TRUNCATE_EXISTING);
        OutputStream stream = Channels.newOutputStream(channel);
        ZipOutputStream out = new ZipOutputStream(stream, UTF_8)) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        begin(out, entry.getName());
        if (entry.getName().equals(PersonalLine.FILE)) {
          lines(
              zip,
              (line, erase) -> {
                PersonalValue value = erase ? PersonalValue.erased(0) : line.value();
                out.write(new PersonalLine(line.id(), line.member(), value).toBytes());
              });
        } else {
          try (InputStream in = zip.getInputStream(entry)) {
            in.transferTo(out);
          }
        }
        out.closeEntry();
      }
      LogTree.Prover prover = log.tree().prover(under);
      for (Erasure.Recorded one : recorded) {
        String name = ErasureProof.file(one.id());
        if (zip.getEntry(name) == null && concerns(one, firstId, lastId)) {
          byte[] entry = log.read(one.id()).orElseThrow().bytes();
          begin(out, name);
          out.write(ErasureProof.of(prover.prove(one.id()), entry));
          out.closeEntry();
        }
      }
      out.finish();
      channel.force(true);
    }
  }

  /** The entries are copied, and a copy can go wrong. */
  private static void checkSame(ZipFile zip, Path temporary) throws IOException {
    try (ZipFile written = new ZipFile(temporary.toFile())) {
      ZipEntry before = zip.getEntry(ENTRIES);
      ZipEntry after = written.getEntry(ENTRIES);
      if (before.getSize() != after.getSize() || before.getCrc() != after.getCrc()) {
        throw new LogException.Corrupt(
            temporary + " does not have the entries of the archive that it should replace");
      }
    }
  }

  @FunctionalInterface
  private interface LineConsumer {
    void accept(PersonalLine line, boolean erase) throws IOException;
  }

  /** Reads every personal value of an archive, and whether it is to be erased now. */
  private void lines(ZipFile zip, LineConsumer consumer) throws IOException {
    ZipEntry personal = zip.getEntry(PersonalLine.FILE);
    if (personal == null) {
      return;
    }
    try (LineReader values = new LineReader(zip.getInputStream(personal), PersonalLine.MAX_BYTES);
        LineReader entries =
            new LineReader(zip.getInputStream(zip.getEntry(ENTRIES)), EntryCodec.MAX_ENTRY_BYTES)) {
      Entry entry = null;
      for (byte[] text = values.next(); text != null; text = values.next()) {
        PersonalLine line = PersonalLine.of(text);
        if (line == null) {
          throw new LogException.Corrupt(zip.getName() + ": a line of personal is not a value");
        }
        while (entry == null || entry.id() < line.id()) {
          entry = entry(zip, entries.next());
        }
        List<PersonalField> names = List.copyOf(entry.personal().keySet());
        if (entry.id() != line.id() || line.member() >= names.size()) {
          throw new LogException.Corrupt(
              zip.getName() + ": personal has a value that entry " + line.id() + " does not name");
        }
        consumer.accept(line, !line.value().isZero() && covers(entry, names.get(line.member())));
      }
    }
  }

  private boolean covers(Entry entry, PersonalField field) {
    return index.find(entry, field).isPresent();
  }

  private static Entry entry(ZipFile zip, byte @Nullable [] line) throws LogException.Corrupt {
    if (line == null) {
      throw new LogException.Corrupt(zip.getName() + ": personal has values of no entry in it");
    }
    try {
      return EntryCodec.decode(line);
    } catch (InvalidEntryException e) {
      throw new LogException.Corrupt(zip.getName() + ": a line is not an entry: " + e.getMessage());
    }
  }

  private static void begin(ZipOutputStream zip, String name) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    // A fixed time, so that the same entries always give the same file.
    entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
    zip.putNextEntry(entry);
  }
}
