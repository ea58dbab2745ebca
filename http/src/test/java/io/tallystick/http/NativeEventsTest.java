package io.tallystick.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.service.access.Permission;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Events as well-known systems write them, with invented values, mapped by hand: each is written,
 * and found by its actor, outcome, type as it was spelled, and the time when it happened.
 */
class NativeEventsTest {
  @TempDir static Path data;
  private static TestServer server;
  private static String key;

  @BeforeAll
  static void start() throws Exception {
    server = TestServer.start(data);
    key = server.key(Permission.AUDIT_APPEND, Permission.ADMIN_AUDIT);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  /** Sends the mapped event with the native one in its details, and returns the entry. */
  private static JsonNode written(String mapped, String nativeEvent, String query)
      throws Exception {
    ObjectNode event = (ObjectNode) TestServer.JSON.readTree(mapped);
    event.set("details", TestServer.JSON.readTree(nativeEvent));
    HttpResponse<String> receipt =
        server.post(
            "/api/audit/events" + query,
            key,
            "application/json",
            TestServer.JSON.writeValueAsBytes(event));
    assertThat(receipt.statusCode()).as(receipt.body()).isEqualTo(201);
    long id = TestServer.JSON.readTree(receipt.body()).get("id").asLong();
    JsonNode entry = server.json("/api/audit/entries/" + id, key);
    event
        .properties()
        .forEach(field -> {
          if (!entry.get("altered").toString().contains('"' + field.getKey() + '"')
              && !field.getKey().equals("actor_ip")) {
            assertThat(entry.get(field.getKey())).as(field.getKey()).isEqualTo(field.getValue());
          }
        });
    return entry;
  }

  private static void foundBy(JsonNode entry, String... fields) throws Exception {
    StringBuilder all = new StringBuilder("/api/audit?");
    for (String field : fields) {
      String value = URLEncoder.encode(entry.get(field).asText(), UTF_8);
      assertThat(ids("/api/audit?" + field + "=" + value)).as(field).contains(id(entry));
      all.append(field).append('=').append(value).append('&');
    }
    String occurred = URLEncoder.encode(entry.get("occurred_at").asText(), UTF_8);
    all.append("occurred_since=").append(occurred).append("&occurred_until=").append(occurred);
    assertThat(ids(all.toString())).as(all.toString()).containsExactly(id(entry));
    assertThat(ids(all + "&until=2020-01-01")).as("it arrived today").isEmpty();
  }

  private static Long id(JsonNode entry) {
    return entry.get("id").asLong();
  }

  private static List<Long> ids(String path) throws Exception {
    List<Long> ids = new ArrayList<>();
    server.json(path, key).get("entries").forEach(entry -> ids.add(id(entry)));
    return ids;
  }

  @Test
  void vault() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"kmip-request","outcome":"failure","actor_id":"5f3c9a52-0000-4000-8000-00000000c0de",
             "actor_username":"ldap-rosa","actor_ip":"198.51.100.4","target_type":"transit","target_id":"keys/payroll",
             "action":"update","occurred_at":"2024-02-29T07:01:02.123456789Z","request_id":"9b1deb4d-3b7d"}\
            """,
            """
            {"time":"2024-02-29T07:01:02.123456789Z","type":"kmip-request","auth":{"display_name":"ldap-rosa",
             "entity_id":"5f3c9a52-0000-4000-8000-00000000c0de"},"request":{"id":"9b1deb4d-3b7d","operation":"update",
             "path":"keys/payroll","remote_address":"198.51.100.4:5696"},"error":"1 error occurred:\\n\\t* permission denied\\n\\n"}\
            """,
            "");
    foundBy(entry, "event_type", "outcome", "actor_id", "request_id");
    // The response belongs to the same request, and is an event of its own.
    written(
        "{\"event_type\":\"response\",\"request_id\":\"9b1deb4d-3b7d\"}",
        "{\"type\":\"response\"}",
        "");
    assertThat(ids("/api/audit?request_id=9b1deb4d-3b7d")).hasSize(2);
  }

  @Test
  void kubernetes() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"pods/exec.create","outcome":"failure","actor_type":"serviceaccount",
             "actor_id":"7e57ab1e-0000-4000-8000-000000000001","actor_username":"system:serviceaccount:ci:builder",
             "actor_ip":"10.0.9.8","user_agent":"kubectl/v1.31.0","tenant":"shop","target_type":"pods/exec",
             "target_id":"shop/cart-0","occurred_at":"2024-03-01T10:00:00.000001Z","event_id":"0ddba11-1/ResponseComplete"}\
            """,
            """
            {"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"0ddba11-1","stage":"ResponseComplete","verb":"create",
             "user":{"username":"system:serviceaccount:ci:builder","uid":"7e57ab1e-0000-4000-8000-000000000001"},
             "sourceIPs":["10.0.9.8","203.0.113.77"],"responseStatus":{"code":403},
             "objectRef":{"resource":"pods","namespace":"shop","name":"cart-0","subresource":"exec"}}\
            """,
            "");
    foundBy(entry, "event_type", "outcome", "actor_id", "actor_username", "tenant", "event_id");
  }

  @Test
  void okta() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"policy.evaluate_sign_on","outcome":"failure","severity":"medium","actor_type":"User",
             "actor_id":"00uinvented1","actor_username":"Mei.Example@example.org","actor_ip":"203.0.113.21",
             "user_agent":"Mozilla/5.0","target_type":"PolicyEntity","target_id":"00pinvented","target_name":"Default",
             "occurred_at":"2024-04-05T06:07:08.9Z","event_id":"aa11-okta","session_id":"102invented"}\
            """,
            """
            {"uuid":"aa11-okta","published":"2024-04-05T06:07:08.900Z","eventType":"policy.evaluate_sign_on","severity":"WARN",
             "actor":{"id":"00uinvented1","alternateId":"Mei.Example@example.org"},"outcome":{"result":"DENY"},
             "client":{"geographicalContext":{"geolocation":{"lat":53.3498,"lon":-6.2603}}},
             "target":[{"id":"00pinvented"},{"id":"0prinvented"}]}\
            """,
            "");
    foundBy(entry, "event_type", "outcome", "severity", "actor_id", "session_id", "target_name");
    assertThat(ids("/api/audit?severity_min=high&actor_id=00uinvented1")).isEmpty();
    assertThat(ids("/api/audit?severity_min=low&actor_id=00uinvented1")).hasSize(1);
  }

  @Test
  void entra() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"SignInLogs.Sign-in_activity","outcome":"failure","actor_id":"0b0e-entra",
             "actor_username":"Pat@Example.org","actor_ip":"203.0.113.31:28915","event_id":"e117-entra",
             "occurred_at":"2024-05-06T07:08:09.0729893Z","trace_id":"0af7651916cd43dd8448eb211c80319c"}\
            """,
            """
            {"time":"2024-05-06T07:08:09.0729893Z","category":"SignInLogs","operationName":"Sign-in activity",
             "resultType":"50140","callerIpAddress":"203.0.113.31:28915","properties":{"userId":"0b0e-entra"}}\
            """,
            "?oversize=truncate");
    assertThat(entry.get("actor_host").asText()).isEqualTo("203.0.113.31:28915");
    assertThat(entry.get("altered").toString()).isEqualTo("[\"actor_ip\",\"actor_host\"]");
    foundBy(entry, "event_type", "outcome", "actor_id", "actor_host", "trace_id");
  }

  @Test
  void cloudTrail() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"ec2.RunInstances","outcome":"success","tenant":"123456789012","actor_type":"AssumedRole",
             "actor_id":"arn:aws:sts::123456789012:assumed-role/Builder/session","actor_host":"autoscaling.amazonaws.com",
             "user_agent":"autoscaling.amazonaws.com","target_type":"AWS::EC2::Instance",
             "target_id":"arn:aws:ec2:us-east-1:123456789012:instance/i-0invented",
             "occurred_at":"2024-06-07T08:09:10Z","event_id":"c10d-trail"}\
            """,
            """
            {"eventVersion":"1.08","eventTime":"2024-06-07T08:09:10Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances",
             "sourceIPAddress":"autoscaling.amazonaws.com","eventID":"c10d-trail","responseElements":null}\
            """,
            "");
    foundBy(entry, "event_type", "outcome", "tenant", "actor_id", "actor_host", "target_id");
  }

  @Test
  void gitHub() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"team.user-added","outcome":"success","actor_id":424242,"actor_username":"octo-invented",
             "actor_ip":"203.0.113.41","target_type":"repo","target_id":"invented/shop","occurred_at":"2024-07-08T09:10:11.553Z",
             "event_id":"gh-invented-1"}\
            """,
            """
            {"@timestamp":1720429811553,"_document_id":"gh-invented-1","action":"team.user-added","actor":"octo-invented",
             "actor_id":424242,"org":"invented","repo":"invented/shop"}\
            """,
            "");
    assertThat(entry.get("actor_id").isIntegralNumber()).isTrue();
    foundBy(entry, "event_type", "outcome", "actor_id", "actor_username", "event_id");
  }

  @Test
  void windows() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"Security.4625","outcome":"failure","severity":"high","actor_id":"S-1-5-21-1-2-3-500",
             "actor_username":"Administrator","tenant":"INVENTED","actor_ip":"::ffff:192.0.2.56","target_type":"host",
             "target_name":"WS9.invented.local","occurred_at":"2024-08-09T10:11:12+02:00","event_id":"WS9/4711"}\
            """,
            """
            {"EventTime":"2024-08-09 10:11:12","Channel":"Security","EventID":4625,"Keywords":-9218868437227405312,
             "TargetUserSid":"S-1-5-21-1-2-3-500","TargetUserName":"Administrator","IpAddress":"::ffff:192.0.2.56",
             "Message":"An account failed to log on.\\r\\n\\r\\nSubject:\\r\\n\\tSecurity ID:\\t\\tS-1-0-0"}\
            """,
            "");
    assertThat(entry.get("actor_ip").asText()).isEqualTo("192.0.2.56");
    foundBy(entry, "event_type", "outcome", "severity", "actor_id", "actor_ip", "target_name");
  }

  @Test
  void ocsf() throws Exception {
    JsonNode entry =
        written(
            """
            {"event_type":"Authentication.Logon","outcome":"failure","severity":"informational",
             "actor_id":"arn:aws:iam::123456789012:user/nina","actor_username":"nina","actor_ip":"198.51.100.61",
             "occurred_at":"2024-09-10T11:12:13Z","event_id":"0c5f-1"}\
            """,
            """
            {"class_uid":3002,"class_name":"Authentication","activity_name":"Logon","type_uid":300201,"severity_id":1,
             "status":"Failure","time":1725966733000,"metadata":{"version":"1.3.0","uid":"0c5f-1"},
             "user":{"uid":"arn:aws:iam::123456789012:user/nina"},"unmapped":{"a.b":"c"}}\
            """,
            "");
    foundBy(entry, "event_type", "outcome", "severity", "actor_id", "actor_username");
  }
}
