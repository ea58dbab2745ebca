package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.endurance.Connection.Answer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A way in which events come in over HTTP, and what its senders do with what did not arrive. Each
 * delivery has a number, and the same number is the same events. An event has its own text, {@code
 * ev:PROTOCOL:NUMBER:PLACE;}.
 */
enum Protocol {
  /** OpenTelemetry: only 429, 502, 503 and 504 and no answer at all are tried again. */
  OTLP("type: otlp", 3, true) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String records =
          events(
              number,
              ",",
              event ->
                  "{\"timeUnixNano\":\"%d\",\"eventName\":\"sent.otlp\",\"body\":{\"stringValue\":\"%s\"}}"
                      .formatted(NANOS + number, event));
      byte[] body =
          ("{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[" + records + "]}]}]}")
              .getBytes(UTF_8);
      boolean small = number % 2 == 0;
      Answer answer =
          server.post(
              PATH + "otlp/v1/logs",
              small ? Map.of(TYPE, JSON, "Content-Encoding", "gzip") : Map.of(TYPE, JSON),
              small ? gzip(body) : body);
      return switch (answer.status()) {
        case 200 -> answer.body().contains("rejected") ? Fate.LOST : Fate.DELIVERED;
        case 0, 429, 502, 503, 504 -> Fate.AGAIN;
        default -> Fate.LOST;
      };
    }
  },

  /** Splunk's collector: delivered is what it acknowledges when it is asked. */
  HEC("type: hec, acknowledgement: true", 3, true) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String body =
          events(
              number,
              "",
              event -> "{\"time\":%d,\"event\":\"%s\"}".formatted(SECONDS + number, event));
      Map<String, String> headers =
          Map.of(
              TYPE,
              "application/x-www-form-urlencoded",
              "X-Splunk-Request-Channel",
              "fe0ecfad-13d5-401b-847d-77833bd77131");
      Answer answer = server.post(COLLECTOR + "/event", headers, body.getBytes(UTF_8));
      if (answer.status() != 200) {
        return Fate.AGAIN;
      }
      String id = PackagedServer.json(answer.body()).path("ackId").asText();
      Answer asked =
          server.post(COLLECTOR + "/ack", headers, ("{\"acks\":[" + id + "]}").getBytes(UTF_8));
      boolean acknowledged =
          asked.status() == 200
              && PackagedServer.json(asked.body()).path("acks").path(id).asBoolean();
      return acknowledged ? Fate.DELIVERED : Fate.AGAIN;
    }
  },

  /** CloudEvents in each of its three modes; 410 would mean that nobody wants them any more. */
  CLOUDEVENTS("type: cloudevents", 1, true) {
    @Override
    int size(long number) {
      return number % 3 == 0 ? 3 : 1;
    }

    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      Function<String, String> structured =
          event ->
              ("{\"specversion\":\"1.0\",\"source\":\"/shop\",\"id\":\"%s\",\"type\":\"sent.event\","
                      + "\"data\":{\"note\":\"%s\"}}")
                  .formatted(event, event);
      Answer answer =
          switch ((int) (number % 3)) {
            case 0 ->
                server.post(
                    PATH + "cloudevents",
                    Map.of(TYPE, "application/cloudevents-batch+json"),
                    ("[" + events(number, ",", structured) + "]").getBytes(UTF_8));
            case 1 ->
                server.post(
                    PATH + "cloudevents",
                    Map.of(TYPE, "application/cloudevents+json"),
                    events(number, ",", structured).getBytes(UTF_8));
            default ->
                server.post(
                    PATH + "cloudevents",
                    Map.of(
                        TYPE,
                        JSON,
                        "ce-specversion",
                        "1.0",
                        "ce-source",
                        "/shop",
                        "ce-type",
                        "sent.event",
                        "ce-id",
                        "binary-" + number),
                    "{\"note\":\"%s\"}".formatted(event(number, 0)).getBytes(UTF_8));
          };
      return answer.isSuccess() ? Fate.DELIVERED : answer.status() == 410 ? Fate.LOST : Fate.AGAIN;
    }
  },

  /** The API server: whatever it is answered, five attempts; its buffer is in memory. */
  KUBERNETES("type: kubernetes", 3, false) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String items =
          events(
              number,
              ",",
              event ->
                  ("{\"level\":\"Metadata\",\"auditID\":\"%s\",\"stage\":\"ResponseComplete\","
                          + "\"verb\":\"get\",\"requestURI\":\"/api\"}")
                      .formatted(event));
      byte[] body =
          ("{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"items\":[" + items + "]}")
              .getBytes(UTF_8);
      long pause = 200;
      for (int attempt = 0; attempt < 5; attempt++) {
        if (server.post(PATH + "kubernetes", Map.of(TYPE, JSON), body).isSuccess()) {
          return Fate.DELIVERED;
        }
        Thread.sleep(pause);
        pause += pause / 2;
      }
      return Fate.LOST;
    }
  },

  /** GitHub does not try again; somebody sends the deliveries that failed once more. */
  GITHUB("type: github, key: admin, secret_file: secret", 1, true) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      byte[] body =
          "{\"action\":\"added\",\"sender\":{\"login\":\"ann\"},\"note\":\"%s\"}"
              .formatted(event(number, 0))
              .getBytes(UTF_8);
      Map<String, String> headers =
          Map.of(
              TYPE,
              JSON,
              "X-GitHub-Event",
              "member",
              "X-GitHub-Delivery",
              "72d3162e-cc78-11e3-81ab-" + number,
              "X-Hub-Signature-256",
              "sha256=" + HexFormat.of().formatHex(hmac(body)));
      return server.post(PATH + "github", headers, body).isSuccess() ? Fate.DELIVERED : Fate.LATER;
    }
  },

  /** GitLab's webhooks: the key of a delivery is the same in each attempt. */
  GITLAB("type: gitlab, key: admin, secret_file: secret", 1, true) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String body =
          "{\"object_kind\":\"push\",\"user_username\":\"ann\",\"note\":\"%s\"}"
              .formatted(event(number, 0));
      Map<String, String> headers =
          Map.of(
              TYPE,
              JSON,
              "X-Gitlab-Event",
              "Push Hook",
              "X-Gitlab-Token",
              SECRET,
              "Idempotency-Key",
              "key-" + number);
      return again(server.post(PATH + "gitlab", headers, body.getBytes(UTF_8)));
    }
  },

  /** Standard Webhooks: each attempt has its own time and signature. */
  WEBHOOKS("type: standard-webhooks, key: admin, secret_file: secret", 1, true) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String body =
          "{\"type\":\"sent.hook\",\"data\":{\"note\":\"%s\"}}".formatted(event(number, 0));
      String id = "msg_" + number;
      long time = Instant.now().getEpochSecond();
      byte[] signature = hmac((id + "." + time + "." + body).getBytes(UTF_8));
      Map<String, String> headers =
          Map.of(
              TYPE,
              JSON,
              "webhook-id",
              id,
              "webhook-timestamp",
              Long.toString(time),
              "webhook-signature",
              "v1," + Base64.getEncoder().encodeToString(signature));
      return again(server.post(PATH + "webhooks", headers, body.getBytes(UTF_8)));
    }
  },

  /** OpenBao tries once. What fails there is a request that it did not serve. */
  VAULT("type: vault", 1, false) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String body =
          ("{\"time\":\"%s\",\"type\":\"request\",\"auth\":{\"display_name\":\"root\"},"
                  + "\"request\":{\"id\":\"%s\",\"operation\":\"read\",\"path\":\"secret/data/a\"}}\n")
              .formatted(Instant.ofEpochSecond(SECONDS + number), event(number, 0));
      return server.post(PATH + "vault", Map.of(TYPE, JSON), body.getBytes(UTF_8)).isSuccess()
          ? Fate.DELIVERED
          : Fate.LOST;
    }
  },

  /** Tallystick's own, with ids of events. */
  OWN("", 3, true) {
    @Override
    Fate deliver(long number, Connection server) throws InterruptedException {
      String body =
          events(
              number,
              "\n",
              event -> "{\"event_type\":\"sent.own\",\"event_id\":\"" + event + "\"}");
      return again(
          server.post(
              "/api/audit/events", Map.of(TYPE, "application/x-ndjson"), body.getBytes(UTF_8)));
    }
  };

  /** What becomes of a delivery, as its sender sees it. */
  enum Fate {
    /** The sender believes that it arrived. */
    DELIVERED,
    /** To be tried again before anything else. */
    AGAIN,
    /** To be tried again after others. */
    LATER,
    /** Never to be tried again. */
    LOST
  }

  static final String SECRET = "a secret of more than 16 characters";

  private static final String TYPE = "Content-Type";
  private static final String JSON = "application/json";
  private static final String PATH = "/ingest/";
  private static final String COLLECTOR = PATH + "hec/services/collector";
  private static final long SECONDS = 1_795_000_000;
  private static final long NANOS = SECONDS * 1_000_000_000;

  private final String receiver;
  private final int size;
  private final boolean keeps;

  Protocol(String receiver, int size, boolean keeps) {
    this.receiver = receiver;
    this.size = size;
    this.keeps = keeps;
  }

  /** Makes one delivery, and perhaps asks what became of it. */
  abstract Fate deliver(long number, Connection server) throws InterruptedException;

  /** How many events a delivery has. */
  int size(long number) {
    return size;
  }

  /** Whether a sender that starts again still has what it had not delivered. */
  boolean keeps() {
    return keeps;
  }

  String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The receivers of all of them, as {@code --ingest} reads them. */
  static String receivers() {
    StringBuilder yaml = new StringBuilder("receivers:\n");
    for (Protocol protocol : values()) {
      if (!protocol.receiver.isEmpty()) {
        yaml.append("  - {name: " + protocol.key() + ", " + protocol.receiver + "}\n");
      }
    }
    return yaml.toString();
  }

  private static Fate again(Answer answer) {
    return answer.isSuccess() ? Fate.DELIVERED : Fate.AGAIN;
  }

  String event(long number, int place) {
    return "ev:" + key() + ":" + number + ":" + place + ";";
  }

  /** The events of a delivery, each in this form. */
  String events(long number, String between, Function<String, String> form) {
    return events(number).map(form).collect(Collectors.joining(between));
  }

  Stream<String> events(long number) {
    return IntStream.range(0, size(number)).mapToObj(place -> event(number, place));
  }

  private static byte[] hmac(byte[] text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(SECRET.getBytes(UTF_8), "HmacSHA256"));
      return mac.doFinal(text);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] gzip(byte[] text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
