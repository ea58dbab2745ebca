package io.tallystick.store.seal;

import io.tallystick.store.files.AtomicFile;
import io.tallystick.store.files.BatchSync;
import io.tallystick.store.files.NoSpaceException;
import io.tallystick.store.files.OwnerOnly;
import io.tallystick.store.log.DataDirectory;
import io.tallystick.tlog.CorruptTileException;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.RightEdge;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TileHashReader;
import io.tallystick.tlog.TilePath;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The tree on disk: one file for each full tile, and one for the partial tiles of the right edge,
 * so that a reader in another process computes no more hashes than the writer. The files prove
 * nothing by themselves: readers check them against a checkpoint's root. Safe for any number of
 * threads.
 *
 * <pre>
 *   tiles/L/N     256 × 32 bytes, written once
 *   edge          big-endian i64 number of leaves, then the partial tiles from the highest level down;
 *                 replaced before each checkpoint, so it is never behind it
 * </pre>
 */
public final class TileFiles implements TileHashReader.Source {
  private final Path root;
  private final Path edgeFile;

  public TileFiles(DataDirectory directory) {
    this.root = directory.tiles();
    this.edgeFile = directory.edge();
  }

  private Path file(Tile tile) {
    return root.resolve(new Tile(tile.level(), tile.index(), TilePath.FULL_WIDTH).format());
  }

  /**
   * Reads a tile's hashes, from its own file or from the right edge.
   *
   * @throws CorruptTileException if the tile is in neither, or its file has a wrong size
   */
  @Override
  public byte[] read(Tile tile) throws IOException {
    byte @Nullable [] hashes;
    try {
      hashes = Files.readAllBytes(file(tile));
    } catch (NoSuchFileException e) {
      hashes = null;
    }
    if (hashes == null || hashes.length != TilePath.FULL_WIDTH * Hash.BYTES) {
      // The file may be half written; until a checkpoint covers the tile, the edge has it.
      byte[] atEdge = tile.width() == TilePath.FULL_WIDTH ? null : readEdge(tile);
      if (atEdge != null) {
        return atEdge;
      }
      throw new CorruptTileException(
          hashes == null
              ? "tile " + tile.format() + " is missing"
              : "the file of tile " + tile.format() + " has " + hashes.length + " bytes, not 8192");
    }
    return tile.width() == TilePath.FULL_WIDTH ? hashes : Arrays.copyOf(hashes, tile.bytes());
  }

  /**
   * Checks that the first and the last full tile of each level exist, which detects a missing
   * folder. Verification checks the content of all tiles.
   *
   * @throws CorruptTileException if one is missing
   */
  void checkEnds(long size) throws CorruptTileException {
    long full = size / TilePath.FULL_WIDTH;
    for (int level = 0; full > 0; level++, full /= TilePath.FULL_WIDTH) {
      for (long index : new long[] {0, full - 1}) {
        Tile tile = new Tile(level, index, TilePath.FULL_WIDTH);
        if (!Files.exists(file(tile))) {
          throw new CorruptTileException("tile " + tile.format() + " is missing");
        }
      }
    }
  }

  private byte @Nullable [] readEdge(Tile tile) throws IOException {
    Optional<RightEdge> edge = readEdge(new Hasher());
    return edge.isEmpty() ? null : edge.get().read(tile);
  }

  /** Reads the right edge; empty if the file is missing or invalid. */
  Optional<RightEdge> readEdge(Hasher hasher) throws IOException {
    byte[] file;
    try {
      file = Files.readAllBytes(edgeFile);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (file.length < Long.BYTES) {
      return Optional.empty();
    }
    long size = ByteBuffer.wrap(file).getLong();
    if (size < 0) {
      return Optional.empty();
    }
    try {
      byte[] hashes = Arrays.copyOfRange(file, Long.BYTES, file.length);
      return Optional.of(RightEdge.of(size, hashes, hasher));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  void writeEdge(RightEdge edge) throws IOException {
    byte[] hashes = edge.toBytes();
    ByteBuffer file = ByteBuffer.allocate(Long.BYTES + hashes.length);
    file.putLong(edge.size()).put(hashes);
    AtomicFile.write(edgeFile, file.array());
  }

  /** Writes full tiles and makes them durable together. Owned by one thread. */
  final class Writer implements RightEdge.TileSink, Closeable {
    private final BatchSync unforced = new BatchSync(root);

    /** Tiles for which there was no room. */
    private final Map<Tile, byte[]> delayed = new LinkedHashMap<>();

    private boolean rootExists;

    /** If there is no room for the tile, it waits for {@link #writeDelayed}. */
    @Override
    public void full(Tile tile, byte[] hashes) throws IOException {
      try {
        writeTile(tile, hashes);
      } catch (NoSpaceException e) {
        delayed.put(tile, hashes);
      }
    }

    boolean hasDelayed() {
      return !delayed.isEmpty();
    }

    /**
     * Writes the tiles for which there was no room.
     *
     * @throws NoSpaceException if there still is no room; the next call may succeed
     */
    void writeDelayed() throws IOException {
      for (Iterator<Map.Entry<Tile, byte[]>> i = delayed.entrySet().iterator(); i.hasNext(); ) {
        Map.Entry<Tile, byte[]> each = i.next();
        writeTile(each.getKey(), each.getValue());
        i.remove();
      }
    }

    private void writeTile(Tile tile, byte[] hashes) throws IOException {
      Path file = file(tile);
      if (!rootExists) {
        createDirectories(root);
        rootExists = true;
      }
      unforced.beforeWrite();
      FileChannel channel = open(file);
      try {
        ByteBuffer buffer = ByteBuffer.wrap(hashes);
        while (buffer.hasRemaining()) {
          channel.write(buffer);
        }
      } catch (IOException e) {
        channel.close();
        throw NoSpaceException.orElse(e, file, hashes.length);
      }
      unforced.written(file, channel);
    }

    /**
     * Without truncating what a writer before a crash left, which has the same content: ext4 makes
     * a file that was truncated durable when it is closed, which costs a millisecond each.
     */
    private FileChannel open(Path file) throws IOException {
      try {
        return OwnerOnly.open(file);
      } catch (NoSuchFileException e) {
        createDirectories(file.resolveSibling(""));
      } catch (IOException e) {
        throw NoSpaceException.orElse(e, root, 0);
      }
      try {
        return OwnerOnly.open(file);
      } catch (IOException e) {
        throw NoSpaceException.orElse(e, root, 0);
      }
    }

    private void createDirectories(Path directory) throws IOException {
      try {
        OwnerOnly.createDirectories(directory);
      } catch (IOException e) {
        throw NoSpaceException.orElse(e, root, 0);
      }
    }

    /**
     * Makes all tiles durable.
     *
     * @throws NoSpaceException if there is no room for them; the next call may succeed
     */
    void force() throws IOException {
      writeDelayed();
      unforced.force();
    }

    /** Closes all files, forced or not. */
    @Override
    public void close() throws IOException {
      unforced.close();
    }
  }
}
