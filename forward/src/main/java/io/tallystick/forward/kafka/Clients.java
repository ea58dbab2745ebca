package io.tallystick.forward.kafka;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Clients of Kafka's library for a {@link Cluster}. */
final class Clients {
  /** Below the default of a topic's {@code max.message.bytes}. */
  static final int BATCH_BYTES = 900 << 10;

  /** Above what a record can have: what is too long is up to the topic. */
  private static final int MAX_REQUEST_BYTES = 64 << 20;

  private static final int FETCH_BYTES = 8 << 20;

  private Clients() {}

  /**
   * A producer that waits for all replicas in sync and writes nothing twice by itself.
   *
   * @throws KafkaException if it can't be made
   */
  static Producer<byte[], byte[]> producer(Cluster cluster) throws IOException {
    Map<String, Object> all = common(cluster);
    int timeout = (int) cluster.timeout().toMillis();
    all.put(ProducerConfig.ACKS_CONFIG, "all");
    all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    all.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "none");
    all.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    all.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    all.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) MAX_REQUEST_BYTES);
    // The sink flushes, so nothing waits so long; and what it sends together stays together.
    all.put(ProducerConfig.LINGER_MS_CONFIG, timeout / 3);
    all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, timeout);
    all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /**
   * A consumer without a group, which changes nothing at the brokers.
   *
   * @throws KafkaException if it can't be made
   */
  static Consumer<byte[], byte[]> consumer(Cluster cluster, IsolationLevel isolation)
      throws IOException {
    Map<String, Object> all = common(cluster);
    all.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.name().toLowerCase(Locale.ROOT));
    all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    all.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    all.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) cluster.timeout().toMillis());
    return new KafkaConsumer<>(all, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  private static Map<String, Object> common(Cluster cluster) throws IOException {
    Map<String, Object> all = new HashMap<>();
    all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, cluster.brokers());
    all.put(CommonClientConfigs.CLIENT_ID_CONFIG, "tallystick-" + cluster.sink());
    // A broker that hangs costs this, and another one can be asked within the time of a batch.
    all.put(CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG, (int) cluster.timeout().toMillis() / 3);
    all.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, 1_000L);
    // Brokers can ask their clients for metrics, which would tell them of this machine.
    all.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    all.put(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, List.of());
    all.put(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG, cluster.protocol());
    SSLContext tls = cluster.tlsContext();
    if (tls != null) {
      all.put(SslConfigs.SSL_ENGINE_FACTORY_CLASS_CONFIG, TrustedTls.class);
      all.put(TrustedTls.CONTEXT, tls);
    }
    String login = cluster.loginConfiguration();
    if (login != null) {
      all.put(SaslConfigs.SASL_MECHANISM, cluster.mechanism());
      all.put(SaslConfigs.SASL_JAAS_CONFIG, new Password(login));
    }
    return all;
  }
}
