package io.tallystick.forward.kafka;

import io.tallystick.forward.format.Formats;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.forward.sink.SinkType;
import java.io.IOException;
import java.util.List;
import java.util.Set;

/**
 * A topic of Apache Kafka that belongs to the sink alone: each record is a record there, in one
 * partition, so that they stand in the order of the log. This class and {@link Cluster} know
 * nothing of Kafka's library, which is loaded when a sink is opened.
 */
public final class KafkaType implements SinkType {
  private static final List<String> FORMATS = List.of("native", "ocsf", "ecs", "cef");

  /** With its key and headers it fits a topic whose {@code max.message.bytes} is the default. */
  private static final int MAX_RECORD_BYTES = 1_000_000;

  @Override
  public String name() {
    return "kafka";
  }

  @Override
  public Set<String> settings() {
    return Cluster.SETTINGS;
  }

  @Override
  public void check(SinkSettings settings) throws IOException {
    // A consumer of OTLP reads requests with a resource around their records, not bare records.
    if (!FORMATS.contains(settings.format())) {
      throw settings.wrong(
          "format", "must be one of " + String.join(", ", FORMATS) + " for this type of sink");
    }
    new Cluster(settings).check();
  }

  @Override
  public String exclusive(SinkSettings settings) throws IOException {
    Cluster cluster = new Cluster(settings);
    return "the topic " + cluster.topic() + " of " + cluster.name();
  }

  @Override
  public int maxRecordBytes() {
    return MAX_RECORD_BYTES;
  }

  @Override
  public Sink open(SinkSettings settings) throws IOException {
    check(settings);
    return new KafkaSink(new Cluster(settings), settings);
  }

  @Override
  public boolean isQueryable() {
    return true;
  }

  @Override
  public Inventory inventory(SinkSettings settings) throws IOException {
    return new KafkaInventory(new Cluster(settings), Formats.of(settings.format()).orElseThrow());
  }
}
