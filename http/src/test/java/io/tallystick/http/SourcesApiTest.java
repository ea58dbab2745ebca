package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who sent entries, and what never arrived. */
@Timeout(60)
class SourcesApiTest {
  @TempDir Path data;
  private TestServer server;
  private String auditor;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    auditor = server.key("auditor", Permission.ADMIN_AUDIT);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private void send(String source, String stream, long... numbers) throws Exception {
    List<Event> events = new ArrayList<>();
    for (long number : numbers) {
      Event.Builder event = Event.builder("auth.logout").sourceSeq(number);
      if (!stream.equals("default")) {
        event.details(Details.parse("{\"stream\":\"" + stream + "\"}"));
      }
      events.add(event.build());
    }
    server.log.append(events, source).get();
  }

  private JsonNode stream(String query, String source, String stream) throws Exception {
    for (JsonNode one : server.json("/api/audit/sources" + query, auditor).path("streams")) {
      if (one.path("source").asText().equals(source)
          && one.path("stream").asText().equals(stream)) {
        return one;
      }
    }
    return TestServer.JSON.missingNode();
  }

  @Test
  void whatIsMissingIsNamedUntilItArrives() throws Exception {
    send("shop", "default", 1, 2, 5, 6, 9);
    send("shop", "orders", 100, 101);
    send("till", "default", 1, 2, 3);
    JsonNode shop = stream("", "shop", "default");
    assertThat(shop.path("missing").asLong()).isEqualTo(4);
    assertThat(shop.path("gaps").toString())
        .isEqualTo("[{\"first_seq\":3,\"last_seq\":4},{\"first_seq\":7,\"last_seq\":8}]");
    assertThat(shop.path("first_seq").asLong()).isEqualTo(1);
    assertThat(shop.path("last_seq").asLong()).isEqualTo(9);
    assertThat(stream("", "shop", "orders").path("missing").asLong()).isZero();
    assertThat(stream("", "till", "default").path("entries").asLong()).isEqualTo(3);
    assertThat(stream("?source=shop", "till", "default").isMissingNode()).isTrue();

    send("shop", "default", 4, 8, 3);
    shop = stream("?source=shop", "shop", "default");
    assertThat(shop.path("gaps").toString()).isEqualTo("[{\"first_seq\":7,\"last_seq\":7}]");
    assertThat(shop.path("repeated").asLong()).isZero();
    assertThat(shop.path("last_id").asLong()).isEqualTo(server.log.lastId());

    send("till", "default", 2);
    assertThat(stream("", "till", "default").path("repeated").asLong()).isEqualTo(1);
  }

  /** More gaps than are remembered are counted all the same. */
  @Test
  void manyGapsAreCounted() throws Exception {
    long[] odd = new long[2_500];
    for (int i = 0; i < odd.length; i++) {
      odd[i] = 2L * i + 1;
    }
    send("lossy", "default", odd);
    JsonNode lossy = stream("", "lossy", "default");
    assertThat(lossy.path("missing").asLong()).isEqualTo(odd.length - 1);
    assertThat(lossy.path("gaps")).hasSize(100);
    assertThat(lossy.path("first_seq").asLong()).isEqualTo(1);
    assertThat(lossy.path("last_seq").asLong()).isEqualTo(odd[odd.length - 1]);
  }

  @Test
  void otherParametersAreRefused() throws Exception {
    assertThat(server.get("/api/audit/sources?order=asc", auditor).statusCode()).isEqualTo(422);
    assertThat(
            server
                .get("/api/audit/sources?since=2026-02-01&until=2026-01-01", auditor)
                .statusCode())
        .isEqualTo(422);
  }
}
