package io.tallystick.store.log;

/**
 * A fault that verification found.
 *
 * @param id the entry at which it was found; for a block, the block's first entry; 0 for the log as
 *     a whole
 * @param kind the kind of fault
 * @param reason a sentence for people, without its full stop
 */
public record Fault(long id, Kind kind, String reason) {
  /** The fault of a log that ends with entry {@code last}, although it should hold {@code due}. */
  public static Fault missing(long last, long due) {
    return new Fault(
        last + 1,
        Kind.SEQUENCE,
        last + 1 == due
            ? "entry " + due + " is missing: the log ends before it"
            : "entries " + (last + 1) + " to " + due + " are missing: the log ends before them");
  }

  /** Kinds of fault. */
  public enum Kind {
    /** A block's bytes are not those that were written: its checksum or its lengths are wrong. */
    BLOCK,
    /** Part of a segment can't be read, or a file should not be there. */
    SEGMENT,
    /** The entry's bytes are not an entry. */
    CONTENT,
    /** The entry's {@code previous_hash} is not the hash of the entry before it. */
    CHAIN,
    /** Entries are missing, repeated or out of order. */
    SEQUENCE,
    /** The entry is not later than the one before it. */
    TIME,
    /** The entries are not those that a checkpoint sealed. */
    TREE,
    /** A tile of the tree is missing or was changed; it can be rebuilt from the entries. */
    TILE,
    /** A checkpoint is not signed by a key of this log, or contradicts the log or another one. */
    CHECKPOINT;

    /** The kind in lower case, as the API and the command line show it. */
    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }
}
