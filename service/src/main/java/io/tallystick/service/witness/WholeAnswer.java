package io.tallystick.service.witness;

import io.tallystick.store.Futures;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;

/**
 * Asks a server that is not trusted to end: its answer is bounded in size, and in time to its last
 * byte. A time-out of the request itself would end with the answer's header.
 */
public final class WholeAnswer {
  private WholeAnswer() {}

  /**
   * Sends a request and reads the whole answer.
   *
   * @throws HttpTimeoutException if it is not there in time
   * @throws IOException if it is larger than {@code maxBytes}, or can't be had for another reason
   */
  public static HttpResponse<byte[]> to(
      HttpRequest request, HttpClient http, int maxBytes, Duration timeout)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        http.sendAsync(
            request,
            HttpResponse.BodyHandlers.limiting(HttpResponse.BodyHandlers.ofByteArray(), maxBytes));
    try {
      return Futures.from(answer, timeout);
    } catch (TimeoutException e) {
      throw new HttpTimeoutException("no whole answer in " + timeout.toSeconds() + " seconds");
    } finally {
      answer.cancel(true);
    }
  }
}
