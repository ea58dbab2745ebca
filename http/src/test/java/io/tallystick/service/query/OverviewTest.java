package io.tallystick.service.query;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.http.Events;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the overview counts. */
class OverviewTest {
  @TempDir Path data;
  private TestServer server;
  private String key;

  @BeforeEach
  void start() throws Exception {
    server = TestServer.start(data);
    key = server.key("reader", Permission.ADMIN_AUDIT);
    server.index.awaitIndexed(Events.append(server.log, Events.ordinary(90)));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private static long sum(JsonNode buckets, String field) {
    return StreamSupport.stream(buckets.spliterator(), false)
        .mapToLong(bucket -> bucket.at(field).asLong())
        .sum();
  }

  @Test
  void everyEntryIsInOneBucketWhateverThePeriod() throws Exception {
    for (Duration period :
        List.of(
            Duration.ofMinutes(30), Duration.ofDays(1), Duration.ofDays(7), Duration.ofDays(800))) {
      JsonNode report =
          server.json("/api/audit/overview?since=" + Instant.now().minus(period), key);
      JsonNode buckets = report.get("buckets");
      assertThat(buckets.size()).isBetween(2, 81);
      assertThat(sum(buckets, "/total")).isEqualTo(server.log.lastId());
      assertThat(sum(buckets, "/by_category/job")).isEqualTo(20);
      Instant start = Instant.parse(buckets.get(0).get("start").asText());
      for (JsonNode bucket : buckets) {
        assertThat(Instant.parse(bucket.get("start").asText())).isEqualTo(start);
        start = start.plusSeconds(report.get("bucket_seconds").asLong());
      }
    }
  }

  @Test
  void failedLoginsAreCountedByWhoAndWhereFrom() throws Exception {
    JsonNode failed = server.json("/api/audit/overview", key).get("failed_logins");
    assertThat(failed.get("total").asLong()).isEqualTo(10);
    assertThat(failed.at("/addresses/0/actor_ip").asText()).isEqualTo("198.51.100.23");
    assertThat(sum(failed.get("addresses"), "/count")).isEqualTo(10);
    assertThat(failed.at("/actors/0/actor_username").asText()).isEqualTo("admin");
    assertThat(failed.at("/actors/0/actor_id").isNull()).isTrue();
    assertThat(sum(failed.get("actors"), "/count")).isEqualTo(10);
  }

  @Test
  void aPeriodWithNothingInItIsEmpty() throws Exception {
    JsonNode report = server.json("/api/audit/overview?since=2001-01-01&until=2001-01-07", key);
    assertThat(sum(report.get("buckets"), "/total")).isZero();
    assertThat(report.at("/failed_logins/total").asLong()).isZero();
    assertThat(report.get("last_id").asLong()).isEqualTo(server.log.lastId());
    assertThat(report.get("indexed_through").asLong()).isEqualTo(server.log.lastId());
  }
}
