package io.tallystick.forward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/**
 * Sends records to one partition, as many at once as one batch of Kafka's holds, and the next ones
 * after all of these are acknowledged: so nothing overtakes what failed. After a failure, whose
 * records may be in the topic or not, it begins anew with another producer.
 */
final class KafkaSink implements Sink {
  /**
   * With their keys and headers such records fit one batch, which is stored whole or not at all.
   */
  private static final int TOGETHER_BYTES = Clients.BATCH_BYTES / 2;

  /** More than the key, the headers and the framing of a record have. */
  private static final int OVERHEAD_BYTES = 512;

  private final Cluster cluster;
  private final String origin;
  private final String format;
  private @Nullable Producer<byte[], byte[]> producer;

  KafkaSink(Cluster cluster, SinkSettings settings) {
    this.cluster = cluster;
    this.origin = settings.origin();
    this.format = settings.format();
  }

  @Override
  public Level level() {
    return Level.CONFIRMED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    List<Rejected> rejected = new ArrayList<>();
    boolean complete = false;
    try {
      Producer<byte[], byte[]> open = open();
      for (int from = 0; from < batch.size(); ) {
        int to = together(batch, from);
        send(open, batch.subList(from, to), from, rejected);
        from = to;
      }
      complete = true;
      return new Delivery(rejected);
    } catch (InterruptException e) {
      // It has set the flag again.
      var _ = Thread.interrupted();
      throw (InterruptedException) new InterruptedException("interrupted").initCause(e);
    } catch (KafkaException | ExecutionException e) {
      throw Failures.of(cluster, "write to", e);
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  /** The end of those that are sent together. */
  private static int together(List<Outgoing> batch, int from) {
    int to = from;
    for (long bytes = 0; to < batch.size(); to++) {
      bytes += batch.get(to).body().length + OVERHEAD_BYTES;
      if (bytes > TOGETHER_BYTES && to > from) {
        break;
      }
    }
    return to;
  }

  private Producer<byte[], byte[]> open() throws SinkException {
    Producer<byte[], byte[]> open = producer;
    if (open == null) {
      try {
        open = Clients.producer(cluster);
      } catch (IOException e) {
        throw new SinkException(String.valueOf(e.getMessage()), e);
      }
      producer = open;
      int partitions = open.partitionsFor(cluster.topic()).size();
      if (cluster.partition() >= partitions) {
        throw new SinkException(
            "%s has %d partitions of %s, so partition must be at most %d"
                .formatted(cluster.name(), partitions, cluster.topic(), partitions - 1));
      }
    }
    return open;
  }

  private void send(
      Producer<byte[], byte[]> open, List<Outgoing> records, int first, List<Rejected> rejected)
      throws ExecutionException, InterruptedException {
    List<Future<RecordMetadata>> answers = new ArrayList<>(records.size());
    for (Outgoing out : records) {
      Future<RecordMetadata> answer = open.send(record(out));
      answers.add(answer);
      if (answer.isDone()) {
        // It waited for what the brokers say of the topic, and would do so for every record.
        var _ = refusal(answer);
      }
    }
    open.flush();
    for (int i = 0; i < answers.size(); i++) {
      String refusal = refusal(answers.get(i));
      if (refusal != null) {
        rejected.add(new Rejected(first + i, refusal));
      }
    }
  }

  /** Why a record will never be stored; {@code null} if it is. */
  private @Nullable String refusal(Future<RecordMetadata> answer)
      throws ExecutionException, InterruptedException {
    try {
      var _ = answer.get();
      return null;
    } catch (ExecutionException e) {
      return switch (e.getCause()) {
        case RecordTooLargeException _ ->
            "it is longer than max.message.bytes of topic " + cluster.topic() + " allows";
        case RecordBatchTooLargeException _ ->
            "it is longer than segment.bytes of topic " + cluster.topic() + " allows";
        case null, default -> throw e;
      };
    }
  }

  /**
   * A record of the topic. Its key is another one for each, so that even compaction, which nobody
   * should configure, only removes what was sent twice. Its time is when it was sent: entries that
   * are older than the topic's retention would be gone as soon as they arrive.
   */
  private ProducerRecord<byte[], byte[]> record(Outgoing out) {
    String sink = cluster.sink();
    String key = sink + (out.marker() ? "/marker/" : "/") + out.seq();
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(cluster.topic(), cluster.partition(), key.getBytes(UTF_8), out.body());
    Headers headers = record.headers();
    add(headers, "origin", origin);
    add(headers, "sink", sink);
    add(headers, "format", format);
    add(headers, "hash", out.hash());
    if (out.marker()) {
      add(headers, "marker", Long.toString(out.seq()));
    } else {
      add(headers, "seq", Long.toString(out.seq()));
      add(headers, "id", Long.toString(out.id()));
    }
    return record;
  }

  private static void add(Headers headers, String name, String value) {
    var _ = headers.add("tallystick." + name, value.getBytes(UTF_8));
  }

  @Override
  public void close() {
    Producer<byte[], byte[]> open = producer;
    producer = null;
    if (open != null) {
      // What was not acknowledged is sent again, so there is nothing to wait for.
      open.close(Duration.ZERO);
    }
  }
}
