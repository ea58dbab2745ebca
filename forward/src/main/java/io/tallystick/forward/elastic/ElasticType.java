package io.tallystick.forward.elastic;

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
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Elasticsearch from version 8 on, and OpenSearch from version 2: each record is a document of
 * {@code index}, under a name of its own, so that one that is sent again is not stored again.
 */
public final class ElasticType implements SinkType {
  private static final Pattern INDEX = Pattern.compile("[a-z0-9][a-z0-9._-]{0,127}");
  private static final List<String> JSON_FORMATS = List.of("native", "ecs", "ocsf");

  @Override
  public String name() {
    return "elastic";
  }

  @Override
  public Set<String> settings() {
    return HttpReceiver.settings("index", "template");
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    HttpReceiver.check(settings);
    index(settings);
    installsTemplate(settings);
    checkFormat(settings);
  }

  static void checkFormat(SinkSettings settings) throws IOException {
    if (!JSON_FORMATS.contains(settings.format())) {
      throw settings.wrong(
          "format", "must be one of " + String.join(", ", JSON_FORMATS) + " for this type of sink");
    }
  }

  static String index(SinkSettings settings) throws IOException {
    String index = settings.text("index", "tallystick-audit");
    if (!INDEX.matcher(index).matches()) {
      throw settings.wrong(
          "index", "must be 1 to 128 of a-z, 0-9, ., _ and -, beginning with a letter or digit");
    }
    return index;
  }

  private static boolean installsTemplate(SinkSettings settings) throws IOException {
    return settings.word("template", List.of("install", "none"), "install").equals("install");
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    check(settings);
    Document document = new Document(settings);
    String index = index(settings);
    HttpReceiver receiver = new HttpReceiver(settings, "ApiKey");
    Bulk bulk = new Bulk(receiver, "/" + index + "/_bulk", document::id, document::of);
    return new ElasticSink(
        receiver,
        bulk,
        installsTemplate(settings) ? new IndexTemplate(receiver, index, settings.format()) : null);
  }

  @Override
  public boolean isQueryable() {
    return true;
  }

  @Override
  public Inventory inventory(SinkSettings settings) throws IOException {
    return new ElasticInventory(settings);
  }

  /** Installs the template before the first batch, and sends. */
  private static final class ElasticSink implements Sink {
    private final HttpReceiver receiver;
    private final Bulk bulk;
    private @Nullable IndexTemplate template;

    ElasticSink(HttpReceiver receiver, Bulk bulk, @Nullable IndexTemplate template) {
      this.receiver = receiver;
      this.bulk = bulk;
      this.template = template;
    }

    @Override
    public Level level() {
      return Level.CONFIRMED;
    }

    @Override
    public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
      if (template != null) {
        template.install();
        template = null;
      }
      return bulk.send(batch);
    }

    @Override
    public void close() {
      receiver.close();
    }
  }
}
