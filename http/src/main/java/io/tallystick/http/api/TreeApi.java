package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.Bytes;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.scope.Scope;
import io.tallystick.note.TimestampToken;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.query.CheckpointQuery;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.ProofService;
import io.tallystick.service.query.QueryParser;
import io.tallystick.store.BundleStream;
import io.tallystick.store.log.SignedCheckpoint;
import io.tallystick.tlog.EntryBundle;
import io.tallystick.tlog.Tile;
import io.tallystick.tlog.TilePath;
import io.tallystick.tlog.TlogProof;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The tree over HTTP: {@link ProofService}, each at its path, for people under {@code /api/audit}
 * and for tiled-log clients under {@code /tlog} (C2SP tlog-tiles, "Parameters").
 */
public final class TreeApi {
  private static final String PATH = "/api/audit";
  private static final String TILES = "/tlog/tile/";
  private static final Supplier<Problem.Thrown> NO_TILE =
      missing("The published tree has no such tile, or retention removed some of its entries.");

  private final ProofService tree;
  private final LongRequests work;
  private final boolean publicTlog;

  /**
   * @param publicTlog serves {@code /tlog} without a key
   */
  public TreeApi(ProofService tree, LongRequests work, boolean publicTlog) {
    this.tree = tree;
    this.work = work;
    this.publicTlog = publicTlog;
  }

  public void register(RoutesConfig routes, Authenticator keys) {
    Routes.get(
        routes,
        PATH + "/entries/{id}/proof",
        keys.openToLimited(Permission.ADMIN_AUDIT, this::proof));
    get(routes, keys, "/consistency", this::consistency);
    Routes.get(
        routes, PATH + "/checkpoints", keys.guarded(Permission.ADMIN_AUDIT, this::checkpoints));
    get(routes, keys, "/checkpoints/newest", this::exported);
    get(routes, keys, "/checkpoints/{size}", this::kept);
    get(routes, keys, "/checkpoints/{size}/timestamp", this::timestamp);
    Routes.get(
        routes,
        PATH + "/log",
        keys.openToLimited(Permission.ADMIN_AUDIT, (request, caller) -> log(request)));
    Routes.get(routes, "/tlog/checkpoint", tlog(keys, this::published));
    Routes.get(routes, TILES + "<path>", tlog(keys, this::tile));
  }

  private static void get(RoutesConfig routes, Authenticator keys, String path, Handler handler) {
    Routes.get(
        routes,
        PATH + path,
        keys.guarded(Permission.ADMIN_AUDIT, (request, caller) -> handler.handle(request)));
  }

  private Handler tlog(Authenticator keys, Handler handler) {
    return publicTlog
        ? handler
        : keys.guarded(Permission.ADMIN_AUDIT, (request, caller) -> handler.handle(request));
  }

  /** HEAD asks only whether there is such an entry: nothing is signed for it. */
  private void proof(Context request, Caller caller) throws IOException, InterruptedException {
    noParameters(request);
    long id = Parameters.number("id", request.pathParam("id"), 1, Long.MAX_VALUE);
    Scope scope = caller.key().only();
    if (isHead(request) && tree.canProve(id, scope)) {
      request.contentType(Bytes.TEXT);
      return;
    }
    TlogProof proof =
        tree.proof(id, scope)
            .orElseThrow(missing("There is no entry with this id, or it is not sealed."));
    Bytes.answer(request, Bytes.TEXT, proof.toBytes());
  }

  private void consistency(Context request) throws IOException {
    Parameters given = Parameters.ofQuery(request.queryString()).only(List.of("from", "to"));
    JsonObjects.answer(
        request,
        tree.consistency(
            given.number("from", 0, Long.MAX_VALUE), given.number("to", 0, Long.MAX_VALUE)));
  }

  private void checkpoints(Context request, Caller caller)
      throws IOException, InterruptedException {
    CheckpointQuery query = QueryParser.checkpoints(Parameters.ofQuery(request.queryString()));
    if (isHead(request)) {
      request.contentType(AnswerJson.CONTENT_TYPE);
      return;
    }
    JsonObjects.answer(request, work.compute(request, caller, task -> tree.checkpoints(query)));
  }

  /** HEAD asks only whether there is one: nothing is signed or kept for it. */
  private void exported(Context request) throws IOException, InterruptedException {
    noParameters(request);
    if (isHead(request) && tree.canExport()) {
      request.contentType(Bytes.TEXT);
      return;
    }
    note(request, tree.exported().orElseThrow(missing("There is no checkpoint yet.")));
  }

  private void kept(Context request) throws IOException {
    noParameters(request);
    note(
        request,
        tree.checkpoint(size(request))
            .orElseThrow(
                missing(
                    "No checkpoint of this size is kept; GET /api/audit/checkpoints lists them.")));
  }

  private void timestamp(Context request) throws IOException {
    noParameters(request);
    byte[] token =
        tree.timestamp(size(request))
            .orElseThrow(missing("No timestamp authority has signed a checkpoint of this size."));
    Bytes.answer(request, TimestampToken.REPLY_TYPE, token);
  }

  private void log(Context request) throws IOException {
    noParameters(request);
    JsonObjects.answer(request, tree.log());
  }

  private void published(Context request) throws IOException {
    SignedCheckpoint checkpoint =
        tree.published().orElseThrow(missing("There is no checkpoint yet."));
    request.header("Cache-Control", "no-cache");
    note(request, checkpoint);
  }

  /** Uses the path as it was sent: a path that needs decoding is not a tile's. */
  private void tile(Context request) throws IOException {
    String path = request.req().getRequestURI();
    String tiles = request.contextPath() + TILES;
    TilePath tile =
        (path.startsWith(tiles)
                ? TilePath.parse(path.substring(tiles.length()))
                : Optional.<TilePath>empty())
            .orElseThrow(NO_TILE);
    switch (tile) {
      case Tile hashes -> {
        byte[] bytes = tree.tile(hashes).orElseThrow(NO_TILE);
        immutable(request);
        Bytes.answer(request, Bytes.BINARY, bytes);
      }
      case EntryBundle entries -> {
        BundleStream bundle = tree.bundle(entries).orElseThrow(NO_TILE);
        immutable(request);
        request.contentType(Bytes.BINARY);
        if (!isHead(request)) {
          bundle.writeTo(request.outputStream());
        }
      }
    }
  }

  private void immutable(Context request) {
    request.header(
        "Cache-Control", (publicTlog ? "public" : "private") + ", max-age=604800, immutable");
  }

  private static boolean isHead(Context request) {
    return request.method().equals(HandlerType.HEAD);
  }

  private static long size(Context request) {
    return Parameters.number("size", request.pathParam("size"), 0, Long.MAX_VALUE);
  }

  private static void noParameters(Context request) {
    Parameters.ofQuery(request.queryString()).only(List.of());
  }

  private static Supplier<Problem.Thrown> missing(String detail) {
    return () -> Problem.of(404, detail).thrown();
  }

  private static void note(Context request, SignedCheckpoint checkpoint) {
    Bytes.answer(request, Bytes.TEXT, checkpoint.note().toBytes());
  }
}
