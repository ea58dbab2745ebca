package io.tallystick.forward.kafka;

import io.tallystick.forward.net.HttpAddress;
import io.tallystick.forward.net.Trust;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkSettings;
import io.tallystick.tlog.Quoted;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Where a sink's topic is, and how its brokers know who we are and we who they are. Passwords and
 * certificates are read anew each time. Immutable; knows nothing of Kafka's library.
 */
final class Cluster {
  static final Set<String> SETTINGS = settings();

  private static final Pattern BROKER =
      Pattern.compile("([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\]):([0-9]{1,5})");
  private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");
  private static final int MAX_PORT = 65_535;

  private final SinkSettings settings;
  private final List<String> brokers;
  private final String topic;
  private final int partition;
  private final boolean tls;
  private final String sasl;
  private final Duration timeout;

  Cluster(SinkSettings settings) throws IOException {
    this.settings = settings;
    brokers = settings.texts("bootstrap_servers");
    topic = settings.text("topic");
    if (!TOPIC.matcher(topic).matches()) {
      throw settings.wrong(
          "topic", "must be 1 to 249 of a-z, A-Z, 0-9, ., _ and -, but was " + Quoted.of(topic));
    }
    partition = (int) settings.number("partition", 0, 0, 100_000);
    tls = settings.flag("tls", true);
    sasl =
        settings.word("sasl", List.of("none", "plain", "scram-sha-256", "scram-sha-512"), "none");
    timeout = Duration.ofSeconds(settings.number("timeout_seconds", 30, 3, 600));
    checkBrokers();
  }

  private static Set<String> settings() {
    Set<String> all = new HashSet<>(Trust.SETTINGS);
    all.addAll(List.of("bootstrap_servers", "topic", "partition", "tls", "insecure_plaintext"));
    all.addAll(List.of("sasl", "username", "password_file", "timeout_seconds"));
    return Set.copyOf(all);
  }

  private void checkBrokers() throws SettingException {
    boolean insecure = settings.flag("insecure_plaintext", false);
    if (brokers.isEmpty()) {
      throw settings.wrong("bootstrap_servers", "is missing; it lists brokers as host:port");
    }
    for (String broker : brokers) {
      Matcher parts = BROKER.matcher(broker);
      if (!parts.matches() || !isPort(parts.group(2))) {
        throw settings.wrong(
            "bootstrap_servers",
            "must be a list of host:port, such as kafka1.example.com:9093, but has "
                + Quoted.of(broker));
      }
      if (!tls && !insecure && !HttpAddress.isLoopback(parts.group(1))) {
        throw settings.wrong(
            "tls",
            "is false, so entries would cross the network in the clear; leave it out, or set"
                + " insecure_plaintext: true");
      }
    }
  }

  private static boolean isPort(String digits) {
    int port = Integer.parseInt(digits);
    return port > 0 && port <= MAX_PORT;
  }

  /** Reads the files too, so that what is wrong with them shows at the start. */
  void check() throws IOException {
    var _ = tlsContext();
    var _ = loginConfiguration();
  }

  String sink() {
    return settings.sink();
  }

  /** The brokers that are asked first. */
  List<String> brokers() {
    return brokers;
  }

  /** The same for messages. */
  String name() {
    return String.join(",", brokers);
  }

  String topic() {
    return topic;
  }

  int partition() {
    return partition;
  }

  /** How long a batch, and each answer to a question, may take. */
  Duration timeout() {
    return timeout;
  }

  /** {@code PLAINTEXT}, {@code SSL}, {@code SASL_PLAINTEXT} or {@code SASL_SSL}. */
  String protocol() {
    return (isAnonymous() ? "" : "SASL_") + (tls ? "SSL" : "PLAINTEXT");
  }

  /** {@code null} if nothing is encrypted. */
  @Nullable SSLContext tlsContext() throws IOException {
    return tls ? Trust.context(settings) : null;
  }

  private boolean isAnonymous() {
    return sasl.equals("none");
  }

  /** The name of the SASL mechanism, such as {@code SCRAM-SHA-512}. */
  String mechanism() {
    return sasl.toUpperCase(Locale.ROOT);
  }

  /**
   * Who we are, as a line of a JAAS configuration; {@code null} if we do not say. It has the
   * password.
   */
  @Nullable String loginConfiguration() throws IOException {
    if (isAnonymous()) {
      if (settings.has("username") || settings.has("password_file")) {
        throw settings.wrong("sasl", "is missing; username and password_file need it");
      }
      return null;
    }
    String module = sasl.equals("plain") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
    return "org.apache.kafka.common.security.%s required username=%s password=%s;"
        .formatted(
            module, quoted(settings.text("username")), quoted(settings.secret("password_file")));
  }

  /** As Java's StreamTokenizer reads it, which reads such lines. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append("\\%03o".formatted((int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
