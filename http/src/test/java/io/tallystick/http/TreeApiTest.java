package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.access.Permission;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofVerifier;
import io.tallystick.tlog.TlogProof;
import java.io.ByteArrayInputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Proofs, checkpoints and tiles over HTTP. */
class TreeApiTest {
  @TempDir Path directory;
  private TestServer server;
  private String reader;
  private String writer;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(directory.resolve("log"), TestServer.CONFIG);
    reader = server.key(Permission.ADMIN_AUDIT);
    writer = server.key(Permission.AUDIT_APPEND);
    for (int i = 0; i < 6; i++) {
      server.append(
          writer,
          "["
              + "{\"event_type\":\"auth.logout\"},".repeat(99)
              + "{\"event_type\":\"auth.logout\"}]");
    }
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static Checkpoint verified(String note, List<VerifierKey> keys) throws Exception {
    return Checkpoint.open(SignedNote.parse(note.getBytes(StandardCharsets.UTF_8)), keys);
  }

  private List<VerifierKey> keys() throws Exception {
    List<VerifierKey> keys = new ArrayList<>();
    JsonNode log = server.json("/api/audit/log", reader);
    log.get("verifier_keys").forEach(key -> keys.add(VerifierKey.parse(key.asText())));
    return keys;
  }

  @Test
  void anEntryIsProvedUpToTheSignature() throws Exception {
    long last = server.log.lastId();
    for (long id : List.of(1L, 2L, 256L, 257L, last)) {
      HttpResponse<String> answer = server.get("/api/audit/entries/" + id + "/proof", reader);
      TlogProof proof = TlogProof.parse(answer.body().getBytes(StandardCharsets.UTF_8));
      Checkpoint checkpoint = verified(proof.checkpoint(), keys());
      assertThat(proof.index()).isEqualTo(id - 1);
      new ProofVerifier(new Hasher())
          .inclusion(
              server.entry(id).hash(),
              id - 1,
              proof.hashes(),
              checkpoint.size(),
              checkpoint.root());
    }
    assertThat(server.get("/api/audit/entries/" + (last + 1) + "/proof", reader).statusCode())
        .isEqualTo(404);
    assertThat(server.get("/api/audit/entries/0/proof", reader).statusCode()).isEqualTo(422);
    assertThat(server.get("/api/audit/entries/1/proof", writer).statusCode()).isEqualTo(403);
  }

  @Test
  void anAppendCanWaitForItsProof() throws Exception {
    HttpResponse<String> one =
        server.post(
            "/api/audit/events?wait=sealed",
            writer,
            "application/json",
            "{\"event_type\":\"auth.logout\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(one.statusCode()).isEqualTo(201);
    JsonNode place = TestServer.JSON.readTree(one.body());
    proves(place);
    HttpResponse<String> many =
        server.post(
            "/api/audit/events?wait=sealed",
            writer,
            "application/x-ndjson",
            "{\"event_type\":\"a\"}\n{\"event_type\":\"b\"}\n".getBytes(StandardCharsets.UTF_8));
    for (JsonNode each : TestServer.JSON.readTree(many.body()).get("entries")) {
      proves(each);
    }
    HttpResponse<String> wrong =
        server.post(
            "/api/audit/events?wait=long",
            writer,
            "application/json",
            "{\"event_type\":\"a\"}".getBytes(StandardCharsets.UTF_8));
    assertThat(wrong.statusCode()).isEqualTo(422);
    assertThat(wrong.body()).contains("wait");
  }

  private void proves(JsonNode place) throws Exception {
    TlogProof proof = TlogProof.parse(place.get("proof").asText().getBytes(StandardCharsets.UTF_8));
    Checkpoint checkpoint = verified(proof.checkpoint(), keys());
    new ProofVerifier(new Hasher())
        .inclusion(
            Hash.parseHex(place.get("hash").asText()),
            place.get("id").asLong() - 1,
            proof.hashes(),
            checkpoint.size(),
            checkpoint.root());
  }

  @Test
  void laterCheckpointsContinueEarlierOnes() throws Exception {
    Checkpoint before =
        verified(server.get("/api/audit/checkpoints/newest", reader).body(), keys());
    server.append(writer, "{\"event_type\":\"auth.logout\"}");
    Checkpoint after = verified(server.get("/api/audit/checkpoints/newest", reader).body(), keys());
    assertThat(after.size()).isEqualTo(before.size() + 1);
    List<Hash> proof = new ArrayList<>();
    server
        .json("/api/audit/consistency?from=" + before.size() + "&to=" + after.size(), reader)
        .get("hashes")
        .forEach(hash -> proof.add(Hash.parseBase64(hash.asText())));
    new ProofVerifier(new Hasher())
        .consistency(before.size(), before.root(), proof, after.size(), after.root());
    assertThat(server.get("/api/audit/consistency?from=5&to=100000", reader).statusCode())
        .isEqualTo(422);
    assertThat(server.get("/api/audit/consistency?from=9&to=5", reader).statusCode())
        .isEqualTo(422);
    assertThat(server.get("/api/audit/consistency", reader).body()).contains("from is missing");

    List<Long> kept = new ArrayList<>();
    server
        .json("/api/audit/checkpoints", reader)
        .get("checkpoints")
        .forEach(checkpoint -> kept.add(checkpoint.get("size").asLong()));
    assertThat(kept)
        .contains(before.size(), after.size())
        .isSortedAccordingTo((a, b) -> Long.compare(b, a));
    assertThat(
            verified(server.get("/api/audit/checkpoints/" + before.size(), reader).body(), keys()))
        .isEqualTo(before);
    assertThat(server.get("/api/audit/checkpoints/77", reader).statusCode()).isEqualTo(404);
  }

  @Test
  void checkpointsOfATimeThatEndsBeforeItBeginsAreRefused() throws Exception {
    HttpResponse<String> answer =
        server.get("/api/audit/checkpoints?since=2026-02-01&until=2026-01-01", reader);
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(answer.body()).contains("since must not be later than until");
  }

  @Test
  void everyTileWithinThePublishedSizeIsAnswered() throws Exception {
    server.log.seal().get();
    String note = server.get("/tlog/checkpoint", reader).body();
    long size = verified(note, keys()).size();
    for (long id = 1; id <= size; id++) {
      int width = (int) ((id - 1) % 256) + 1;
      String path = "0/%03d%s".formatted((id - 1) / 256, width == 256 ? "" : ".p/" + width);
      HttpResponse<byte[]> tile = server.sendForBytes(server.request("/tlog/tile/" + path, reader));
      assertThat(tile.statusCode()).as(path).isEqualTo(200);
      assertThat(tile.body()).hasSize(32 * width);
      assertThat(Hash.of(tile.body(), 32 * (width - 1), 32)).isEqualTo(server.entry(id).hash());
      assertThat(tile.headers().firstValue("Cache-Control"))
          .hasValue("private, max-age=604800, immutable");
    }
    byte[] bundle =
        server.sendForBytes(server.request("/tlog/tile/entries/001.p/7", reader)).body();
    ByteBuffer entries = ByteBuffer.wrap(bundle);
    for (long id = 257; id <= 263; id++) {
      byte[] entry = new byte[entries.getShort() & 0xffff];
      entries.get(entry);
      assertThat(entry).isEqualTo(server.entry(id).bytes());
    }
    assertThat(entries.hasRemaining()).isFalse();
  }

  @Test
  void whatIsNotATileIsNotThere() throws Exception {
    server.log.seal().get();
    for (String path :
        List.of(
            "0/2",
            "0/0002",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/009",
            "0/002.p/255",
            "7/000",
            "64/000",
            "-1/000",
            "0/x000/000",
            "0/000/",
            "0//000",
            "entries/2",
            "entries/009",
            "0/%30%30%30",
            "0/000.p%2F3",
            "..%2f..%2flog.json",
            "0/000?x=1/../..",
            "0/000.P/3",
            "0/00%300",
            "")) {
      HttpResponse<String> answer = server.get("/tlog/tile/" + path, reader);
      if (path.contains("?")) {
        continue;
      }
      assertThat(answer.statusCode()).as(path).isIn(400, 404);
      assertThat(answer.headers().firstValue("Cache-Control").orElse(""))
          .doesNotContain("immutable");
    }
    assertThat(server.get("/tlog/tile/0/000", "none").statusCode()).isEqualTo(401);
    assertThat(server.get("/tlog/checkpoint", writer).statusCode()).isEqualTo(403);
  }

  @Test
  void evidenceHoldsEveryMatchWithItsProof() throws Exception {
    byte[] zip =
        server
            .sendForBytes(
                server.request(
                    "/api/audit/export?format=bundle&event_type=api_key.created", reader))
            .body();
    Set<String> names = new TreeSet<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        names.add(entry.getName());
      }
    }
    assertThat(names)
        .containsExactlyInAnyOrder(
            "README.txt",
            "check.go",
            "checkpoint",
            "verifier-key",
            "entries/2.json",
            "proofs/2.tlog-proof",
            "entries/3.json",
            "proofs/3.tlog-proof",
            "entries/4.json",
            "proofs/4.tlog-proof");
  }

  @Test
  void verificationSaysUpToWhichCheckpointAndWhatItCost() throws Exception {
    JsonNode report = server.json("/api/audit/verify", reader);
    assertThat(report.get("valid").asBoolean()).isTrue();
    assertThat(report.at("/checkpoint/size").asLong()).isEqualTo(server.log.lastId());
    assertThat(report.get("leaf_hashes").asLong()).isEqualTo(server.log.lastId());
    JsonNode quick = server.json("/api/audit/verify?quick=true&start_id=10&end_id=500", reader);
    assertThat(quick.get("mode").asText()).isEqualTo("quick");
    assertThat(quick.get("entries_checked").asLong()).isEqualTo(2);
    assertThat(server.json("/api/audit/stats", reader).get("sealed_through").asLong())
        .isEqualTo(server.log.lastId());
  }
}
