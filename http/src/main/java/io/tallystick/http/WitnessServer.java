package io.tallystick.http;

import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.tallystick.http.tls.ServedCertificate;
import io.tallystick.http.tls.TlsFiles;
import io.tallystick.http.wire.BodyMemory;
import io.tallystick.http.wire.BodyReader;
import io.tallystick.http.wire.Bytes;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Problems;
import io.tallystick.note.AddCheckpoint;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.NoteSignature;
import io.tallystick.service.witness.RefusedException;
import io.tallystick.service.witness.Witness;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A witness over HTTP: {@code POST /add-checkpoint} (C2SP tlog-witness), open to everybody, for a
 * checkpoint's signature is all that a log has to show. Serves from {@link #start} to {@link
 * #close}, and does not close the witness.
 */
public final class WitnessServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WitnessServer.class);

  /** The port that is listened on unless another is given. */
  public static final int DEFAULT_PORT = 8471;

  static final String SIZE_TYPE = "text/x.tlog.size";
  private static final long MAX_PENDING_BYTES = 16L << 20;

  private final Witness witness;
  private final BodyReader bodies;
  private final @Nullable ServedCertificate certificate;
  private final Javalin app;

  private WitnessServer(
      Witness witness, ServerConfig config, @Nullable ServedCertificate certificate) {
    Listener listener = new Listener(config, certificate, (status, duration) -> {});
    this.witness = witness;
    this.certificate = certificate;
    this.bodies =
        new BodyReader(
            AddCheckpoint.MAX_BYTES, new BodyMemory(MAX_PENDING_BYTES), config.timeouts().body());
    this.app =
        Javalin.create(javalin -> {
          listener.configure(javalin);
          javalin.routes.before(request -> {
            request.header("X-Content-Type-Options", "nosniff");
            request.header("Cache-Control", "no-store");
          });
          javalin.router.javaLangErrorHandler(Problems::answer);
          javalin.routes.exception(Exception.class, (e, request) -> Problems.answer(request, e));
          javalin.routes.exception(
              HttpResponseException.class, (e, request) -> Problems.answer(request, e));
          javalin.routes.post("/add-checkpoint", this::add);
          javalin.routes.get(
              "/", request -> request.contentType(Bytes.TEXT).result(witness.verifier() + "\n"));
        });
  }

  /**
   * Starts a server.
   *
   * @throws ListenException if the server cannot listen on its address
   * @throws IOException if the TLS files are invalid
   */
  public static WitnessServer start(Witness witness, ServerConfig config) throws IOException {
    TlsFiles files = config.tls();
    WitnessServer server =
        files == null
            ? new WitnessServer(witness, config, null)
            : new WitnessServer(witness, config, new ServedCertificate(files));
    Listener.start(server.app, config);
    return server;
  }

  /** The port that is listened on. */
  public int port() {
    return app.port();
  }

  /** Reads the certificate and its key now if their files changed; does nothing over plain HTTP. */
  public void reloadCertificate() {
    if (certificate != null) {
      certificate.reload();
    }
  }

  private void add(Context request) throws IOException {
    AddCheckpoint asked;
    try (BodyReader.Body body = bodies.read(request, request.ip())) {
      asked = AddCheckpoint.parse(body.take());
    } catch (InvalidNoteException e) {
      throw Problem.of(400, String.valueOf(e.getMessage())).thrown();
    }
    try {
      NoteSignature signature = witness.sign(asked);
      request.contentType(Bytes.TEXT).result(signature.line() + "\n");
    } catch (RefusedException e) {
      refuse(request, e);
    }
  }

  private static void refuse(Context request, RefusedException refused) {
    switch (refused.reason()) {
      case MALFORMED -> throw problem(400, refused);
      case UNKNOWN_LOG -> throw problem(404, refused);
      case NOT_SIGNED -> throw problem(403, refused);
      case OTHER_SIZE -> request.status(409).contentType(SIZE_TYPE).result(refused.size() + "\n");
      case CONTRADICTION -> {
        LOG.error("a log contradicts itself: {}", refused.getMessage());
        throw problem(422, refused);
      }
    }
  }

  private static Problem.Thrown problem(int status, RefusedException refused) {
    return Problem.of(status, String.valueOf(refused.getMessage())).thrown();
  }

  /** Answers what is under way, and ends. */
  @Override
  public void close() {
    app.stop();
  }
}
