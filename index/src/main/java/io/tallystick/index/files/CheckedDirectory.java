package io.tallystick.index.files;

import java.io.IOException;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.store.ChecksumIndexInput;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;

/**
 * Checks the checksum of a file that Lucene reads as a whole before Lucene does. Lucene compares it
 * at the end, and allocates by the lengths in the file before: a damaged one of two gigabytes is an
 * {@link OutOfMemoryError}, which ends the process, and not a damaged index, which is rebuilt.
 *
 * <p>Compound files are checked when they are opened, because there are such files in them. Damage
 * is a {@link org.apache.lucene.index.CorruptIndexException}. As safe for threads as the directory
 * that it reads.
 */
public final class CheckedDirectory extends FilterDirectory {
  private static final String COMPOUND = ".cfs";

  /** The files of this directory. */
  public CheckedDirectory(Directory files) {
    super(files);
  }

  @Override
  public ChecksumIndexInput openChecksumInput(String name) throws IOException {
    check(name);
    return super.openChecksumInput(name);
  }

  @Override
  public IndexInput openInput(String name, IOContext context) throws IOException {
    if (name.endsWith(COMPOUND)) {
      check(name);
    }
    return super.openInput(name, context);
  }

  private void check(String name) throws IOException {
    try (IndexInput file = in.openInput(name, IOContext.READONCE)) {
      CodecUtil.checksumEntireFile(file);
    }
  }
}
