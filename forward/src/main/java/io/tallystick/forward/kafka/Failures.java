package io.tallystick.forward.kafka;

import io.tallystick.forward.sink.SinkException;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.BootstrapResolutionException;
import org.apache.kafka.common.errors.NotEnoughReplicasAfterAppendException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.protocol.Errors;

/** Failures of Kafka's library in our words, which contain no secret. All are worth a new try. */
final class Failures {
  private Failures() {}

  /**
   * What went wrong.
   *
   * @param doing what was tried with the topic, such as {@code write to}
   */
  static SinkException of(Cluster cluster, String doing, Throwable thrown) {
    Throwable cause = known(thrown);
    String problem =
        switch (cause) {
          case SaslAuthenticationException _ ->
              " refuses our login; check sasl, username and password_file";
          case UnsupportedSaslMechanismException _ ->
              " offers no login by " + cluster.mechanism() + "; check sasl";
          case SslAuthenticationException _ ->
              " has no TLS that ca_file trusts for this host, or refuses our certificate";
          case TopicAuthorizationException _ ->
              " does not allow us to %s the topic %s".formatted(doing, cluster.topic());
          case AuthorizationException _ ->
              " does not allow us what it takes to " + doing + " topics";
          case UnknownTopicOrPartitionException _ -> " has no topic " + cluster.topic();
          case NotEnoughReplicasException _ -> notEnoughReplicas(cluster);
          case NotEnoughReplicasAfterAppendException _ -> notEnoughReplicas(cluster);
          case TimeoutException _ ->
              " did not answer in %d s: it is down, or expects another tls or sasl than is set here"
                  .formatted(cluster.timeout().toSeconds());
          case BootstrapResolutionException _ -> " can't be found by its name";
          case ConfigException _ -> " can't be found by its name";
          case ApiException _ -> " answered " + Errors.forException(cause);
          default -> ", or the connection to it, failed";
        };
    return new SinkException(cluster.name() + problem, thrown);
  }

  private static String notEnoughReplicas(Cluster cluster) {
    return " has fewer replicas of %s in sync than its min.insync.replicas"
        .formatted(cluster.topic());
  }

  /** The innermost cause that says most: a time-out often wraps why. */
  private static Throwable known(Throwable thrown) {
    Throwable cause = thrown.getCause();
    boolean wraps =
        thrown instanceof ExecutionException
            || thrown instanceof TimeoutException
            || thrown.getClass() == KafkaException.class;
    return wraps && cause instanceof KafkaException ? known(cause) : thrown;
  }
}
