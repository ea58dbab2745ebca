package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.SignedNote;
import io.tallystick.note.VerifierKey;
import io.tallystick.service.witness.Witness;
import io.tallystick.service.witness.WitnessAddress;
import io.tallystick.service.witness.WitnessClient;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.Hash;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A log that is written here, and a witness of it that runs here. */
abstract class WitnessFixture {
  static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir Path directory;
  AuditLog log;
  Witness witness;
  WitnessServer server;

  @BeforeEach
  void start() throws Exception {
    log = AuditLog.open(directory.resolve("log"), LogConfig.defaults());
    append(5);
    openWitness();
  }

  final void openWitness() throws Exception {
    witness =
        Witness.open(
            directory.resolve("witness"),
            "witness.example/w",
            log.reader().identity().keys(),
            Clock.systemUTC());
    server = WitnessServer.start(witness, TestServer.CONFIG);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    witness.close();
    log.close();
  }

  void append(int events) throws Exception {
    append(log, events);
  }

  static SignedCheckpoint append(AuditLog log, int events) throws Exception {
    log.append(Collections.nCopies(events, Event.of("auth.logout")), null).get();
    return log.seal().get();
  }

  WitnessAddress address() {
    return new WitnessAddress(witness.verifier(), URI.create("http://127.0.0.1:" + server.port()));
  }

  WitnessClient client() {
    return new WitnessClient(CLIENT, address());
  }

  HttpResponse<String> post(byte[] request) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/add-checkpoint"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(request))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(long old, List<Hash> proof, SignedNote note) throws Exception {
    return post(new AddCheckpoint(old, proof, note).toBytes());
  }

  static void verifyCosigned(SignedNote note, VerifierKey log, VerifierKey witness)
      throws Exception {
    assertThat(note.verify(List.of(log, witness)))
        .extracting(signature -> signature.key().name())
        .containsExactlyInAnyOrder(log.name(), witness.name());
    assertThat(note.verify(List.of(witness)).getFirst().time().orElseThrow())
        .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(1));
  }
}
