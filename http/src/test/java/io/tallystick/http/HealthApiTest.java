package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.service.access.Permission;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class HealthApiTest extends ReadingFixture {
  @Test
  void healthReadinessAndFiguresAreTold() throws Exception {
    HttpRequest.Builder health = HttpRequest.newBuilder(server.uri("/healthz"));
    assertThat(server.send(health).statusCode()).isEqualTo(200);
    HttpRequest.Builder ready = HttpRequest.newBuilder(server.uri("/readyz"));
    assertThat(server.send(ready).statusCode()).isEqualTo(200);
    server.append(server.key(Permission.AUDIT_APPEND), "{\"event_type\":\"auth.logout\"}");
    server.append(server.key(Permission.AUDIT_APPEND), "{}");
    String figures = server.get("/metrics", key).body();
    assertThat(figures)
        .contains(
            "tallystick_log_entries " + server.log.lastId(),
            "tallystick_log_up 1",
            "tallystick_appends_total 1",
            "tallystick_appended_events_total 1",
            "tallystick_rejected_events_total 0",
            "tallystick_refused_appends_total{status=\"422\"} 1",
            "tallystick_http_requests_total{status=\"201\"} 1",
            "tallystick_http_request_duration_seconds_bucket{le=\"+Inf\"}");
    assertThat(figures.lines())
        .allMatch(
            line -> line.startsWith("# ") || line.matches("[a-z0-9_]+(\\{[^}]+\\})? [0-9.]+"));

    server.log.close();
    assertThat(server.send(ready).statusCode()).isEqualTo(503);
    assertThat(server.send(health).statusCode()).isEqualTo(200);
    assertThat(server.get("/metrics", key).body()).contains("tallystick_log_up 0");
    HttpResponse<String> refused =
        server.append(server.unlogged(Permission.AUDIT_APPEND), "{\"event_type\":\"auth.logout\"}");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(server.json("/api/audit", key).get("entries")).isNotEmpty();
  }
}
