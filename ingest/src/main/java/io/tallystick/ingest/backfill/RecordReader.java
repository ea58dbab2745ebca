package io.tallystick.ingest.backfill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;

/** Reads one kind of file. Safe for any number of threads. */
public interface RecordReader {
  /** Receives what is read. */
  interface Receiver {
    /** The next record. */
    void record(SourceRecord record) throws InterruptedException;

    /**
     * A sentence that whoever imports the file should read.
     *
     * @param fault whether the file is not what it should be
     */
    void note(String sentence, boolean fault);

    /** That so many bytes more of the file were read. */
    void progress(long bytes);

    /** That so many records were passed over because they are no audit events. */
    void passedOver(long records);

    /** That so many records were passed over because they are not wanted any more. */
    void doneBefore(long records);
  }

  /**
   * By what the file is known again, wherever it lies, and also when it has grown.
   *
   * @param known identities of files that were read before
   * @return one of those, or a new one
   * @throws UnreadableFileException if it is not such a file
   */
  FileIdentity identify(Path file, Collection<FileIdentity> known) throws IOException;

  /**
   * Reads the records of a file in their order.
   *
   * @param identity of the file, for ids of records that have none of their own
   * @param after the position of the last record that is not wanted; 0 for all
   * @throws UnreadableFileException if it is no such file, or is damaged; the records before the
   *     damage were received
   */
  void read(Path file, FileIdentity identity, long after, Receiver receiver)
      throws IOException, InterruptedException;
}
