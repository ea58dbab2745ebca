package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TileHashReaderTest {
  private static final int MAX_SIZE = 70_000;
  private static final NaiveTree TREE = NaiveTree.ofSize(MAX_SIZE);

  private final Hasher hasher = new Hasher();

  /** The tiles of the naive tree, and the names of those that were read. */
  private static final class Tiles implements TileHashReader.Source {
    final List<Tile> read = new ArrayList<>();

    @Override
    public byte[] read(Tile tile) {
      read.add(tile);
      byte[] bytes = new byte[tile.bytes()];
      int leaves = 1 << (8 * tile.level());
      for (int i = 0; i < tile.width(); i++) {
        int start = (int) (tile.index() * 256 + i) * leaves;
        TREE.mth(start, start + leaves).copyTo(bytes, i * Hash.BYTES);
      }
      return bytes;
    }
  }

  private TileHashReader reader(int size, TileHashReader.Source source) {
    return new TileHashReader(size, TREE.root(size), source, hasher);
  }

  @Test
  void readsEveryNode() throws IOException {
    for (int size :
        new int[] {0, 1, 2, 255, 256, 257, 511, 512, 513, 1000, 65_535, 65_536, 65_537}) {
      TileHashReader reader = reader(size, new Tiles());
      for (int level = 0; 1 << level <= size; level++) {
        List<Node> nodes = new ArrayList<>();
        for (long i = 0; i < size >> level; i += 1 + (size >> (level + 6))) {
          nodes.add(new Node(level, i));
        }
        assertThat(reader.read(nodes)).isEqualTo(TREE.read(nodes));
      }
    }
  }

  @Test
  void provesFromTiles() throws Exception {
    Random random = new Random(7);
    ProofVerifier verifier = new ProofVerifier(hasher);
    for (int i = 0; i < 200; i++) {
      int size = 1 + random.nextInt(MAX_SIZE);
      int index = random.nextInt(size);
      Hash root = TREE.root(size);
      ProofBuilder builder = new ProofBuilder(reader(size, new Tiles()), hasher);
      verifier.inclusion(TREE.leaf(index), index, builder.inclusion(index, size), size, root);
      verifier.consistency(index, TREE.root(index), builder.consistency(index, size), size, root);
    }
  }

  @Test
  void readsFewTilesAndEachOnce() throws IOException {
    Tiles tiles = new Tiles();
    ProofBuilder builder = new ProofBuilder(reader(MAX_SIZE, tiles), hasher);
    builder.inclusion(12_345, MAX_SIZE);
    builder.inclusion(12_346, MAX_SIZE);
    assertThat(tiles.read)
        .containsExactlyInAnyOrder(
            new Tile(2, 0, 1),
            new Tile(1, 1, 17),
            new Tile(0, 273, 112),
            new Tile(1, 0, 256),
            new Tile(0, 48, 256));
  }

  @Test
  void forgetsFullTilesThatWereNotUsedLately() throws IOException {
    Tiles tiles = new Tiles();
    TileHashReader reader = reader(MAX_SIZE, tiles);
    for (int round = 0; round < 2; round++) {
      for (long i = 0; i < MAX_SIZE; i += 256) {
        assertThat(reader.read(List.of(new Node(0, i)))).containsExactly(TREE.leaf((int) i));
      }
    }
    assertThat(tiles.read).hasSizeGreaterThan(273 + 4);
  }

  @Test
  void givesNothingFromATileWithOneWrongBit() {
    Random random = new Random(8);
    for (Tile bad :
        List.of(
            new Tile(2, 0, 1),
            new Tile(1, 1, 17),
            new Tile(0, 273, 112),
            new Tile(1, 0, 256),
            new Tile(0, 48, 256))) {
      for (int i = 0; i < 50; i++) {
        int bit = random.nextInt(8 * bad.bytes());
        assertCorrupt(tile -> {
          byte[] bytes = new Tiles().read(tile);
          return tile.equals(bad) ? Flip.bit(bytes, bit) : bytes;
        });
      }
    }
  }

  @Test
  void givesNothingFromATileOfTheWrongLength() {
    assertCorrupt(tile -> Arrays.copyOf(new Tiles().read(tile), tile.bytes() - 32));
    assertCorrupt(tile -> Arrays.copyOf(new Tiles().read(tile), tile.bytes() + 32));
    assertCorrupt(tile -> Arrays.copyOf(new Tiles().read(tile), tile.bytes() + 1));
    assertCorrupt(tile -> new byte[0]);
  }

  @Test
  void givesNothingFromAnotherTile() {
    assertCorrupt(
        tile -> new Tiles().read(tile.equals(new Tile(0, 48, 256)) ? new Tile(0, 49, 256) : tile));
  }

  @Test
  void givesNothingUnderAnotherRoot() {
    for (int size : new int[] {1, 300, 512}) {
      TileHashReader reader = new TileHashReader(size, TREE.root(size + 1), new Tiles(), hasher);
      assertThatExceptionOfType(CorruptTileException.class)
          .isThrownBy(() -> reader.read(List.of(new Node(0, 0))));
    }
  }

  @Test
  void triesAgainAfterAFailure() throws IOException {
    boolean[] failed = {false};
    TileHashReader reader =
        reader(
            MAX_SIZE,
            tile -> {
              if (tile.level() == 1 && !failed[0]) {
                failed[0] = true;
                throw new IOException("no answer");
              }
              return new Tiles().read(tile);
            });
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> reader.read(List.of(new Node(0, 5))));
    assertThat(reader.read(List.of(new Node(0, 5)))).containsExactly(TREE.leaf(5));
  }

  @Test
  void refusesNodesOutsideTheTree() {
    TileHashReader reader = reader(300, new Tiles());
    for (Node node : List.of(new Node(0, 300), new Node(8, 1), new Node(9, 0), new Node(62, 0))) {
      assertThatIllegalArgumentException().isThrownBy(() -> reader.read(List.of(node)));
    }
  }

  private void assertCorrupt(TileHashReader.Source source) {
    TileHashReader reader = reader(MAX_SIZE, source);
    assertThatExceptionOfType(CorruptTileException.class)
        .isThrownBy(() -> reader.read(List.of(new Node(0, 48 * 256 + 5))));
  }
}
