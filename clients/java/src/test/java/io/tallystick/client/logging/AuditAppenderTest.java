package io.tallystick.client.logging;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logback, configured as in an application, and what stands in the spool then. */
class AuditAppenderTest {
  @TempDir Path directory;

  private LoggerContext configured(String mode) throws Exception {
    String configuration =
        """
        <configuration>
          <appender name="AUDIT" class="io.tallystick.client.logging.AuditAppender">
            <url>http://127.0.0.1:1</url>
            <keyFile>%s</keyFile>
            %s
            <spool>%s</spool>
            <eventType>shop.message</eventType>
          </appender>
          <root level="info"><appender-ref ref="AUDIT"/></root>
        </configuration>
        """
            .formatted(directory.resolve("key"), mode, directory.resolve("spool"));
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(new ByteArrayInputStream(configuration.getBytes(UTF_8)));
    return context;
  }

  @Test
  void keyValuesAreFieldsAndDetails() throws Exception {
    LoggerContext context = configured("<mode>spooled</mode>");
    Logger logger = context.getLogger("shop");
    try (MDC.MDCCloseable tenant = MDC.putCloseable("tenant", "acme")) {
      logger
          .atWarn()
          .addKeyValue("event_type", "auth.login.failed")
          .addKeyValue("actor_id", 7)
          .addKeyValue("tries", 3)
          .setCause(new IllegalStateException("no such user"))
          .log("login of {} failed", "root");
      assertThat(tenant).isNotNull();
    }
    logger.debug("not recorded");
    context.getLogger("io.tallystick.client").warn("the client's own");
    logger.info("a message");
    context.stop();

    Path segment = directory.resolve("spool/00000000000000000001.events");
    String spooled = Files.readString(segment, ISO_8859_1);
    assertThat(spooled)
        .contains("\"event_type\":\"auth.login.failed\",\"severity\":\"medium\"")
        .contains("\"action\":\"login of root failed\"")
        .contains("\"tenant\":\"acme\",\"actor_id\":7")
        .contains("\"details\":{\"logger\":\"shop\",\"tries\":3,")
        .contains("\"exception\":\"java.lang.IllegalStateException: no such user\"")
        .contains("\"source_seq\":2,\"event_type\":\"shop.message\"")
        .doesNotContain("not recorded")
        .doesNotContain("the client's own");
  }

  /** Who chooses the length of what is logged must not choose whether it is logged. */
  @Test
  void noLengthKeepsARecordOut() throws Exception {
    LoggerContext context = configured("<mode>spooled</mode>");
    String huge = "\u00e9".repeat(1_000_000);
    context
        .getLogger("shop")
        .atInfo()
        .addKeyValue("x", huge)
        .addKeyValue("actor_id", huge)
        .log(huge);
    context.stop();

    Path segment = directory.resolve("spool/00000000000000000001.events");
    assertThat(Files.readString(segment, ISO_8859_1))
        .contains("\"event_type\":\"shop.message\"")
        .contains("\"left_out\":[\"logger\",\"x\"]");
  }

  @Test
  void withoutAModeItDoesNotStartAndSaysWhy() throws Exception {
    LoggerContext context = configured("");
    assertThat(context.getStatusManager().getCopyOfStatusList().toString())
        .contains("mode must be SYNC");
    context.stop();
  }
}
