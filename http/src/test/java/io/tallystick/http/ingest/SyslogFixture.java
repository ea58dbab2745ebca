package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.entry.Entry;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.TestServer;
import io.tallystick.http.tls.TlsFiles;
import io.tallystick.ingest.config.IngestFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** A server with ports for syslog, its certificate, and rsyslog to send to it. */
final class SyslogFixture implements AutoCloseable {
  static final String RFC5424 =
      "<%PRI%>1 %TIMESTAMP:::date-rfc3339% %HOSTNAME% %APP-NAME% %PROCID% %MSGID%"
          + " %STRUCTURED-DATA% %msg%";

  private static final Logger LOG = Logger.getLogger("io.tallystick");

  final Path folder;
  final TestServer server;
  private final List<Process> processes = new ArrayList<>();
  private final List<String> logged = new CopyOnWriteArrayList<>();
  private final Handler listener =
      new Handler() {
        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord record) {
          logged.add(record.getLevel() + " " + formatter.formatMessage(record));
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  /**
   * Starts a server, with a certificate if one of its receivers needs it.
   *
   * @param receivers as the file has them
   */
  SyslogFixture(Path folder, String receivers) throws Exception {
    this.folder = folder;
    LOG.addHandler(listener);
    Path file = folder.resolve("ingest.yaml");
    Files.writeString(file, "receivers:\n" + receivers.indent(2));
    ServerConfig.Builder config =
        TestServer.config(TestServer.LIMITS, ServerConfig.Timeouts.defaults()).toBuilder()
            .receivers(IngestFile.read(file));
    if (receivers.contains("tls")) {
      selfSigned(folder, "cert", "/CN=localhost", "subjectAltName=DNS:localhost,IP:127.0.0.1");
      config = config.tls(new TlsFiles(folder.resolve("cert.pem"), folder.resolve("cert.key")));
    }
    server = TestServer.start(folder.resolve("data"), config.build());
  }

  static void run(String... words) throws Exception {
    Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(printed).isZero();
  }

  /** Writes a certificate that signs itself, NAME.pem, and its key, NAME.key. */
  static void selfSigned(Path folder, String name, String subject, String extension)
      throws Exception {
    Stream<String> words =
        Stream.of(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3"
                .split(" ", -1));
    run(
        Stream.concat(
                words,
                Stream.of(
                    "-keyout",
                    folder.resolve(name + ".key").toString(),
                    "-out",
                    folder.resolve(name + ".pem").toString(),
                    "-subj",
                    subject,
                    "-addext",
                    extension))
            .toArray(String[]::new));
  }

  /** Skips the test unless rsyslog and these modules of it are there. */
  static void needRsyslog(String... modules) throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/sbin/rsyslogd")), "rsyslog is not installed");
    for (String module : modules) {
      try (Stream<Path> places = Files.list(Path.of("/usr/lib"))) {
        assumeTrue(
            places.anyMatch(place -> Files.exists(place.resolve("rsyslog/" + module + ".so"))),
            "rsyslog's " + module + " is not installed");
      }
    }
  }

  int port(String receiver) {
    return server.server.syslogPort(receiver);
  }

  void send(String receiver, String text) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port(receiver))) {
      socket.getOutputStream().write(text.getBytes(UTF_8));
      socket.shutdownOutput();
    }
  }

  List<Entry> entries() throws IOException {
    return server.entriesFrom(1).stream()
        .filter(entry -> entry.event().eventType().startsWith("syslog."))
        .toList();
  }

  List<Entry> awaitEntries(int count) throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    List<Entry> entries = entries();
    while (entries.size() < count && System.nanoTime() < deadline) {
      Thread.sleep(50);
      entries = entries();
    }
    assertThat(entries).hasSize(count);
    return entries;
  }

  /** The texts of those that came through a receiver. */
  static List<String> texts(List<Entry> entries, String receiver) {
    return entries.stream()
        .filter(entry -> String.valueOf(entry.event().eventId()).startsWith(receiver + "/"))
        .map(entry -> String.valueOf(entry.event().action()).strip())
        .toList();
  }

  /** What the server logged. */
  List<String> logged() {
    return List.copyOf(logged);
  }

  void awaitLogged(String text) throws InterruptedException {
    await(() -> logged.stream().anyMatch(line -> line.contains(text)));
    assertThat(logged).anyMatch(line -> line.contains(text));
  }

  static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < deadline) {
      Thread.sleep(20);
    }
  }

  /**
   * Starts rsyslog, which forwards what is logged to a socket.
   *
   * @param name of its files
   * @param modules that it loads
   * @param actions with the template {@code new}, of RFC 5424
   * @return the socket
   */
  Path rsyslog(String name, String modules, String actions) throws Exception {
    Path input = folder.resolve(name + ".sock");
    Path config = folder.resolve(name + ".conf");
    Files.writeString(
        config,
        """
        global(workDirectory="%s" defaultNetstreamDriverCAFile="%s/cert.pem")
        module(load="imuxsock" SysSock.Use="off")
        %s
        input(type="imuxsock" Socket="%s" CreatePath="on" RateLimit.Interval="0")
        template(name="new" type="string" string="%s")
        template(name="framed" type="string" string="%s\\n")
        %s
        """
            .formatted(folder, folder, modules, input, RFC5424, RFC5424, actions));
    processes.add(
        new ProcessBuilder(
                "/usr/sbin/rsyslogd",
                "-n",
                "-f",
                config.toString(),
                "-i",
                folder.resolve(name + ".pid").toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .start());
    await(() -> Files.exists(input));
    return input;
  }

  /** Logs {@code line 0}, {@code line 1} and so on to a socket. */
  void log(Path socket, int count) throws Exception {
    Path lines = folder.resolve("lines");
    Files.write(lines, IntStream.range(0, count).mapToObj(i -> "line " + i).toList());
    run("logger", "--socket", socket.toString(), "--tag", "job", "--file", lines.toString());
  }

  @Override
  public void close() throws IOException {
    for (Process process : processes) {
      process.destroy();
      try {
        boolean _ = process.waitFor(10, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    server.close();
    LOG.removeHandler(listener);
  }
}
