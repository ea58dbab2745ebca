package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.access.Permission;
import io.tallystick.service.query.Answer;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.ProofService;
import java.io.IOException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The tree over HTTP: {@link ProofService}, each at its path, for people under {@code /api/audit}
 * and for tiled-log clients under {@code /tlog} (C2SP tlog-tiles, "Parameters").
 */
public final class TreeApi {
  private static final String PATH = "/api/audit";
  private static final String TILES = "/tlog/tile/";

  private final ProofService tree;
  private final boolean publicTlog;

  /**
   * @param publicTlog serves {@code /tlog} without a key
   */
  public TreeApi(ProofService tree, boolean publicTlog) {
    this.tree = tree;
    this.publicTlog = publicTlog;
  }

  @FunctionalInterface
  private interface Question {
    Optional<Answer> answer(Context request, Parameters given)
        throws IOException, InterruptedException;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    Routes.get(
        routes,
        PATH + "/entries/{id}/proof",
        guarded(
            keys,
            (request, given) -> tree.proof(request.pathParam("id"), given),
            () -> "There is no entry with this id, or it is not sealed."));
    Routes.get(
        routes,
        PATH + "/consistency",
        guarded(keys, (request, given) -> Optional.of(tree.consistency(given)), () -> ""));
    Routes.get(
        routes,
        PATH + "/checkpoints",
        guarded(keys, (request, given) -> Optional.of(tree.checkpoints(given)), () -> ""));
    Routes.get(
        routes,
        PATH + "/checkpoints/newest",
        guarded(
            keys, (request, given) -> tree.exported(given), () -> "There is no checkpoint yet."));
    Routes.get(
        routes,
        PATH + "/checkpoints/{size}",
        guarded(
            keys,
            (request, given) -> tree.checkpoint(request.pathParam("size"), given),
            () -> "No checkpoint of this size is kept; GET /api/audit/checkpoints lists them."));
    Routes.get(
        routes,
        PATH + "/checkpoints/{size}/timestamp",
        guarded(
            keys,
            (request, given) -> tree.timestamp(request.pathParam("size"), given),
            () -> "No timestamp authority has signed a checkpoint of this size."));
    Routes.get(
        routes,
        PATH + "/log",
        guarded(keys, (request, given) -> Optional.of(tree.log(given)), () -> ""));
    Routes.get(routes, "/tlog/checkpoint", tlog(keys, this::checkpoint));
    Routes.get(routes, TILES + "<path>", tlog(keys, this::tile));
  }

  private static Handler guarded(Authenticator keys, Question question, Supplier<String> missing) {
    return keys.guarded(
        Permission.ADMIN_AUDIT,
        (request, caller) -> {
          Optional<Answer> answer =
              question.answer(request, Parameters.ofQuery(request.queryString()));
          write(request, answer.orElseThrow(() -> Problem.of(404, missing.get()).thrown()));
        });
  }

  private Handler tlog(Authenticator keys, Handler handler) {
    return publicTlog
        ? handler
        : keys.guarded(Permission.ADMIN_AUDIT, (request, caller) -> handler.handle(request));
  }

  private void checkpoint(Context request) throws Exception {
    Answer answer =
        tree.published().orElseThrow(() -> Problem.of(404, "There is no checkpoint yet.").thrown());
    request.header("Cache-Control", "no-cache");
    write(request, answer);
  }

  /** Uses the path as it was sent: a path that needs decoding is not a tile's. */
  private void tile(Context request) throws Exception {
    String path = request.req().getRequestURI();
    String tiles = request.contextPath() + TILES;
    Answer answer =
        (path.startsWith(tiles)
                ? tree.tile(path.substring(tiles.length()))
                : Optional.<Answer>empty())
            .orElseThrow(() ->
                Problem.of(
                        404,
                        "The published tree has no such tile, or retention removed some of its"
                            + " entries.")
                    .thrown());
    request.header(
        "Cache-Control", (publicTlog ? "public" : "private") + ", max-age=604800, immutable");
    write(request, answer);
  }

  private static void write(Context request, Answer answer) throws Exception {
    request.contentType(answer.contentType());
    if (!request.method().equals(HandlerType.HEAD)) {
      answer.writeTo(request.outputStream());
    }
  }
}
