package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.tlog.CompactRange;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.HashReader;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofBuilder;
import io.tallystick.tlog.TlogProof;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An entry on the page, and what the browser finds out about it by itself. */
class PageEntryIT {
  private static final long ENTRY = 20;

  @TempDir Path data;

  private TestServer server;
  private Interceptor interceptor;
  private Browser browser;
  private String origin;
  private final SecureRandom random = new SecureRandom();

  @BeforeEach
  void open() throws Exception {
    ServerConfig config =
        new ServerConfig(
            "127.0.0.1",
            0,
            null,
            false,
            List.of(Cidr.parse("127.0.0.0/8")),
            false,
            false,
            false,
            TestServer.LIMITS,
            ServerConfig.Timeouts.defaults());
    server = TestServer.start(data, config);
    interceptor = new Interceptor(server.server.port());
    browser = Browser.start(interceptor.port(), data);
    origin = server.log.reader().identity().origin();
    Events.append(server.log, Events.ordinary(37));
    browser.signIn("/overview", server.key("reader", Permission.ADMIN_AUDIT));
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    interceptor.close();
    server.close();
  }

  private SignerKey signer() {
    return SignerKey.generate(origin, KeyType.ED25519, random);
  }

  private List<Hash> hashes() throws Exception {
    List<Hash> hashes = new ArrayList<>();
    server.log.reader().forEach(1, Long.MAX_VALUE, entry -> hashes.add(entry.hash()));
    return hashes;
  }

  private static HashReader reader(List<Hash> leaves, Hasher hasher) {
    return nodes ->
        nodes.stream()
            .map(node -> subtree(leaves, (int) node.start(), 1 << node.level(), hasher))
            .toList();
  }

  private static Hash subtree(List<Hash> leaves, int start, int width, Hasher hasher) {
    return width == 1
        ? leaves.get(start)
        : hasher.node(
            subtree(leaves, start, width / 2, hasher),
            subtree(leaves, start + width / 2, width / 2, hasher));
  }

  /** A good proof of the entry, under a checkpoint of all that is in the log now. */
  private TlogProof proof(SignerKey key) throws Exception {
    List<Hash> leaves = hashes();
    Hasher hasher = new Hasher();
    HashReader reader = reader(leaves, hasher);
    CompactRange all = new CompactRange(hasher);
    leaves.forEach(all::append);
    String text = new Checkpoint(origin, leaves.size(), all.root()).text();
    String note = SignedNote.sign(text, List.of(key), Instant.now()).toString();
    List<Hash> path = new ProofBuilder(reader, hasher).inclusion(ENTRY - 1, leaves.size());
    return new TlogProof(ENTRY - 1, path, note);
  }

  private void serve(SignerKey key, TlogProof proof) {
    interceptor.answer(
        "/api/audit/log",
        "{\"origin\":\""
            + origin
            + "\",\"created_at\":\"2026-01-01T00:00:00Z\",\"verifier_keys\":[\""
            + key.verifier()
            + "\"]}");
    interceptor.answer("/api/audit/entries/" + ENTRY + "/proof", proof.toBytes());
  }

  private String verdict() {
    browser.open("/entries/" + ENTRY);
    browser.find("#proof:not([data-verdict=running])");
    return String.valueOf(browser.find("#proof").getDomAttribute("data-verdict"));
  }

  @Test
  void theBrowserProvesTheEntryItself() throws Exception {
    SignerKey key = signer();
    serve(key, proof(key));
    assertThat(verdict()).isEqualTo("warn");
    browser.awaitText("#proof", "You have not said yet that you trust this key");
    browser.click("#trust-key");
    browser.find("#proof[data-verdict=good]");
    assertThat(browser.text("#proof")).contains("Proven", "signature is good");
    browser.click(".path summary");
    assertThat(browser.all(".node.is-sibling")).hasSizeBetween(5, 6);
    assertThat(browser.all(".is-wrong")).isEmpty();
    assertThat(browser.barriers()).isEmpty();
    browser.size(1440, 1500);
    browser.picture("proof-good-wide-light");
    browser.colours("dark");
    browser.picture("proof-good-wide-dark");
    browser.size(390, 1800);
    browser.picture("proof-good-phone-dark");
    assertThat(verdict()).isEqualTo("good");
    browser.assertQuiet();
  }

  @Test
  void whateverTheServerChangesTurnsThePanelRed() throws Exception {
    SignerKey key = signer();
    TlogProof good = proof(key);
    serve(key, good);
    verdict();
    browser.click("#trust-key");
    browser.find("#proof[data-verdict=good]");

    List<Hash> bent = new ArrayList<>(good.hashes());
    bent.set(1, new Hasher().leaf(new byte[] {1}));
    serve(key, new TlogProof(good.index(), bent, good.checkpoint()));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof")).contains("does not lead to the checkpoint’s root");
    browser.click(".path summary");
    browser.find(".is-wrong");
    browser.size(1440, 1500);
    browser.picture("proof-bad-wide-light");
    browser.size(1440, 900);

    serve(key, new TlogProof(good.index() + 1, good.hashes(), good.checkpoint()));
    assertThat(verdict()).isEqualTo("bad");
    serve(key, new TlogProof(good.index(), good.hashes().subList(1, 5), good.checkpoint()));
    assertThat(verdict()).isEqualTo("bad");

    int at = good.checkpoint().length() - 12;
    String forged =
        good.checkpoint().substring(0, at)
            + (good.checkpoint().charAt(at) == 'A' ? 'B' : 'A')
            + good.checkpoint().substring(at + 1);
    serve(key, new TlogProof(good.index(), good.hashes(), forged));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof")).contains("signature is wrong");

    SignerKey other = signer();
    serve(other, proof(other));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof"))
        .contains("not signed by the key that you trusted", "has changed");
    assertThat(browser.barriers()).isEmpty();
    browser.click("#replace-key");
    browser.find("#proof[data-verdict=good]");
  }

  @Test
  void changedBytesTurnThePanelRedAndTheChainToo() throws Exception {
    SignerKey key = signer();
    serve(key, proof(key));
    byte[] bytes = server.entry(ENTRY).bytes();
    String changed =
        new String(bytes, StandardCharsets.UTF_8)
            .replace("\"event_type\":\"", "\"event_type\":\"x");
    interceptor.answer("/api/audit/entries/" + ENTRY + " bytes", changed);
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof"))
        .contains("do not have the hash that the server states", "does not lead");
    browser.find(".chain-link.is-bad");
  }

  @Test
  void withoutATreeThePanelSaysSo() throws Exception {
    interceptor.answer("/api/audit/entries/" + ENTRY + "/proof", "nonsense");
    assertThat(verdict()).isEqualTo("bad");
    browser.awaitText("#proof", "The proof is not valid");
  }

  @Test
  void everyFieldAndTheExactBytesAreShown() throws Exception {
    long id =
        Events.append(
            server.log,
            List.of(
                Event.builder("user.updated")
                    .actorId(9_007_199_254_740_993L)
                    .actorUsername("ada")
                    .actorIp("2001:db8::1")
                    .userAgent("curl/8")
                    .targetType("user")
                    .targetId("77")
                    .action("rename")
                    .occurredAt("2026-01-01T10:00:00+02:00")
                    .requestId("r-1")
                    .details(
                        Details.parse(
                            "{\"big\":12345678901234567890,\"nested\":{\"needle\":\"Haystack\"},\"list\":[1.50,null,true]}"))
                    .build()));
    browser.open("/entries/" + id);
    browser.awaitText("[data-field=actor_id]", "9007199254740993");
    assertThat(browser.text(".fields"))
        .contains(
            "ada", "2001:db8::1", "curl/8", "77", "rename", "2026-01-01 10:00:00+02:00", "r-1");
    assertThat(browser.text(".json")).contains("12345678901234567890", "1.50", "null");
    assertThat(browser.text(".hashes"))
        .contains(server.entry(id).hash().toString())
        .contains(server.entry(id - 1).hash().toString());
    assertThat(browser.text("#exact pre"))
        .isEqualTo(new String(server.entry(id).bytes(), StandardCharsets.UTF_8));
    browser.type("#details input", "haystack");
    browser.awaitText("#details mark", "Haystack");
    browser.find("a[rel=prev]");
    assertThat(browser.all(".chain-link.is-good")).isNotEmpty();
    browser.click("a[rel=prev]");
    browser.awaitText("h1", String.valueOf(id - 1));
    browser.click("a[rel=next]");
    browser.awaitText("h1", String.valueOf(id));
    browser.click("[data-field=actor_username] a");
    browser.find("tr[data-id]");
    assertThat(browser.driver.getCurrentUrl()).endsWith("/?actor_username=ada");
    browser.assertQuiet();
  }

  @Test
  void theProofIsDownloaded() throws Exception {
    SignerKey key = signer();
    TlogProof good = proof(key);
    serve(key, good);
    verdict();
    browser.click("#proof a[download]");
    Path file = data.resolve("entry-" + ENTRY + ".tlog-proof");
    browser.await("the download", () -> Files.exists(file));
    assertThat(TlogProof.parse(Files.readAllBytes(file))).isEqualTo(good);
  }

  @Test
  void anEntryThatIsNotThereIsSaidToBe() {
    browser.open("/entries/999999");
    browser.awaitText(".empty", "There is no entry 999999");
  }
}
