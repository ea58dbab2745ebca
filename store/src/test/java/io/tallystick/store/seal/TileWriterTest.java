package io.tallystick.store.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.store.log.DataDirectory;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TilePath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tiles on their way to the device. The kernel reports a failed write-back once, to descriptors
 * that were open when it failed; so a file that is closed before its fsync can lose its data
 * without an error.
 */
class TileWriterTest {
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

  @TempDir Path directory;
  private DataDirectory data;

  @BeforeEach
  void open() throws Exception {
    data = new DataDirectory(directory.toRealPath());
    data.create();
  }

  private long openTiles() throws IOException {
    long open = 0;
    try (var files = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path file : files) {
        if (isTile(file)) {
          open++;
        }
      }
    }
    return open;
  }

  private boolean isTile(Path descriptor) throws IOException {
    try {
      return Files.readSymbolicLink(descriptor).startsWith(data.tiles());
    } catch (NoSuchFileException e) {
      // It was closed meanwhile.
      return false;
    }
  }

  private static void write(TileFiles.Writer tiles, long from, long to) throws IOException {
    for (long index = from; index < to; index++) {
      tiles.full(
          new Tile(0, index, TilePath.FULL_WIDTH), new byte[TilePath.FULL_WIDTH * Hash.BYTES]);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 50})
  void aTileStaysOpenUntilItIsForced(int count) throws Exception {
    assumeTrue(Files.isDirectory(DESCRIPTORS), "there is no /proc here");
    TileFiles.Writer tiles = new TileFiles(data).new Writer();
    write(tiles, 0, count);
    assertThat(openTiles()).isGreaterThanOrEqualTo(count);
    tiles.force();
    assertThat(openTiles()).isLessThanOrEqualTo(1);
    for (long index = 0; index < count; index++) {
      byte[] hashes = new TileFiles(data).read(new Tile(0, index, TilePath.FULL_WIDTH));
      assertThat(hashes).hasSize(TilePath.FULL_WIDTH * Hash.BYTES);
    }
  }

  @Test
  void manyTilesAreForcedBeforeTheDescriptorsRunOut() throws Exception {
    assumeTrue(Files.isDirectory(DESCRIPTORS), "there is no /proc here");
    TileFiles.Writer tiles = new TileFiles(data).new Writer();
    for (int i = 0; i < 10; i++) {
      write(tiles, 100L * i, 100L * (i + 1));
      assertThat(openTiles()).isBetween(1L, 260L);
    }
    tiles.force();
    assertThat(openTiles()).isLessThanOrEqualTo(1);
  }
}
