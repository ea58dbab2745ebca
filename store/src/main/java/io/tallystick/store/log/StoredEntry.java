package io.tallystick.store.log;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.tlog.Hash;

/** One entry with its exact bytes in the log. Immutable, as long as nobody changes the bytes. */
public final class StoredEntry {
  private final long id;
  private final byte[] bytes;

  public StoredEntry(long id, byte[] bytes) {
    this.id = id;
    this.bytes = bytes;
  }

  public long id() {
    return id;
  }

  /** One line of canonical JSON without a line end; not copied, so do not change it. */
  public byte[] bytes() {
    return bytes;
  }

  /** The entry hash, which is also its leaf hash in the tree. */
  public Hash hash() {
    return EntryHash.of(bytes);
  }

  /**
   * Decodes the fields.
   *
   * @throws io.tallystick.entry.InvalidEntryException if the bytes are not a canonical entry
   */
  public Entry decode() {
    return EntryCodec.decode(bytes);
  }
}
