package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.index.AddressRange;
import io.tallystick.note.Checkpoint;
import io.tallystick.note.KeyType;
import io.tallystick.note.SignedNote;
import io.tallystick.note.SignerKey;
import io.tallystick.service.access.Permission;
import io.tallystick.tlog.Hash;
import io.tallystick.tlog.Hasher;
import io.tallystick.tlog.ProofVerifier;
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
  private static final String ENTRY_PATH = "/api/audit/entries/" + ENTRY;

  @TempDir Path data;

  private TestServer server;
  private Interceptor interceptor;
  private Browser browser;
  private String origin;
  private String reader;

  @BeforeEach
  void open() throws Exception {
    ServerConfig config =
        ServerConfig.builder()
            .port(0)
            .trustedProxies(List.of(AddressRange.parse("127.0.0.0/8")))
            .limits(TestServer.LIMITS)
            .build();
    server = TestServer.start(data, config);
    interceptor = new Interceptor(server.server.port());
    browser = Browser.start(interceptor.port(), data);
    origin = server.log.reader().identity().origin();
    Events.append(server.log, Events.ordinary(37));
    reader = server.key("reader", Permission.ADMIN_AUDIT);
    browser.signIn("/overview", reader);
  }

  @AfterEach
  void close() throws Exception {
    if (browser != null) {
      browser.close();
    }
    interceptor.close();
    server.close();
  }

  private byte[] answer(String path, String accept) throws Exception {
    return server.sendForBytes(server.request(path, reader).header("Accept", accept)).body();
  }

  /** What the server answers as the entry's proof. */
  private TlogProof proof() throws Exception {
    return TlogProof.parse(answer(ENTRY_PATH + "/proof", "*/*"));
  }

  /** What the browser gets as the entry's proof from now on. */
  private void forge(TlogProof proof) {
    interceptor.answer(ENTRY_PATH + "/proof", proof.toBytes());
  }

  private String verdict() {
    browser.open("/entries/" + ENTRY);
    browser.find("#proof:not([data-verdict=running])");
    return String.valueOf(browser.find("#proof").getDomAttribute("data-verdict"));
  }

  private void trust() {
    verdict();
    browser.click("#trust-key");
    browser.find("#proof[data-verdict=good]");
  }

  @Test
  void theBrowserProvesTheEntryItself() throws Exception {
    assertThat(verdict()).isEqualTo("warn");
    browser.awaitText("#proof", "You have not confirmed this key yet");
    browser.click("#trust-key");
    browser.find("#proof[data-verdict=good]");
    assertThat(browser.text("#proof")).contains("Proven", "signature is good");
    assertThat(browser.all(".node.is-sibling")).hasSize(proof().hashes().size());
    assertThat(browser.all(".is-wrong")).isEmpty();
    assertThat(browser.barriers()).isEmpty();
    browser.size(1440, 1500);
    browser.picture("proof-good-wide-light");
    browser.colours("dark");
    browser.picture("proof-good-wide-dark");
    browser.size(390, 1800);
    browser.picture("proof-good-phone-dark");
    Events.append(server.log, Events.ordinary(300));
    assertThat(verdict()).isEqualTo("good");
    browser.assertQuiet();
  }

  @Test
  void whateverIsChangedInTheProofTurnsThePanelRed() throws Exception {
    trust();
    TlogProof good = proof();

    List<Hash> bent = new ArrayList<>(good.hashes());
    bent.set(1, new Hasher().leaf(new byte[] {1}));
    forge(new TlogProof(good.index(), bent, good.checkpoint()));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof")).contains("does not lead to the checkpoint’s root");
    browser.find(".is-wrong");
    assertThat(browser.barriers()).isEmpty();
    browser.size(1440, 1500);
    browser.picture("proof-bad-wide-light");
    browser.size(1440, 900);

    forge(new TlogProof(good.index() + 1, good.hashes(), good.checkpoint()));
    assertThat(verdict()).isEqualTo("bad");
    forge(new TlogProof(good.index(), good.hashes().subList(1, 5), good.checkpoint()));
    assertThat(verdict()).isEqualTo("bad");
    interceptor.answer(ENTRY_PATH + "/proof", "nonsense");
    assertThat(verdict()).isEqualTo("bad");
    browser.awaitText("#proof", "The proof is not valid");

    int at = good.checkpoint().length() - 12;
    String forged =
        good.checkpoint().substring(0, at)
            + (good.checkpoint().charAt(at) == 'A' ? 'B' : 'A')
            + good.checkpoint().substring(at + 1);
    forge(new TlogProof(good.index(), good.hashes(), forged));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof")).contains("signature is wrong");
  }

  @Test
  void aLogThatIsSignedAnewByAnotherKeyTurnsThePanelRed() throws Exception {
    trust();
    TlogProof good = proof();
    SignerKey other = SignerKey.generate(origin, KeyType.ED25519, new SecureRandom());
    String text = good.checkpoint().substring(0, good.checkpoint().indexOf("\n\n") + 1);
    String note = SignedNote.sign(text, List.of(other), Instant.now()).toString();
    forge(new TlogProof(good.index(), good.hashes(), note));
    String log = new String(answer("/api/audit/log", "*/*"), StandardCharsets.UTF_8);
    String own = server.log.reader().identity().verifierKeys().getFirst();
    interceptor.answer("/api/audit/log", log.replace(own, other.verifier().toString()));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof"))
        .contains("not signed by the key that you trusted", "has changed");
    assertThat(browser.barriers()).isEmpty();
    browser.open("/checkpoints");
    browser.awaitText(".notice.is-bad", "verifier key has changed");
    verdict();
    browser.click("#replace-key");
    browser.find("#proof[data-verdict=good]");
  }

  @Test
  void changedBytesTurnThePanelRedAndTheChainToo() throws Exception {
    String bytes =
        new String(answer(ENTRY_PATH, "application/octet-stream"), StandardCharsets.UTF_8);
    interceptor.answer(
        ENTRY_PATH + " bytes", bytes.replace("\"event_type\":\"", "\"event_type\":\"x"));
    assertThat(verdict()).isEqualTo("bad");
    assertThat(browser.text("#proof"))
        .contains("do not have the hash that the server states", "does not lead");
    browser.find(".chain-link.is-bad");
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
    verdict();
    browser.click("#proof a[download]");
    Path file = data.resolve("entry-" + ENTRY + ".tlog-proof");
    browser.await("the download", () -> Files.exists(file));
    TlogProof proof = TlogProof.parse(Files.readAllBytes(file));
    Checkpoint checkpoint =
        Checkpoint.open(
            SignedNote.parse(proof.checkpoint().getBytes(StandardCharsets.UTF_8)),
            server.log.reader().identity().keys());
    new ProofVerifier(new Hasher())
        .inclusion(
            server.entry(ENTRY).hash(),
            ENTRY - 1,
            proof.hashes(),
            checkpoint.size(),
            checkpoint.root());
  }

  @Test
  void anEntryThatIsNotThereIsSaidToBe() {
    browser.open("/entries/999999");
    browser.awaitText(".empty", "There is no entry 999999");
  }
}
