package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyReport;
import io.tallystick.store.verify.VerifyRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A log that the last build before entries of version 2 wrote: six entries with every field that it
 * had, by a server and its own, sealed, and the key that signs. It is a backup by that build.
 */
class VersionOneLogTest {
  private static final int ENTRIES = 6;

  @TempDir Path directory;
  private Path data = Path.of("");

  @BeforeEach
  void unpack() throws IOException {
    data = privately(directory.resolve("log"));
    try (InputStream resource =
            Objects.requireNonNull(getClass().getResourceAsStream("version-1.zip"));
        ZipInputStream zip = new ZipInputStream(resource)) {
      for (ZipEntry file = zip.getNextEntry(); file != null; file = zip.getNextEntry()) {
        Path target = data.resolve(file.getName());
        privately(file.isDirectory() ? target : Objects.requireNonNull(target.getParent()));
        if (!file.isDirectory()) {
          Files.copy(zip, target);
          Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
        }
      }
    }
  }

  /** A directory that only its owner can open, as that of a log must be. */
  private static Path privately(Path directory) throws IOException {
    Files.createDirectories(directory);
    return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
  }

  private static List<StoredEntry> entries(LogReader reader) throws IOException {
    List<StoredEntry> entries = new ArrayList<>();
    reader.forEach(1, Long.MAX_VALUE, entries::add);
    return entries;
  }

  private VerifyReport verified() throws Exception {
    LogReader reader = LogReader.open(data);
    VerifyReport report = new LogVerifier(reader).verify(VerifyRequest.all().strictly(), null);
    assertThat(report.faults()).isEmpty();
    if (PythonVerifier.MISSING.isEmpty()) {
      assertThat(PythonVerifier.verify(data).faults()).isEmpty();
    }
    return report;
  }

  @Test
  void itVerifiesAndItsEntriesAreWhatTheyWere() throws Exception {
    assertThat(verified().entriesChecked()).isEqualTo(ENTRIES);
    List<StoredEntry> entries = entries(LogReader.open(data));
    for (StoredEntry entry : entries) {
      assertThat(EntryCodec.encode(entry.decode())).isEqualTo(entry.bytes());
    }
    Entry login = entries.get(2).decode();
    assertThat(login.source()).isEqualTo("admin");
    assertThat(login.event().actorId()).isEqualTo(ActorId.of(7));
    assertThat(login.text(EntryField.REQUEST_ID)).isEqualTo("r-1");
    assertThat(login.event().eventId()).isNull();
    assertThat(entries.get(4).decode().event().details())
        .hasToString("{\"from\":1.50,\"to\":[1E+2,null,true,{\"a\":{}}]}");
  }

  @Test
  void itGoesOnWithEntriesOfVersionTwo() throws Exception {
    List<StoredEntry> before = entries(LogReader.open(data));
    Event event =
        Event.builder("iam.CreateUser")
            .text(EntryField.OUTCOME, "failure")
            .actorId(ActorId.of("arn:aws:iam::1:user/a"))
            .eventId("e-1")
            .build();
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      assertThat(log.lastId()).isEqualTo(ENTRIES);
      log.append(List.of(event), "admin").get();
    }
    assertThat(verified().entriesChecked()).isEqualTo(ENTRIES + 1);
    List<StoredEntry> after = entries(LogReader.open(data));
    for (int i = 0; i < ENTRIES; i++) {
      assertThat(after.get(i).bytes()).isEqualTo(before.get(i).bytes());
    }
    assertThat(after.getLast().decode().event()).isEqualTo(event);
  }
}
