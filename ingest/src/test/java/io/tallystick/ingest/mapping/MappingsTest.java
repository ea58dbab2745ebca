package io.tallystick.ingest.mapping;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventReader;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MappingsTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Mappings SHIPPED = Mappings.shipped();

  private Mapped map(String json) {
    return SHIPPED.map(json.getBytes(UTF_8));
  }

  private static Mapping mapping(String yaml) {
    return Mapping.parse("test.yaml", yaml);
  }

  private static JsonNode json(String text) throws Exception {
    return JSON.readTree(text);
  }

  /** The native event, the mapping's name, and what must come out of it. */
  private void maps(String name, String original, String expected) throws Exception {
    Mapped mapped = map(original);
    assertThat(mapped.failure()).isNull();
    assertThat(mapped.mapping()).isEqualTo(name);
    assertThat((JsonNode) mapped.event()).isEqualTo(json(expected));
  }

  @Test
  void cloudTrail() throws Exception {
    maps(
        "cloudtrail",
        """
        {"eventVersion":"1.08","eventTime":"2026-03-04T08:44:23Z","eventSource":"ec2.amazonaws.com",
         "eventName":"RunInstances","sourceIPAddress":"AWS Internal","eventID":"e-1",
         "userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/x","accountId":"1"},
         "errorCode":"AccessDenied","resources":[{"type":"AWS::EC2::Instance","ARN":"arn:i-0"}]}\
        """,
        """
        {"event_type":"ec2.RunInstances","outcome":"failure","tenant":"1","actor_type":"AssumedRole",
         "actor_id":"arn:aws:sts::1:assumed-role/x","actor_host":"AWS Internal",
         "target_type":"AWS::EC2::Instance","target_id":"arn:i-0","action":"RunInstances",
         "occurred_at":"2026-03-04T08:44:23Z","event_id":"e-1",
         "details":{"eventVersion":"1.08","eventSource":"ec2.amazonaws.com","errorCode":"AccessDenied",
          "resources":[{"type":"AWS::EC2::Instance","ARN":"arn:i-0"}]}}\
        """);
  }

  @Test
  void kubernetes() throws Exception {
    maps(
        "kubernetes",
        """
        {"kind":"Event","apiVersion":"audit.k8s.io/v1","auditID":"a-1","stage":"ResponseComplete","verb":"create",
         "user":{"username":"system:serviceaccount:ci:deployer","uid":"u-1"},"sourceIPs":["10.0.1.5","198.51.100.7"],
         "objectRef":{"resource":"pods","namespace":"prod","name":"web-0","subresource":"exec"},
         "responseStatus":{"code":403},"stageTimestamp":"2026-03-04T08:22:18.819232Z"}\
        """,
        """
        {"event_type":"pods/exec.create","outcome":"failure","tenant":"prod","actor_type":"serviceaccount",
         "actor_id":"u-1","actor_username":"system:serviceaccount:ci:deployer","actor_ip":"10.0.1.5",
         "target_type":"pods","target_id":"prod/web-0","action":"create",
         "occurred_at":"2026-03-04T08:22:18.819232Z","event_id":"a-1/ResponseComplete","request_id":"a-1",
         "details":{"kind":"Event","apiVersion":"audit.k8s.io/v1","stage":"ResponseComplete",
          "sourceIPs":["10.0.1.5","198.51.100.7"],"objectRef":{"name":"web-0","subresource":"exec"},
          "responseStatus":{"code":403}}}\
        """);
  }

  @Test
  void windowsWithATimeThatCouldBeAnyHour() throws Exception {
    maps(
        "windows",
        """
        {"EventTime":"2026-03-04 08:50:26","Channel":"Security","EventID":4625,"Hostname":"WS5","EventRecordID":7,
         "TargetUserSid":"S-1-0-0","SubjectUserSid":"S-1-5-18","TargetUserName":"Administrator","IpAddress":"-",
         "Keywords":-9218868437227405312,"Message":"An account failed to log on.\\r\\n\\r\\nSubject:"}\
        """,
        """
        {"event_type":"Security.4625","outcome":"failure","actor_username":"Administrator",
         "target_type":"host","target_name":"WS5","action":"An account failed to log on.",
         "event_id":"WS5/Security/7",
         "details":{"EventTime":"2026-03-04 08:50:26","Channel":"Security","EventID":4625,"EventRecordID":7,
          "TargetUserSid":"S-1-0-0","SubjectUserSid":"S-1-5-18","IpAddress":"-","Keywords":-9218868437227405312,
          "Message":"An account failed to log on.\\r\\n\\r\\nSubject:"}}\
        """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "{'SubjectUserSid':'S-1-5-18','SubjectUserName':'WS5$','SubjectDomainName':'A','TargetUserSid':'S-1-5-21-7','TargetUserName':'ann','TargetDomainName':'B'} | S-1-5-21-7 | ann | B",
        "{'SubjectUserSid':'S-1-5-18','SubjectUserName':'WS5$','SubjectDomainName':'A','TargetUserName':'ann'} | - | ann | -",
        "{'SubjectUserSid':'S-1-5-18','SubjectUserName':'WS5$','SubjectDomainName':'A'} | S-1-5-18 | WS5$ | A",
      })
  void windowsSaysOfOneAccountOnlyWhatIsItsOwn(
      String accounts, String id, String name, String tenant) {
    JsonNode event =
        map(("{'Channel':'Security','EventID':4624,'Hostname':'h'," + accounts.substring(1))
                .replace('\'', '"'))
            .event();
    assertThat(event.path("actor_id").asText(null)).isEqualTo(id);
    assertThat(event.path("actor_username").asText(null)).isEqualTo(name);
    assertThat(event.path("tenant").asText(null)).isEqualTo(tenant);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vault | {'type':'response','time':'2026-03-04T08:15:04.3Z','error':'denied','auth':{'display_name':'oidc-alice'},'request':{'id':'r','operation':'update','path':'p','remote_address':'192.0.2.10:36776'}} | vault.response.update | failure | 192.0.2.10",
        "okta | {'uuid':'d','published':'2026-03-04T08:18:51.843Z','eventType':'policy.evaluate_sign_on','severity':'WARN','client':{'ipAddress':'203.0.113.20'},'outcome':{'result':'DENY'}} | policy.evaluate_sign_on | failure | 203.0.113.20",
        "entra | {'time':'2026-03-04T08:45:48.0729893Z','category':'SignInLogs','operationName':'Sign-in activity','resultType':'50140','callerIpAddress':'203.0.113.30:28915','properties':{'id':'e'}} | SignInLogs.Sign-in_activity | failure | 203.0.113.30",
        "github | {'@timestamp':1772613858553,'_document_id':'x','action':'git.clone','actor':'octo','actor_ip':'2001:db8::1'} | git.clone | | 2001:db8::1",
        "ocsf | {'class_uid':3002,'class_name':'Authentication','activity_name':'Logon','type_uid':300201,'status_id':2,'time':1772614306000,'metadata':{'version':'1.3.0'},'src_endpoint':{'ip':'198.51.100.60'}} | Authentication.Logon | failure | 198.51.100.60",
        "ecs | {'@timestamp':'2026-03-04T08:15:04Z','ecs':{'version':'9.0'},'event':{'action':'user_login','provider':'sso','outcome':'success'},'source':{'ip':'fe80::1%eth0'}} | sso.user_login | success | fe80::1",
        "keycloak | {'id':'k','time':1772614306000,'type':'LOGIN_ERROR','realmId':'r','realmName':'shop','ipAddress':'192.0.2.3','error':'invalid_user_credentials','details':{'username':'ann'}} | keycloak.LOGIN_ERROR | failure | 192.0.2.3",
      })
  void knows(String name, String original, String type, String outcome, String ip) {
    Mapped mapped = map(original.replace('\'', '"'));
    assertThat(mapped.failure()).isNull();
    assertThat(mapped.mapping()).isEqualTo(name);
    assertThat(mapped.event().path("event_type").asText()).isEqualTo(type);
    assertThat(mapped.event().path("outcome").asText(null)).isEqualTo(outcome);
    assertThat(mapped.event().path("actor_ip").asText()).isEqualTo(ip);
    assertThat(mapped.event().has("occurred_at")).isTrue();
  }

  /** Each value of the original is in a field, if it was moved, or where it was, in the details. */
  @Test
  void nothingIsLostAndNothingStandsTwice() throws Exception {
    Mapped mapped =
        map(
            """
            {"@timestamp":1772613858553,"_document_id":"x","action":"git.clone","actor":"octo","actor_id":7,"org":"o",
             "repo":"o/r","actor_ip":"203.0.113.40","note":"octo","nested":{"a":[1,{"b":null}]}}\
            """);
    assertThat(mapped.moved())
        .containsExactlyInAnyOrder(
            "_document_id", "action", "actor", "actor_id", "org", "repo", "actor_ip");
    assertThat(mapped.event().get("details"))
        .isEqualTo(
            json(
                "{\"@timestamp\":1772613858553,\"note\":\"octo\",\"nested\":{\"a\":[1,{\"b\":null}]}}"));
    assertThat(mapped.event().get("actor_id").isIntegralNumber()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"unknown\":true}",
        "{\"a\":",
        "[1]",
        "\"text\"",
        "",
        "\u0000",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1} x",
        "{\"a\":1e9999999999}",
      })
  void whatNoMappingMatchesIsKeptRaw(String original) throws Exception {
    Mapped mapped = map(original);
    assertThat(mapped.failure()).isNotNull();
    assertThat(mapped.event().path("event_type").asText()).isEqualTo(Mappings.UNMAPPED);
    assertThat(EventReader.readOne(JSON.writeValueAsBytes(mapped.event())).details()).isNotNull();
  }

  @Test
  void whatHasNoRoomIsKeptInPartWithItsHash() throws Exception {
    String original = "{\"a\":\"" + "ü".repeat(100_000) + "\"}";
    Mapped mapped = map(original);
    JsonNode details = mapped.event().get("details");
    assertThat(details.path("bytes").asInt()).isEqualTo(original.getBytes(UTF_8).length);
    assertThat(details.path("sha256").asText()).hasSize(64);
    assertThat(EventReader.readOne(JSON.writeValueAsBytes(mapped.event())).details()).isNotNull();
  }

  /** Java's own way to bytes makes a question mark of it, and nobody would know. */
  @Test
  void aLoneSurrogateIsReplacedWhereTheEntrySaysSo() {
    Mapped mapped =
        map("{\"@timestamp\":1,\"_document_id\":\"x\",\"action\":\"a.b\",\"actor\":\"o\\ud800\"}");
    Event event = EventReader.readOne(mapped.json(), new EventReader.Rules(1, true, false, null));
    assertThat(event.actorUsername()).isEqualTo("o\ufffd");
    assertThat(event.altered()).containsExactly(EntryField.ACTOR_USERNAME, EntryField.DETAILS);
  }

  /** What the entry cuts or cleans is nowhere else if it was moved. */
  @ParameterizedTest
  @ValueSource(strings = {"LONG", "o\\u0000", "o\\ud800"})
  void aValueThatItsFieldCannotHoldStaysInTheDetails(String actor) throws Exception {
    String sent = actor.replace("LONG", "ü".repeat(129));
    Mapped mapped =
        map(
            "{\"@timestamp\":1,\"_document_id\":\"x\",\"action\":\"a.b\",\"actor\":\"%s\",\"org\":\"o\"}"
                .formatted(sent));
    assertThat(mapped.moved()).contains("org").doesNotContain("actor");
    assertThat(mapped.event().path("details").path("actor")).isEqualTo(json("\"" + sent + "\""));
    assertThat(mapped.event().path("actor_username"))
        .isEqualTo(mapped.event().path("details").path("actor"));
  }

  @Test
  void aValueThatFitsItsFieldIsMovedAlsoWhereTheEntryWritesItInAnotherWay() {
    Mapped mapped =
        map(
            "{\"@timestamp\":1,\"_document_id\":\"x\",\"action\":\"a.b\",\"actor\":\"%s\",\"actor_ip\":\"2001:DB8::1\"}"
                .formatted("ü".repeat(128)));
    assertThat(mapped.moved()).contains("actor", "actor_ip");
  }

  /** Objects that look like what a mapping knows, with values of every kind in every place. */
  @Test
  void anyEventBecomesAValidOne() throws Exception {
    String[] keys = {
      "eventVersion",
      "eventSource",
      "eventName",
      "userIdentity",
      "kind",
      "apiVersion",
      "user",
      "objectRef",
      "type",
      "request",
      "uuid",
      "eventType",
      "published",
      "outcome",
      "category",
      "operationName",
      "properties",
      "@timestamp",
      "action",
      "_document_id",
      "Channel",
      "EventID",
      "Hostname",
      "class_uid",
      "type_uid",
      "metadata",
      "event",
      "ecs",
      "time",
      "realmId",
      "version",
      "username",
      "resources",
      "sourceIPs",
      "target",
      "Message",
    };
    String[] values = {
      "null",
      "true",
      "1",
      "-1.5e300",
      "\"\"",
      "\"x\"",
      "\"audit.k8s.io/v1\"",
      "\"Event\"",
      "\"\\u0000\"",
      "\"\\ud800\"",
      "{}",
      "[]",
      "[{}]",
      "{\"version\":\"1\",\"code\":9}",
      "9223372036854775808",
      "\"" + "y".repeat(3_000) + "\"",
    };
    Random random = new Random(7);
    int mapped = 0;
    for (int i = 0; i < 5_000; i++) {
      StringBuilder event = new StringBuilder("{");
      for (String key : keys) {
        if (random.nextInt(3) > 0) {
          event.append(event.length() == 1 ? "" : ",").append('"').append(key).append("\":");
          event.append(values[random.nextInt(values.length)]);
        }
      }
      Mapped result = map(event.append('}').toString());
      EventReader.readOne(
          JSON.writeValueAsBytes(result.event()), new EventReader.Rules(1, true, false, null));
      mapped += result.failure() == null ? 1 : 0;
    }
    assertThat(mapped).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "event_type: 'def f(x) f($x) f(1)' | \"def\" can't be used",
        "event_type: 'import \"x\" as y y:f(.)' | \"import\" can't be used",
        "event_type: uuid() | \"uuid\" can't be used",
        "event_type: now ( ) | \"now\" can't be used",
        "event_type: '[for (.) [for (.) .]]' | has 2 loops",
        "event_type: 'let x = .b join([for (.a) $x + .], \"\")' | \"let\" can't be used beside a loop",
        "event_type: .action * 400000000 | * can't be used",
        "event_type: '.action*4' | * can't be used",
        "event_type: \"string([1, 2] * 3)\" | * can't be used",
        "event_type: \".action // \\\"\\n * 400000000 // \\\"\" | * can't be used",
        "event_type: $action | no variable \"$action\"",
        "event_type: 'let a = .b $b' | no variable \"$b\"",
        "event_type: nosuch(.a) | nosuch",
        "event_type: '.a +' | event_type",
        "outcome: .a | no event_type",
        "id: .a | \"id\" is no field that a mapping can set",
      })
  void whatCannotBeUsedIsRefusedWithTheReason(String map, String reason) {
    assertThatThrownBy(() -> mapping("name: a\nmatch: .a\nmap:\n  " + map + "\n"))
        .isInstanceOf(InvalidMappingException.class)
        .hasMessageContaining("test.yaml")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'.a +'",
        "'nosuch(.a)'",
        "'test(.a, \"(\")  x'",
      })
  void aMessageIsOneLine(String expression) {
    assertThatThrownBy(
            () -> mapping("name: a\nmatch: .a\nmap:\n  event_type: " + expression + "\n"))
        .isInstanceOf(InvalidMappingException.class)
        .hasMessageMatching("[^\\p{Cntrl}]+");
    assertThatThrownBy(() -> mapping("name: a\nmatch: [\nmap: {}\n"))
        .hasMessageMatching("[^\\p{Cntrl}]+");
  }

  @Test
  void scalarsOfYamlAreExpressionsToo() {
    Mapping mapping =
        mapping(
            "name: 7\ntitle: 8\nmatch: true\nmap:\n  event_type: '\"a.b\"'\n  actor_id: 9\n  action: '\"x\"'\n");
    assertThat(mapping.name()).isEqualTo("7");
    assertThat(mapping.title()).isEqualTo("8");
    Mapped mapped = new Mappings(List.of(mapping)).map("{\"b\":1}".getBytes(UTF_8));
    assertThat(mapped.failure()).isNull();
    assertThat(mapped.event().toString())
        .isEqualTo(
            "{\"event_type\":\"a.b\",\"actor_id\":9,\"action\":\"x\",\"details\":{\"b\":1}}");
  }

  @ParameterizedTest
  @CsvSource({
    "seconds,1772613858,2026-03-04T08:44:18Z",
    "seconds,1772613858.25,2026-03-04T08:44:18.250Z",
    "seconds,-1,1969-12-31T23:59:59Z",
    "seconds,1e300,",
    "seconds,1e-999999999,",
    "seconds,253402300800,",
    "seconds,\"1772613858\",",
    "millis,1772613858553,2026-03-04T08:44:18.553Z",
    "millis,253402300800000,",
  })
  void timesAreCountedFrom1970(String function, String number, String time) {
    Mapping mapping =
        mapping(
            "name: a\nmatch: true\nmap:\n  event_type: '\"a.b\"'\n  occurred_at: %s(.t)\n"
                .formatted(function));
    Mapped mapped =
        new Mappings(List.of(mapping)).map("{\"t\":%s}".formatted(number).getBytes(UTF_8));
    assertThat(mapped.failure()).isNull();
    assertThat(mapped.event().path("occurred_at").asText(null)).isEqualTo(time);
  }

  @Test
  void whatAReplacementMakesTooLongIsKeptRaw() {
    Mapping mapping =
        mapping(
            "name: a\nmatch: true\nmap:\n  event_type: '\"a.b\"'\n  action: 'replace(.a, \".\", .a)'\n");
    Mapped mapped =
        new Mappings(List.of(mapping))
            .map(("{\"a\":\"" + "x".repeat(100_000) + "\"}").getBytes(UTF_8));
    assertThat(mapped.failure()).contains("replace");
  }

  @Test
  void keysNamedLikeRefusedWordsAreOnlyKeys() {
    Mapping mapping =
        mapping(
            "name: a\nmatch: .\"import\"\nmap:\n  event_type: .now\n  action: '\"def import now()\"'\n");
    Mapped mapped =
        new Mappings(List.of(mapping)).map("{\"import\":1,\"now\":\"x\"}".getBytes(UTF_8));
    assertThat(mapped.failure()).isNull();
    assertThat(mapped.event().path("action").asText()).isEqualTo("def import now()");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "a: &x [*x]",
        "name: a\nname: b",
        "name: 7\nmatch: .a\nmap: {}",
        "x: 1",
        "\t"
      })
  void whatIsNoMappingIsRefused(String yaml) {
    assertThatThrownBy(() -> mapping(yaml)).isInstanceOf(InvalidMappingException.class);
  }

  @Test
  void anEvilRegularExpressionEndsSoon() {
    Mapping mapping =
        mapping(
            "name: a\nmatch: 'true'\nmap:\n  event_type: 'if (test(.a, \"^(a+)+$\")) \"x\" else \"y\"'\n");
    Mapped mapped =
        new Mappings(List.of(mapping))
            .map(("{\"a\":\"" + "a".repeat(10_000) + "!\"}").getBytes(UTF_8));
    assertThat(mapped.event().path("event_type").asText()).isEqualTo("y");
  }
}
