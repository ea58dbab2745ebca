package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.auth.Caller;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Routes;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.AnswerJson;
import io.tallystick.service.answer.OverviewReport;
import io.tallystick.service.query.Overview;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.Period;
import io.tallystick.service.query.QueryParser;
import java.io.IOException;
import java.time.Clock;

/**
 * {@link Overview} over HTTP: {@code GET /api/audit/overview}, for a {@code since} and {@code
 * until}.
 */
public final class OverviewApi {
  private final LongRequests work;

  public OverviewApi(LongRequests work) {
    this.work = work;
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Routes.get(
        routes, "/api/audit/overview", guard.openToLimited(Permission.ADMIN_AUDIT, this::overview));
  }

  private void overview(Context request, Caller caller) throws IOException, InterruptedException {
    Period period = QueryParser.period(Parameters.ofQuery(request.queryString()));
    if (request.method().equals(HandlerType.HEAD)) {
      request.contentType(AnswerJson.CONTENT_TYPE);
      return;
    }
    Overview overview = new Overview(caller.view(), Clock.systemUTC());
    OverviewReport report = work.compute(request, caller, task -> overview.of(period));
    IndexNotice.add(request, caller.view());
    JsonObjects.answer(request, report);
  }
}
