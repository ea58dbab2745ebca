package io.tallystick.http.api;

import io.javalin.config.RoutesConfig;
import io.tallystick.http.auth.Authenticator;
import io.tallystick.http.wire.JsonObjects;
import io.tallystick.http.wire.Routes;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.access.Permission;
import io.tallystick.service.answer.OverviewReport;
import io.tallystick.service.query.Overview;
import io.tallystick.service.query.Parameters;
import io.tallystick.service.query.QueryParser;

/**
 * {@link Overview} over HTTP: {@code GET /api/audit/overview}, for a {@code since} and {@code
 * until}.
 */
public final class OverviewApi {
  private final Overview overview;
  private final IndexNotice notice;

  public OverviewApi(Overview overview, AuditIndex index) {
    this.overview = overview;
    this.notice = new IndexNotice(index);
  }

  public void register(RoutesConfig routes, Authenticator guard) {
    Routes.get(
        routes,
        "/api/audit/overview",
        guard.guarded(
            Permission.ADMIN_AUDIT,
            (request, caller) -> {
              Parameters given = Parameters.ofQuery(request.queryString());
              OverviewReport report = overview.of(QueryParser.period(given));
              notice.add(request);
              JsonObjects.answer(request, report);
            }));
  }
}
