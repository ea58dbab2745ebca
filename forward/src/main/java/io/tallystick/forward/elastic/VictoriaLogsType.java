package io.tallystick.forward.elastic;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tallystick.entry.EntryCodec;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * VictoriaLogs, by its {@code _bulk}. It knows no names of documents, so that what is sent again is
 * stored again, and it answers before what it has is on disk: no more than accepted.
 *
 * <p>The whole record is {@code _msg}: a line with more fields than it permits would be dropped
 * without a word.
 */
public final class VictoriaLogsType implements SinkType {
  static final String STREAM = "forward.origin,forward.sink";

  @Override
  public String name() {
    return "victorialogs";
  }

  @Override
  public Set<String> settings() {
    return HttpReceiver.settings();
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    HttpReceiver.check(settings);
  }

  /** Its lines have at most 256 KiB, and in {@code _msg} each quote is two bytes. */
  @Override
  public int maxRecordBytes() {
    return 120 << 10;
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    Document document = new Document(settings);
    HttpReceiver receiver = new HttpReceiver(settings, "Bearer");
    String path =
        "/insert/elasticsearch/_bulk?_time_field=_time&_msg_field=_msg&_stream_fields=" + STREAM;
    Bulk bulk = new Bulk(receiver, path, document::id, out -> line(document, out));
    return new Sink() {
      @Override
      public Level level() {
        return Level.ACCEPTED;
      }

      @Override
      public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
        return bulk.send(batch);
      }

      @Override
      public void close() {
        receiver.close();
      }
    };
  }

  private static byte[] line(Document document, Outgoing out) {
    ObjectNode line = Document.MAPPER.createObjectNode();
    line.put("_time", EntryCodec.timestamp(out.time()));
    line.put("_msg", new String(out.body(), UTF_8));
    line.put("event_type", out.eventType());
    line.set(Document.FORWARD, document.forward(out));
    return line.toString().getBytes(UTF_8);
  }

  @Override
  public boolean isQueryable() {
    return true;
  }

  @Override
  public Inventory inventory(SinkSettings settings) throws IOException {
    return new VictoriaLogsInventory(settings);
  }
}
