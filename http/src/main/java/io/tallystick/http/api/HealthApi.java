package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.tallystick.forward.Forwarding;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Problem;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.Permission;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether the server works: {@code /healthz}, {@code /readyz} and {@code /metrics}. */
public final class HealthApi {
  private final AuditLog log;
  private final AuditIndex index;
  private final WitnessFeeder witnessFeeder;
  private final Metrics metrics;
  private final @Nullable Forwarding forwarding;
  private final Supplier<Optional<String>> receivers;

  /**
   * @param forwarding {@code null} if nothing is forwarded
   * @param receivers what is wrong with receivers of other systems' events
   */
  public HealthApi(
      AuditLog log,
      AuditIndex index,
      WitnessFeeder witnessFeeder,
      Metrics metrics,
      @Nullable Forwarding forwarding,
      Supplier<Optional<String>> receivers) {
    this.log = log;
    this.index = index;
    this.witnessFeeder = witnessFeeder;
    this.metrics = metrics;
    this.forwarding = forwarding;
    this.receivers = receivers;
  }

  public void register(RoutesConfig routes, Authenticator keys, boolean publicMetrics) {
    Handler figures =
        publicMetrics
            ? this::metrics
            : keys.guarded(Permission.ADMIN_AUDIT, (request, caller) -> metrics(request));
    Routes.get(routes, "/healthz", request -> JsonObjects.answer(request, Health.ok()));
    Routes.get(routes, "/readyz", this::ready);
    Routes.get(routes, "/metrics", figures);
  }

  private void ready(Context request) throws IOException {
    Optional<LogException> stopped = log.stopped();
    if (stopped.isPresent()) {
      throw Problem.of(503, "The log accepts no more appends; reading goes on.").thrown();
    }
    Optional<String> fault = log.sealingFault();
    if (fault.isPresent()) {
      throw Problem.of(503, fault.get()).thrown();
    }
    JsonObjects.answer(request, Health.ready(index.status(), warning()));
  }

  private @Nullable String warning() throws IOException {
    List<String> warnings = new ArrayList<>();
    if (log.isLowOnSpace()) {
      warnings.add("the log's device is almost full");
    }
    if (forwarding != null) {
      forwarding.warning().ifPresent(warnings::add);
    }
    receivers.get().ifPresent(warnings::add);
    return warnings.isEmpty() ? null : String.join("; ", warnings);
  }

  private void metrics(Context request) throws IOException {
    request
        .contentType(Metrics.CONTENT_TYPE)
        .result(
            metrics.text(
                log.lastId(),
                index.indexedThrough(),
                log.stopped().isEmpty(),
                log.freeBytes(),
                witnessFeeder.figures(),
                forwarding == null ? List.of() : forwarding.status()));
  }
}
