package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.SinkSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.util.Map;
import java.util.function.Consumer;

/** Every line of a sink, by one query whose answer is read as it comes. */
final class VictoriaLogsInventory implements Inventory {
  private static final String FORM = "application/x-www-form-urlencoded";

  private final SinkSettings settings;
  private final HttpReceiver receiver;

  VictoriaLogsInventory(SinkSettings settings) throws IOException {
    this.settings = settings;
    receiver = new HttpReceiver(settings, "Bearer");
  }

  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    try {
      // What came in last is not found before. A server that lets only others flush has had a
      // second or more since.
      receiver.send("GET", "/internal/force_flush", FORM, new byte[0], Map.of());
      String query = "query=" + URLEncoder.encode(query(), UTF_8);
      try (BufferedReader lines =
          new BufferedReader(
              new InputStreamReader(
                  receiver.stream("/select/logsql/query", FORM, query.getBytes(UTF_8)), UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          consumer.accept(held(Document.MAPPER.readTree(line)));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  private String query() {
    return "{forward.origin=%s,forward.sink=%s} forward.marker:=false"
            .formatted(quoted(settings.origin()), quoted(settings.sink()))
        + " | fields _msg, forward.id, forward.seq, forward.hash";
  }

  private static String quoted(String text) {
    return Document.MAPPER.getNodeFactory().textNode(text).toString();
  }

  private static Held held(JsonNode line) {
    return new Held(
        line.path("forward.id").asLong(),
        line.path("forward.seq").asLong(),
        line.path("forward.hash").asText(""),
        line.path("_msg").asText("").getBytes(UTF_8));
  }

  @Override
  public void close() {
    receiver.close();
  }
}
