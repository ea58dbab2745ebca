package io.tallystick.service.access;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.InvalidEntryException;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.IndexException;
import io.tallystick.service.Actor;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Futures;
import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.log.LogException;
import io.tallystick.store.log.StoredEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes to a log's keys, each of which is an entry of the log. Safe for any number of threads.
 */
public final class KeyAdministration {
  private static final Logger LOG = LoggerFactory.getLogger(KeyAdministration.class);
  private static final String FIRST_KEY = "admin";
  private static final String CREATED = "api_key.created";

  private final AuditLog log;
  private final AccessKeys keys;
  private final ReentrantLock revoking = new ReentrantLock();

  public KeyAdministration(AuditLog log, AccessKeys keys) {
    this.log = log;
    this.keys = keys;
  }

  /** Makes a key without limits that is strict, see the other one. */
  public AccessKeys.NewKey create(
      String name, Collection<Permission> permissions, @Nullable Instant expiresAt, Actor actor)
      throws IOException, InterruptedException {
    return create(KeySpec.of(name, permissions, expiresAt), actor);
  }

  /**
   * Makes a key. The entry {@code api_key.created} is acknowledged before the key is good.
   *
   * @throws InvalidParameterException if the name or the expiry is invalid
   * @throws LogException if the entry could not be appended; there is no key then
   */
  public AccessKeys.NewKey create(KeySpec wanted, Actor actor)
      throws IOException, InterruptedException {
    AccessKeys.NewKey made = keys.make(wanted);
    append(CREATED, made.key(), actor);
    keys.add(made);
    return made;
  }

  /**
   * Revokes a key. It is refused before the entry {@code api_key.revoked} is appended, so that a
   * full disk keeps no key alive. Whatever fails is done when the key is revoked again.
   *
   * @return the key; empty if there is none with this id or it was revoked before
   * @throws LogException if the entry could not be appended; the key is revoked all the same
   * @throws IOException if the file of keys could not be written; the key is refused until the
   *     program ends
   */
  public Optional<AccessKey> revoke(String id, Actor actor)
      throws IOException, InterruptedException {
    revoking.lock();
    try {
      Optional<AccessKey> revoked = keys.revoke(id);
      if (revoked.isPresent()) {
        append("api_key.revoked", revoked.get(), actor);
        keys.revoked(id);
      }
      return revoked;
    } finally {
      revoking.unlock();
    }
  }

  /**
   * Makes a key with every permission if there is no key yet, and leaves it in this file with mode
   * 0600.
   *
   * @return whether it did
   */
  public boolean createFirst(Path file) throws IOException, InterruptedException {
    if (!keys.list().isEmpty()) {
      return false;
    }
    AccessKeys.NewKey made = keys.make(FIRST_KEY, EnumSet.allOf(Permission.class), null);
    append(CREATED, made.key(), Actor.SERVER);
    AtomicFile.write(file, (made.text() + "\n").getBytes(StandardCharsets.US_ASCII));
    keys.add(made);
    return true;
  }

  /**
   * Refuses a log whose entries name keys that it does not have: their file was lost, and a first
   * key would hide that. One entry without a key is what a crash may leave when the first key is
   * made. While the index can't answer, the log itself is read.
   *
   * @throws IOException if the file of keys is gone
   */
  public void checkNotLost(AuditIndex index) throws IOException, InterruptedException {
    if (!keys.list().isEmpty()) {
      // The index may be catching up, and nothing else at the start needs it.
      return;
    }
    if (recordsSeveralKeys(index)) {
      throw new IOException(
          "access.json is missing, although the log records that several keys were made; put it"
              + " back from a backup, or make a key with \"tally keys create\"");
    }
  }

  private boolean recordsSeveralKeys(AuditIndex index) throws IOException, InterruptedException {
    try {
      return index.count(
              AuditQuery.builder()
                  .eventTypes(List.of(CREATED))
                  .text(EntryField.SOURCE, Entry.LOG)
                  .build())
          > 1;
    } catch (IndexException e) {
      // A large index takes longer to build than a server may take to start.
      LOG.info("looking for keys in the log itself: {}", e.getMessage());
      AtomicInteger found = new AtomicInteger();
      log.reader()
          .forEach(
              log.reader().firstId(),
              log.lastId(),
              entry -> !isCreation(entry) || found.incrementAndGet() < 2);
      return found.get() > 1;
    }
  }

  private static boolean isCreation(StoredEntry entry) {
    try {
      Entry decoded = entry.decode();
      // Clients may send events of this type too.
      return decoded.source() == null && decoded.event().eventType().equals(CREATED);
    } catch (InvalidEntryException e) {
      // The index has no type for it either.
      return false;
    }
  }

  private void append(String eventType, AccessKey key, Actor actor)
      throws IOException, InterruptedException {
    Event event =
        Event.builder(eventType)
            .actorUsername(actor.name())
            .actorIp(actor.address())
            .targetType("api_key")
            .targetId(key.id())
            .details(details(key, actor))
            .build();
    Futures.from(log.append(event));
  }

  private static Details details(AccessKey key, Actor actor) throws IOException {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    try (JsonGenerator out = AnswerJson.generator(json)) {
      out.writeStartObject();
      out.writeStringField("name", key.name());
      out.writeArrayFieldStart("permissions");
      for (Permission permission : key.permissions().stream().sorted().toList()) {
        out.writeString(permission.toString());
      }
      out.writeEndArray();
      if (key.lenient()) {
        out.writeBooleanField("lenient", true);
      }
      if (!key.only().isAll()) {
        out.writePOJOField("only", KeyInfo.only(key.only()));
      }
      if (!key.stamp().isEmpty()) {
        out.writePOJOField("stamp", KeyInfo.stamp(key));
      }
      if (!key.personal().isEmpty()) {
        out.writeArrayFieldStart("personal");
        for (PersonalField field : key.personal()) {
          out.writeString(field.toString());
        }
        out.writeEndArray();
      }
      if (key.expiresAt() != null) {
        out.writeStringField("expires_at", key.expiresAt().toString());
      }
      if (actor.local()) {
        out.writeBooleanField("local", true);
      }
      out.writeEndObject();
    }
    return Details.parse(json.toString(StandardCharsets.UTF_8));
  }
}
