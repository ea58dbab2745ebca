package io.tallystick.forward.kafka;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.store.log.SafePoint;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;

/**
 * Every record of a topic, whoever wrote it, from its beginning to the ends that its partitions
 * have when it is asked. It is read as it comes.
 */
final class KafkaInventory implements Inventory {
  private static final Duration POLL = Duration.ofMillis(500);

  private final Cluster cluster;
  private final Format format;

  /** Offsets before the first one that the topic has. */
  private long removed;

  /** Offsets without a record from there on. */
  private long empty;

  KafkaInventory(Cluster cluster, Format format) {
    this.cluster = cluster;
    this.format = format;
  }

  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    try {
      Map<TopicPartition, Long> ends = ends();
      try (var reader = Clients.consumer(cluster, IsolationLevel.READ_COMMITTED)) {
        refuseOpenTransactions(reader.endOffsets(ends.keySet()), ends);
        read(reader, ends, consumer);
      }
    } catch (InterruptException e) {
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    } catch (OffsetOutOfRangeException e) {
      throw new SinkException(
          cluster.name() + " removed records of " + cluster.topic() + " while they were read", e);
    } catch (KafkaException e) {
      throw isForLackOfAClass(e) ? unknownCompression(e) : Failures.of(cluster, "read", e);
    } catch (LinkageError e) {
      throw unknownCompression(e);
    }
  }

  /** Where each partition ends, whatever transactions say. */
  private Map<TopicPartition, Long> ends() throws IOException {
    try (var reader = Clients.consumer(cluster, IsolationLevel.READ_UNCOMMITTED)) {
      List<TopicPartition> partitions =
          reader.partitionsFor(cluster.topic()).stream()
              .map(each -> new TopicPartition(each.topic(), each.partition()))
              .toList();
      if (partitions.isEmpty()) {
        throw new SinkException(cluster.name() + " has no topic " + cluster.topic());
      }
      return reader.endOffsets(partitions);
    }
  }

  /** What is behind an open transaction, a reader does not see yet, and would be missing. */
  private void refuseOpenTransactions(
      Map<TopicPartition, Long> visible, Map<TopicPartition, Long> ends) throws SinkException {
    for (Map.Entry<TopicPartition, Long> end : ends.entrySet()) {
      long seen = visible.getOrDefault(end.getKey(), 0L);
      if (seen < end.getValue()) {
        throw new SinkException(
            ("%s hides records of %s from offset %d of partition %d on, behind a transaction that"
                    + " somebody else began and did not end")
                .formatted(cluster.name(), cluster.topic(), seen, end.getKey().partition()));
      }
    }
  }

  private void read(
      org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> reader,
      Map<TopicPartition, Long> ends,
      Consumer<Held> consumer)
      throws IOException {
    List<TopicPartition> left = new ArrayList<>(ends.keySet());
    reader.assign(left);
    reader
        .beginningOffsets(left)
        .forEach((partition, offset) -> {
          removed += offset;
          empty += Math.max(0, ends.getOrDefault(partition, 0L) - offset);
          reader.seek(partition, offset);
        });
    long late = System.nanoTime() + cluster.timeout().toNanos();
    long before = -1;
    while (true) {
      left.removeIf(partition -> reader.position(partition) >= ends.getOrDefault(partition, 0L));
      if (left.isEmpty()) {
        return;
      }
      reader.pause(reader.assignment().stream().filter(each -> !left.contains(each)).toList());
      for (ConsumerRecord<byte[], byte[]> record : poll(reader)) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        if (record.offset() < ends.getOrDefault(partition, 0L)) {
          empty--;
          give(record, consumer);
        }
      }
      long now = left.stream().mapToLong(reader::position).sum();
      if (now != before) {
        before = now;
        late = System.nanoTime() + cluster.timeout().toNanos();
      } else if (System.nanoTime() > late) {
        throw new SinkException(
            "%s gave nothing more of %s in %d s"
                .formatted(cluster.name(), cluster.topic(), cluster.timeout().toSeconds()));
      }
    }
  }

  /** Others compute while this waits for the broker. */
  private static ConsumerRecords<byte[], byte[]> poll(
      org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> reader) throws IOException {
    try {
      return Objects.requireNonNull(SafePoint.awaiting(() -> reader.poll(POLL)));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }

  private void give(ConsumerRecord<byte[], byte[]> record, Consumer<Held> consumer) {
    byte[] value = record.value();
    String place = "partition %d, offset %d".formatted(record.partition(), record.offset());
    if (value == null) {
      consumer.accept(new Held(0, 0, "", null).at(place));
    } else {
      format.read(value).ifPresent(held -> consumer.accept(held.at(place)));
    }
  }

  @Override
  public @Nullable String note() {
    return removed + empty == 0
        ? null
        : ("topic %s: %,d offsets at the beginning and %,d after it have no records; they were"
                + " removed by retention, by hand or by compaction, or were of transactions")
            .formatted(cluster.topic(), removed, empty);
  }

  private static boolean isForLackOfAClass(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof KafkaException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof LinkageError;
  }

  private SinkException unknownCompression(Throwable e) {
    return new SinkException(
        ("topic %s has records that somebody compressed with zstd, lz4 or snappy, which can't be"
                + " read here; set its compression.type to uncompressed")
            .formatted(cluster.topic()),
        e);
  }

  @Override
  public void close() {}
}
