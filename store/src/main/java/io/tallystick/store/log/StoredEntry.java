package io.tallystick.store.log;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.tlog.Hash;

/** The exact bytes of one entry, as they are in the log. */
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

  /** One line of canonical JSON without a line end; not copied, not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** The entry hash, which is the leaf hash of the tree too. */
  public Hash hash() {
    return EntryHash.of(bytes);
  }

  /**
   * The fields.
   *
   * @throws io.tallystick.entry.InvalidEntryException if the bytes are not a canonical entry
   */
  public Entry decode() {
    return EntryCodec.decode(bytes);
  }
}
