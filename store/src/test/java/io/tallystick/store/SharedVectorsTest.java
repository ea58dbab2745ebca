package io.tallystick.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryCodec;
import io.tallystick.entry.EntryHash;
import io.tallystick.store.log.Nanos;
import io.tallystick.store.segment.Block;
import io.tallystick.store.segment.BlockBuilder;
import io.tallystick.tlog.Hash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The block and entries that the format's description publishes, where they lie beside the project.
 */
class SharedVectorsTest {
  private JsonNode vectors = new ObjectMapper().createObjectNode();

  @BeforeEach
  void read() throws IOException {
    Path file = Path.of("../../shared/vectors/log.json");
    assumeTrue(Files.exists(file), "no published vectors beside the project");
    vectors = new ObjectMapper().readTree(file.toFile());
  }

  @Test
  void theEntriesAndTheirHashesAreAsPublished() {
    Hash previous = EntryHash.genesis(vectors.get("origin").asText());
    assertThat(previous).hasToString(vectors.get("genesis_previous_hash").asText());
    for (JsonNode vector : vectors.get("entries")) {
      byte[] bytes = Base64.getDecoder().decode(vector.get("bytes_base64").asText());
      Entry entry = EntryCodec.decode(bytes);
      assertThat(entry.previousHash()).isEqualTo(previous);
      assertThat(EntryCodec.encode(entry)).isEqualTo(bytes);
      previous = EntryHash.of(bytes);
      assertThat(previous).hasToString(vector.get("hash").asText());
    }
  }

  @Test
  void theBlockIsReadAndWrittenByteForByte() throws Exception {
    byte[] published = HexFormat.of().parseHex(vectors.get("block_hex").asText());
    Block block = new Block(published);
    assertThat(block.defect()).isNull();
    assertThat(block.firstId()).isEqualTo(1);
    BlockBuilder builder =
        new BlockBuilder(
            0,
            EntryHash.genesis(vectors.get("origin").asText()),
            0,
            MessageDigest.getInstance("SHA-256"));
    for (int i = 0; i < block.count(); i++) {
      Entry entry = EntryCodec.decode(block.entry(i));
      byte[] body = EntryCodec.encodeBody(entry.event(), entry.source());
      builder.add(new byte[][] {body}, Nanos.of(entry.timestamp()));
    }
    ByteBuffer written = builder.finish();
    byte[] bytes = new byte[written.remaining() - BlockBuilder.TRAILING_ZEROS];
    written.get(bytes);
    assertThat(bytes).isEqualTo(published);
  }
}
