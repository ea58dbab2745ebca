package io.tallystick.tlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TilePathTest {
  @Test
  void writesThePathsOfTheSpecification() {
    assertThat(new Tile(0, 1_234_067, 256).format()).isEqualTo("0/x001/x234/067");
    assertThat(new Tile(1, 0, 1).format()).isEqualTo("1/000.p/1");
    assertThat(new Tile(63, 999, 255).format()).isEqualTo("63/999.p/255");
    assertThat(new EntryBundle(1000, 256).format()).isEqualTo("entries/x001/000");
    assertThat(new EntryBundle(7, 5).format()).isEqualTo("entries/007.p/5");
    assertThat(new EntryBundle(TileSyntax.MAX_INDEX, 256).format())
        .isEqualTo("entries/x036/x028/x797/x018/x963/967");
  }

  @Test
  void readsWhatItWrites() {
    Random random = new Random(19);
    for (int i = 0; i < 20_000; i++) {
      long index = random.nextLong(TileSyntax.MAX_INDEX + 1) >> random.nextInt(55);
      int width = 1 + random.nextInt(256);
      Tile tile = new Tile(random.nextInt(64), index, width);
      EntryBundle bundle = new EntryBundle(index, width);
      assertThat(TilePath.parse(tile.format())).contains(tile);
      assertThat(TilePath.parse(bundle.format())).contains(bundle);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "0/",
        "/0/000",
        "0/000/",
        "0//000",
        "0/0",
        "0/00",
        "0/0000",
        "0/1234",
        "0/x000/001",
        "0/001/002",
        "0/x001/x002",
        "0/x001",
        "0/X001/002",
        "0/x1/002",
        "0/x001\\002",
        "00/000",
        "01/000",
        "64/000",
        "100/000",
        "-1/000",
        "+1/000",
        "٠/000",
        "0/٠٠٠",
        "0/000.p",
        "0/000.p/",
        "0/000.p/0",
        "0/000.p/00",
        "0/000.p/01",
        "0/000.p/256",
        "0/000.p/257",
        "0/000.p/1000",
        "0/000.p/-1",
        "0/000.p/1/",
        "0/000.p/1.p/1",
        "0/000.P/1",
        "0/000p/1",
        "0/../000",
        "0/%30%30%30",
        " 0/000",
        "0/000 ",
        "0/000\n",
        "0/000?",
        "entries",
        "entries/",
        "Entries/000",
        "entries/0/000",
        "checkpoint",
        "0/x036/x028/x797/x018/x963/968",
        "0/x999/x999/x999/x999/x999/999",
        "0/x001/x000/x000/x000/x000/x000/000",
        "0/x000/x036/x028/x797/x018/x963/967"
      })
  void refusesEveryOtherPath(String path) {
    assertThat(TilePath.parse(path)).isEmpty();
  }

  @Test
  void knowsWhatATreeHas() {
    // The example of the specification: 70,000 leaves.
    assertThat(new Tile(0, 272, 256).existsIn(70_000)).isTrue();
    assertThat(new Tile(0, 273, 112).existsIn(70_000)).isTrue();
    assertThat(new Tile(0, 273, 113).existsIn(70_000)).isFalse();
    assertThat(new Tile(0, 274, 1).existsIn(70_000)).isFalse();
    assertThat(new Tile(1, 0, 256).existsIn(70_000)).isTrue();
    assertThat(new Tile(1, 1, 17).existsIn(70_000)).isTrue();
    assertThat(new Tile(1, 1, 18).existsIn(70_000)).isFalse();
    assertThat(new Tile(2, 0, 1).existsIn(70_000)).isTrue();
    assertThat(new Tile(3, 0, 1).existsIn(70_000)).isFalse();
    assertThat(new EntryBundle(273, 112).existsIn(70_000)).isTrue();
    assertThat(new EntryBundle(273, 113).existsIn(70_000)).isFalse();
    assertThat(Tile.partial(70_000))
        .containsExactly(new Tile(2, 0, 1), new Tile(1, 1, 17), new Tile(0, 273, 112));
  }

  @Test
  void keepsEveryPartialTileOfAFullOne() {
    for (int width = 1; width <= 256; width++) {
      assertThat(new Tile(0, 0, width).existsIn(300)).isTrue();
      assertThat(new EntryBundle(0, width).existsIn(300)).isTrue();
    }
  }

  @Test
  void hasNoEmptyTile() {
    assertThat(Tile.partial(256)).containsExactly(new Tile(1, 0, 1));
    assertThat(new Tile(0, 0, 1).existsIn(0)).isFalse();
    assertThat(Tile.partial(0)).isEmpty();
    assertThatIllegalArgumentException().isThrownBy(() -> new Tile(0, 0, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> new EntryBundle(0, 257));
    assertThatIllegalArgumentException().isThrownBy(() -> new Tile(64, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Tile(-1, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Tile(0, -1, 1));
  }

  @Test
  void countsToTheLargestTree() {
    assertThat(new Tile(7, 0, 127).existsIn(Long.MAX_VALUE)).isTrue();
    assertThat(new Tile(7, 0, 128).existsIn(Long.MAX_VALUE)).isFalse();
    assertThat(new Tile(8, 0, 1).existsIn(Long.MAX_VALUE)).isFalse();
    assertThat(new Tile(63, 0, 1).existsIn(Long.MAX_VALUE)).isFalse();
    assertThat(new Tile(0, TileSyntax.MAX_INDEX, 255).existsIn(Long.MAX_VALUE)).isTrue();
    assertThat(new Tile(0, TileSyntax.MAX_INDEX, 256).existsIn(Long.MAX_VALUE)).isFalse();
  }
}
