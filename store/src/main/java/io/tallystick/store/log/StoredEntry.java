package io.tallystick.store.log;

import io.tallystick.entry.EncodedEvent;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.entry.PersonalValue;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.tlog.Hash;
import java.util.List;

/**
 * One entry with its exact bytes in the log, and the personal values that stand beside it.
 * Immutable, as long as nobody changes the bytes.
 */
public final class StoredEntry {
  private final long id;
  private final byte[] bytes;
  private final List<PersonalValue> personal;

  /** An entry without personal values. */
  public StoredEntry(long id, byte[] bytes) {
    this(id, bytes, List.of());
  }

  /** An entry with its personal values, in the order in which it names them. */
  public StoredEntry(long id, byte[] bytes, List<PersonalValue> personal) {
    this.id = id;
    this.bytes = bytes;
    this.personal = List.copyOf(personal);
  }

  public long id() {
    return id;
  }

  /** One line of canonical JSON without a line end; not copied, so do not change it. */
  public byte[] bytes() {
    return bytes;
  }

  /**
   * The personal values in the order in which the entry names them, unchecked: one that was erased
   * is zeros.
   */
  public List<PersonalValue> personal() {
    return personal;
  }

  /** Bytes that a block needs for the personal values. */
  public int personalBytes() {
    return new EncodedEvent(bytes, personal).personalBytes();
  }

  /** The entry hash, which is also its leaf hash in the tree. */
  public Hash hash() {
    return EntryHash.of(bytes);
  }

  /**
   * The entry with its personal values in their fields: what everybody shows, exports and indexes.
   *
   * @throws io.tallystick.entry.InvalidEntryException if the bytes are not a canonical entry, or a
   *     personal value is neither the one that was written nor erased
   */
  public ReadableEntry readable() {
    return ReadableEntry.of(decode(), personal);
  }

  /**
   * Decodes the fields as the log's hashes cover them: with commitments instead of personal values.
   *
   * @throws io.tallystick.entry.InvalidEntryException if the bytes are not a canonical entry
   */
  public Entry decode() {
    return EntryCodec.decode(bytes);
  }
}
