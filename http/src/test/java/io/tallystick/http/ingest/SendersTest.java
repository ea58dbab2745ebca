package io.tallystick.http.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Libraries that people send events with, as they are. Each test is skipped where python3 or node
 * does not have its library, and {@code forward/src/test/counterparts/get} did not get it.
 */
class SendersTest {
  private static final Path PROGRAMS =
      Path.of("../forward/target/counterparts").toAbsolutePath().normalize();

  @TempDir static Path folder;
  private static ReceivingServer receiving;
  private static String base;

  @BeforeAll
  static void start() throws Exception {
    receiving = ReceivingServer.start(folder, config -> config);
    base = receiving.server.uri("").toString();
  }

  @AfterAll
  static void stop() throws Exception {
    receiving.close();
  }

  /** Runs a program to its end, and returns what it said. */
  private static String run(List<String> words) throws Exception {
    Path out = Files.createTempFile(folder, "sender", ".out");
    ProcessBuilder builder =
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(out.toFile());
    builder.environment().put("NODE_PATH", PROGRAMS.resolve("node_modules").toString());
    builder.environment().put("PYTHONPATH", PROGRAMS.resolve("python").toString());
    Process process = builder.start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    return process.exitValue() + "\n" + Files.readString(out);
  }

  private static void require(String library, String... words) throws Exception {
    boolean has;
    try {
      has = run(List.of(words)).startsWith("0\n");
    } catch (IOException e) {
      has = false;
    }
    assumeTrue(has, words[0] + " has no " + library);
  }

  private static String python(String program, String... arguments) throws Exception {
    return run(command("python3", "send.py", program, arguments));
  }

  private static List<String> command(
      String interpreter, String name, String program, String... arguments) throws IOException {
    Path file = Files.writeString(folder.resolve(name), program);
    List<String> words = new ArrayList<>(List.of(interpreter, file.toString(), base));
    words.add(receiving.key);
    words.addAll(List.of(arguments));
    return words;
  }

  private static List<Entry> written(String id, String action) throws Exception {
    return receiving.entries(id).stream()
        .filter(entry -> ReceivingServer.text(entry, EntryField.ACTION).startsWith(action))
        .toList();
  }

  @Test
  void pythonsOtlpExporter() throws Exception {
    require(
        "opentelemetry-exporter-otlp-proto-http",
        "python3",
        "-c",
        "import opentelemetry.sdk._logs, opentelemetry.exporter.otlp.proto.http._log_exporter");
    String said =
        python(
            """
            import logging, sys, time
            from opentelemetry.sdk._logs import LoggerProvider
            from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.exporter.otlp.proto.http import Compression
            from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
            from opentelemetry._logs import LogRecord, SeverityNumber
            provider = LoggerProvider(resource=Resource({"service.name": "shop"}))
            for compression in (Compression.NoCompression, Compression.Gzip):
                exporter = OTLPLogExporter(endpoint=sys.argv[1] + "/v1/logs", compression=compression,
                                           headers={"Authorization": "Bearer " + sys.argv[2]})
                provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
            logger = provider.get_logger("audit")
            for i in range(20):
                logger.emit(LogRecord(timestamp=time.time_ns(), severity_number=SeverityNumber.WARN,
                                      event_name="auth.login.failed", body="python %d" % i,
                                      attributes={"user.name": "ann", "client.address": "192.0.2.9", "n": i}))
            provider.shutdown()
            """);
    List<Entry> entries = written("otel/", "python ");
    // Once for each of the two exporters, whose requests differ unless both take the same batch.
    assertThat(entries).as(said).hasSizeBetween(20, 40);
    assertThat(entries.stream().map(entry -> entry.event().action()).distinct()).hasSize(20);
    assertThat(entries.getFirst().event().eventType()).isEqualTo("auth.login.failed");
    assertThat(entries.getFirst().event().actorUsername()).isEqualTo("ann");
    assertThat(ReceivingServer.text(entries.getFirst(), EntryField.SEVERITY)).isEqualTo("medium");
    assertThat(String.valueOf(entries.getFirst().event().details()))
        .contains("\"service.name\":\"shop\"", "\"name\":\"audit\"");
  }

  @Test
  void nodesOtlpExporter() throws Exception {
    require(
        "@opentelemetry/exporter-logs-otlp-http",
        "node",
        "-e",
        "require('@opentelemetry/sdk-logs'); require('@opentelemetry/exporter-logs-otlp-http')");
    String said =
        run(
            command(
                "node",
                "otlp.js",
                """
                const { LoggerProvider, BatchLogRecordProcessor } = require("@opentelemetry/sdk-logs");
                const { OTLPLogExporter } = require("@opentelemetry/exporter-logs-otlp-http");
                const [, , base, key] = process.argv;
                const exporter = new OTLPLogExporter({ url: base + "/v1/logs",
                                                       headers: { Authorization: "Bearer " + key } });
                const provider = new LoggerProvider({ processors: [new BatchLogRecordProcessor({ exporter })] });
                const logger = provider.getLogger("audit");
                for (let i = 0; i < 20; i++) {
                  logger.emit({ eventName: "node.event", body: "node " + i, severityNumber: 9,
                                attributes: { "user.name": "ann" } });
                }
                provider.shutdown().catch((e) => { console.error(e); process.exit(1); });
                """));
    List<Entry> entries = written("otel/", "node ");
    assertThat(entries).as(said).hasSize(20);
    assertThat(entries.getFirst().event().eventType()).isEqualTo("node.event");
    assertThat(entries.getFirst().event().actorUsername()).isEqualTo("ann");
  }

  @Test
  void splunkHandler() throws Exception {
    require("splunk_handler", "python3", "-c", "import splunk_handler");
    String said =
        python(
            """
            import logging, sys
            from splunk_handler import SplunkHandler
            handler = SplunkHandler(host="unused", port=1, token=sys.argv[2], index="main", verify=False,
                                    url=sys.argv[1] + "/ingest/lines/services/collector/event",
                                    retry_count=2, flush_interval=1)
            logger = logging.getLogger("shop")
            logger.addHandler(handler)
            for i in range(20):
                logger.warning("splunk %d", i)
            handler.force_flush()
            logging.shutdown()
            """);
    List<Entry> entries = written("lines/", "splunk ");
    assertThat(entries).as(said).hasSize(20);
    assertThat(entries.getFirst().event().eventType()).isEqualTo("hec.text");
    assertThat(entries.getFirst().event().occurredAt()).isNotNull();
  }

  @Test
  void nodesCloudEvents() throws Exception {
    require("cloudevents", "node", "-e", "require('cloudevents')");
    String said =
        run(
            command(
                "node",
                "send.js",
                """
                const { CloudEvent, HTTP } = require("cloudevents");
                const [, , base, key] = process.argv;
                const send = async (message) => {
                  const answer = await fetch(base + "/ingest/events", {
                    method: "POST", body: message.body,
                    headers: { ...message.headers, authorization: "Bearer " + key } });
                  console.log(answer.status);
                };
                (async () => {
                  for (let i = 0; i < 3; i++) {
                    const event = new CloudEvent({ id: "n" + i, source: "/node", type: "node.sent",
                                                   subject: "order 7", data: { i } });
                    await send(HTTP.binary(event));
                    await send(HTTP.structured(event));
                  }
                })();
                """));
    assertThat(said).startsWith("0\n204\n204\n");
    // The modes differ in what they say of the data, so each is an event of its own here.
    List<Entry> entries = receiving.entries("events//node n");
    assertThat(entries.stream().map(entry -> entry.event().targetId()).distinct())
        .containsExactly("order 7");
    assertThat(entries).hasSizeBetween(3, 6);
  }

  @Test
  void pythonsStandardWebhooks() throws Exception {
    require("standardwebhooks", "python3", "-c", "import standardwebhooks");
    String said =
        python(
            """
            import datetime, sys, urllib.request
            from standardwebhooks.webhooks import Webhook
            now = datetime.datetime.now(datetime.timezone.utc)
            body = '{"type":"user.created","timestamp":"2026-03-04T08:51:46Z","data":{}}'
            signature = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign("py-1", now, body)
            request = urllib.request.Request(sys.argv[1] + "/ingest/std", body.encode(), {
                "webhook-id": "py-1", "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": signature, "Content-Type": "application/json"})
            print(urllib.request.urlopen(request).status)
            """);
    assertThat(said).isEqualTo("0\n204\n");
    assertThat(receiving.entries("std/py-1"))
        .singleElement()
        .extracting(entry -> entry.event().eventType())
        .isEqualTo("user.created");
  }
}
