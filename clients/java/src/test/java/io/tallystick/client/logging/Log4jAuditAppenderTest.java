package io.tallystick.client.logging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.logging.log4j.CloseableThreadContext;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.MarkerManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;
import org.apache.logging.log4j.message.StringMapMessage;
import org.apache.logging.log4j.status.StatusData;
import org.apache.logging.log4j.status.StatusListener;
import org.apache.logging.log4j.status.StatusLogger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Log4j, configured as in an application, and what stands in the spool then. */
class Log4jAuditAppenderTest {
  @TempDir Path directory;

  private final LoggerContext context = new LoggerContext("test");

  private void configure(String options, String filter) throws IOException {
    String configuration =
        """
        <Configuration status="off">
          <Appenders>
            <Audit name="AUDIT" url="http://127.0.0.1:1" keyFile="%s" spool="%s"
                eventType="shop.message" %s>
              %s
            </Audit>
          </Appenders>
          <Loggers><Root level="info"><AppenderRef ref="AUDIT"/></Root></Loggers>
        </Configuration>
        """
            .formatted(directory.resolve("key"), directory.resolve("spool"), options, filter);
    ConfigurationSource source =
        new ConfigurationSource(new ByteArrayInputStream(configuration.getBytes(UTF_8)));
    XmlConfiguration parsed = new XmlConfiguration(context, source);
    if (context.isStarted()) {
      context.reconfigure(parsed);
    } else {
      context.start(parsed);
    }
  }

  /** Nobody will get what is left. */
  private void stop() {
    context.stop(1, TimeUnit.MILLISECONDS);
  }

  private String spooled() throws IOException {
    return Files.readString(directory.resolve("spool/00000000000000000001.events"), ISO_8859_1);
  }

  @Test
  void valuesOfContextAndMessageAreFieldsAndDetails() throws Exception {
    configure("mode=\"spooled\"", "");
    Logger logger = context.getLogger("shop");
    try (var tenant = CloseableThreadContext.put("tenant", "acme").put("tries", "3")) {
      logger.warn("login of {} failed", "root", new IllegalStateException("no such user"));
      assertThat(tenant).isNotNull();
    }
    logger.info(
        new StringMapMessage()
            .with("event_type", "order.paid")
            .with("actor_id", "7")
            .with("message", "paid")
            .with("amount", "1250"));
    logger.debug("not recorded");
    context.getLogger("io.tallystick.client").warn("the client's own");
    stop();

    assertThat(spooled())
        .contains("\"source_seq\":1,\"event_type\":\"shop.message\",\"severity\":\"medium\"")
        .contains("\"action\":\"login of root failed\",\"tenant\":\"acme\"")
        .contains("\"details\":{\"logger\":\"shop\",\"tries\":\"3\",")
        .contains("\"exception\":\"java.lang.IllegalStateException: no such user\"")
        .contains("\"source_seq\":2,\"event_type\":\"order.paid\",\"severity\":\"informational\"")
        .contains("\"action\":\"paid\",\"actor_id\":\"7\"")
        .contains("\"details\":{\"logger\":\"shop\",\"amount\":\"1250\"}")
        .doesNotContain("not recorded")
        .doesNotContain("the client's own");
  }

  @Test
  void aFilterDecidesWhatIsRecorded() throws Exception {
    configure(
        "mode=\"spooled\"",
        "<MarkerFilter marker=\"AUDIT\" onMatch=\"ACCEPT\" onMismatch=\"DENY\"/>");
    Logger logger = context.getLogger("shop");
    logger.error("not marked");
    logger.info(MarkerManager.getMarker("AUDIT"), "marked");
    stop();

    assertThat(spooled()).contains("\"action\":\"marked\"").doesNotContain("not marked");
  }

  /** Log4j starts what is new before it stops what is old, and a spool is open only once. */
  @Test
  void readingTheConfigurationAgainLosesNoEvent() throws Exception {
    configure("mode=\"spooled\"", "");
    Logger logger = context.getLogger("shop");
    logger.info("before");
    configure("mode=\"spooled\"", "<ThresholdFilter level=\"warn\"/>");
    logger.info("filtered now");
    logger.warn("after");
    stop();

    assertThat(spooled())
        .contains("\"source_seq\":1,")
        .contains("\"action\":\"before\"")
        .contains("\"source_seq\":2,")
        .contains("\"action\":\"after\"")
        .doesNotContain("filtered now");
  }

  /** Who chooses the length of what is logged must not choose whether it is logged. */
  @Test
  void noLengthKeepsARecordOut() throws Exception {
    configure("mode=\"spooled\" ignoreExceptions=\"false\"", "");
    String huge = "\u00e9".repeat(1_000_000);
    context
        .getLogger("shop")
        .info(
            new StringMapMessage(
                Map.of("message", huge, "actor_id", huge, "x", huge, "event_type", huge)));
    stop();

    assertThat(spooled()).contains("\"left_out\":[\"logger\",\"x\"]");
  }

  @Test
  void whatIsWrongInTheConfigurationIsSaid() throws Exception {
    assertThat(errorsOf("")).contains("mode must be SYNC");
    assertThat(errorsOf("mode=\"loud\"")).contains("mode must be sync, spooled or best_effort");
  }

  private String errorsOf(String options) throws IOException {
    Errors errors = new Errors();
    StatusLogger.getLogger().registerListener(errors);
    try {
      configure(options, "");
      stop();
    } finally {
      StatusLogger.getLogger().removeListener(errors);
    }
    return errors.text.toString();
  }

  private static final class Errors implements StatusListener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public void log(StatusData data) {
      text.append(data.getMessage().getFormattedMessage()).append('\n');
    }

    @Override
    public Level getStatusLevel() {
      return Level.ERROR;
    }

    @Override
    public void close() {}
  }
}
