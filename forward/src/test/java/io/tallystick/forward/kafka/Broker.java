package io.tallystick.forward.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.forward.Counterpart;
import io.tallystick.forward.net.Certificates;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * One broker of Kafka itself, in a process of its own, see {@code src/test/counterparts}. Anybody
 * is let in without TLS; over TLS the user {@code tally} with a password, by PLAIN or SCRAM.
 */
final class Broker implements AutoCloseable {
  static final String USER = "tally";
  static final String PLAIN_PASSWORD = "the plain one";

  /** What has to be quoted on its way to the library. */
  static final String SCRAM_PASSWORD = "a \"b\\ \t'c'; d=é";

  private static final Path JARS = Path.of("target/counterparts/kafka");

  final int port = Counterpart.freePort();
  final int tlsPort = Counterpart.freePort();
  final Counterpart process;
  final Admin admin;

  /**
   * Starts one. Its certificate, which is its authority too, becomes {@code ca.pem} there. It is
   * for {@code localhost} by name, not by number.
   */
  Broker(Path directory) throws Exception {
    assumeTrue(
        Files.isDirectory(JARS), "Kafka is missing (forward/src/test/counterparts/get kafka)");
    Certificates.make(directory, "EC", "dns:localhost");
    Path keys = directory.resolve("broker.pem");
    Files.writeString(
        keys,
        Files.readString(directory.resolve("server.key"))
            + Files.readString(directory.resolve("server.pem")));
    Path data = Files.createDirectory(directory.resolve("broker"));
    Files.writeString(
        data.resolve("meta.properties"),
        """
        version=1
        cluster.id=dGFsbHlzdGljay10ZXN0cw
        node.id=1
        directory.id=dGFsbHlzdGljay1icm9rZQ
        """);
    Path config = directory.resolve("broker.properties");
    Files.writeString(
        config,
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%1$d
        listeners=PLAINTEXT://127.0.0.1:%2$d,SASL_SSL://127.0.0.1:%3$d,CONTROLLER://127.0.0.1:%1$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%2$d,SASL_SSL://localhost:%3$d
        controller.listener.names=CONTROLLER
        inter.broker.listener.name=PLAINTEXT
        listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
        log.dirs=%4$s
        auto.create.topics.enable=false
        offsets.topic.replication.factor=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        transaction.state.log.num.partitions=1
        log.cleaner.dedupe.buffer.size=8388608
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS
        allow.everyone.if.no.acl.found=true
        listener.name.sasl_ssl.ssl.keystore.type=PEM
        listener.name.sasl_ssl.ssl.keystore.location=%5$s
        listener.name.sasl_ssl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
        listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_%6$s="%7$s";
        listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
        """
            .formatted(Counterpart.freePort(), port, tlsPort, data, keys, USER, PLAIN_PASSWORD));
    process =
        new Counterpart(
            directory.resolve("broker.out"),
            port,
            Map.of(),
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                JARS + "/*",
                "kafka.Kafka",
                config.toString()));
    admin = Admin.create(Map.of("bootstrap.servers", address()));
  }

  /** Where anybody is let in. */
  String address() {
    return "127.0.0.1:" + port;
  }

  /** Makes a topic of one partition. */
  void createTopic(String name, Map<String, String> configuration) throws Exception {
    createTopic(name, 1, configuration);
  }

  /** Makes a topic. */
  void createTopic(String name, int partitions, Map<String, String> configuration)
      throws Exception {
    admin
        .createTopics(List.of(new NewTopic(name, partitions, (short) 1).configs(configuration)))
        .all()
        .get(1, TimeUnit.MINUTES);
  }

  /** Makes the user who logs in by SCRAM. */
  void createUser() throws Exception {
    admin
        .alterUserScramCredentials(
            List.of(
                new UserScramCredentialUpsertion(
                    USER,
                    new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4_096),
                    SCRAM_PASSWORD)))
        .all()
        .get(1, TimeUnit.MINUTES);
  }

  /** Denies the user everything about a topic but to know that it is there. */
  void deny(String topic) throws Exception {
    List<AclBinding> rules = new ArrayList<>();
    for (AclOperation denied : List.of(AclOperation.WRITE, AclOperation.READ)) {
      rules.add(rule(topic, denied, AclPermissionType.DENY));
    }
    rules.add(rule(topic, AclOperation.DESCRIBE, AclPermissionType.ALLOW));
    admin.createAcls(rules).all().get(1, TimeUnit.MINUTES);
  }

  private static AclBinding rule(String topic, AclOperation operation, AclPermissionType type) {
    return new AclBinding(
        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
        new AccessControlEntry("User:" + USER, "*", operation, type));
  }

  /** Removes all records before an offset. */
  void deleteBefore(String topic, long offset) throws Exception {
    admin
        .deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(offset)))
        .all()
        .get(1, TimeUnit.MINUTES);
  }

  /** Waits until readers see the partition up to an offset. */
  void awaitCommitted(String topic, long end) throws Exception {
    TopicPartition partition = new TopicPartition(topic, 0);
    while (admin
            .listOffsets(
                Map.of(partition, OffsetSpec.latest()),
                new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
            .partitionResult(partition)
            .get(1, TimeUnit.MINUTES)
            .offset()
        < end) {
      Thread.sleep(10);
    }
  }

  /** A producer of somebody else. */
  KafkaProducer<byte[], byte[]> producer(Map<String, ?> configuration) {
    Map<String, Object> all = new HashMap<>(configuration);
    all.put("bootstrap.servers", address());
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** What is in the one partition of a topic now. */
  List<ConsumerRecord<byte[], byte[]>> records(String topic) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    TopicPartition partition = new TopicPartition(topic, 0);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", address()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
    }
    return all;
  }

  /** The {@code seq} of all records that have one in their headers, in the order of the topic. */
  List<Long> seqs(String topic) {
    return records(topic).stream()
        .map(Broker::headers)
        .filter(headers -> headers.containsKey("tallystick.seq"))
        .map(headers -> Long.valueOf(headers.get("tallystick.seq")))
        .toList();
  }

  /** What stands in the headers of a record. */
  static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
    Map<String, String> headers = new HashMap<>();
    for (Header header : record.headers()) {
      headers.put(header.key(), new String(header.value(), UTF_8));
    }
    return headers;
  }

  @Override
  public void close() throws IOException {
    admin.close(Duration.ZERO);
    process.close();
  }
}
