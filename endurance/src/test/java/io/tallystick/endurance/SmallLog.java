package io.tallystick.endurance;

import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditIndex;
import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A log that has a file of every kind and as few bytes as that takes: a full tile, most of whose
 * entries retention purged, an archive, a horizon, two segments, an index, keys, kept checkpoints
 * and one that a witness signed. The first entry of each day has personal values, of which some
 * were erased.
 */
final class SmallLog {
  private static final int PAGE = 4_096;
  private static final LogConfig CONFIG = LogConfig.builder().origin("example.org/small").build();

  private SmallLog() {}

  /** How the log is opened on the n-th of its four days. */
  static LogConfig day(int n) {
    Instant time = Instant.parse("2026-05-0" + n + "T10:10:00Z");
    return CONFIG.toBuilder().clock(Clock.fixed(time, ZoneOffset.UTC)).build();
  }

  /** How it is opened half an hour after its last entry, in the same hour. */
  static LogConfig later() {
    Instant time = Instant.parse("2026-05-04T10:40:00Z");
    return CONFIG.toBuilder().clock(Clock.fixed(time, ZoneOffset.UTC)).build();
  }

  /** Makes it. */
  static void make(Path data, SignerKey witness) throws Exception {
    append(data, 1, 250);
    append(data, 2, 6);
    try (AuditLog log = AuditLog.open(data, day(3))) {
      log.append(events(4), null).get();
      log.reader().tree().keep(log.seal().get());
      Retention retention = new Retention(log);
      List<Retention.Batch> old =
          retention.plan(Instant.parse("2026-05-03T00:00:00Z"), Long.MAX_VALUE);
      retention.remove(old.get(0), Retention.Mode.PURGE, null);
      retention.remove(old.get(1), Retention.Mode.ARCHIVE, "operator");
    }
    try (AuditLog log = AuditLog.open(data, day(4))) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      KeyAdministration administration = new KeyAdministration(log, keys);
      administration.createFirst(log.reader().directory().adminKey());
      administration.create("other", List.of(Permission.ADMIN_AUDIT), null, Actor.SERVER);
      log.append(events(4), "other").get();
      // One that is archived, and one that is not.
      List<Erasure.Ids> ids = List.of(new Erasure.Ids(252, 252), new Erasure.Ids(258, 258));
      log.erase(Erasure.events(ids, PersonalField.of(List.of("actor_id")), "r", "dpo", false));
      SignedCheckpoint sealed = log.seal().get();
      log.reader()
          .tree()
          .publishCosigned(
              sealed.with(
                  SignedNote.sign(sealed.checkpoint().text(), List.of(witness), Instant.EPOCH)
                      .signatures()));
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        index.awaitIndexed(log.lastId());
      }
    }
    for (Path segment : segments(data)) {
      cutZeros(segment);
    }
  }

  static SignerKey witness() {
    return SignerKey.generate(
        "example.org/witness", KeyType.ED25519_COSIGNATURE, new SecureRandom());
  }

  private static void append(Path data, int day, int entries) throws Exception {
    try (AuditLog log = AuditLog.open(data, day(day))) {
      log.append(events(entries), null).get();
    }
  }

  private static List<Event> events(int count) {
    Event event =
        Event.builder("auth.login.failed").actorId(7L).actorIp("192.0.2.1").action("a").build();
    List<Event> events = new ArrayList<>(Collections.nCopies(count, event));
    events.set(0, event.withPersonal(PersonalField.of(List.of("actor_id", "actor_ip"))));
    return events;
  }

  static List<Path> segments(Path data) throws IOException {
    try (var files = Files.list(data.resolve("segments"))) {
      return files.filter(file -> file.toString().endsWith(".cq4")).sorted().toList();
    }
  }

  /** Leaves a page of the zeros after the last block, of which there may be 64 MiB. */
  static void cutZeros(Path segment) throws IOException {
    try (FileChannel channel =
        FileChannel.open(segment, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), 1 << 20));
      channel.read(bytes, 0);
      int end = bytes.position();
      while (end > 0 && bytes.get(end - 1) == 0) {
        end--;
      }
      channel.truncate((end + 2L * PAGE - 1) / PAGE * PAGE);
    }
  }

  /** Copies it, or what is missing or was changed of a copy. */
  static void copy(Path data, Path copy) throws IOException {
    try (var files = Files.walk(data)) {
      for (Path file : files.toList()) {
        Path to = copy.resolve(data.relativize(file).toString());
        if (Files.isDirectory(file)) {
          OwnerOnly.createDirectories(to);
        } else {
          copyFile(file, to);
        }
      }
    }
  }

  static void copyFile(Path file, Path to) throws IOException {
    Files.copy(
        file,
        to,
        java.nio.file.StandardCopyOption.COPY_ATTRIBUTES,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var files = Files.walk(folder)) {
        for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
