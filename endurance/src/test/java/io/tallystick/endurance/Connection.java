package io.tallystick.endurance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** What a sender sends through. Used by one thread. */
final class Connection implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private final String url;
  private final String key;
  private final Map<Integer, String> answers;

  /**
   * @param answers gets the last answer of each status
   */
  Connection(String url, String key, Map<Integer, String> answers) {
    this.url = url;
    this.key = key;
    this.answers = answers;
  }

  /**
   * What the server said.
   *
   * @param status 0 if it said nothing
   */
  record Answer(int status, String body) {
    boolean isSuccess() {
      return status / 100 == 2;
    }
  }

  Answer post(String path, Map<String, String> headers, byte[] body) throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(PATIENCE)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    Map<String, String> all = new HashMap<>(headers);
    all.put("Authorization", "Bearer " + key);
    all.forEach(request::header);
    Answer answer;
    try {
      HttpResponse<String> response =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString(UTF_8));
      answer = new Answer(response.statusCode(), response.body());
    } catch (IOException e) {
      answer = new Answer(0, "");
    }
    answers.put(answer.status, answer.body);
    return answer;
  }

  /** Drops it, whatever is under way. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
