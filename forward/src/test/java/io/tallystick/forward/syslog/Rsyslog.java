package io.tallystick.forward.syslog;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.Counterpart;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.sink.SinkSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** rsyslog itself, which writes a line for each message: structured data, a tab, the message. */
public final class Rsyslog implements AutoCloseable {
  private final Path directory;
  private final int port;
  private final Map<String, Object> values = new LinkedHashMap<>();
  final Counterpart process;

  /**
   * Starts one.
   *
   * @param transport {@code tcp}, {@code tls} or {@code relp}
   */
  public Rsyslog(Path directory, String transport) throws Exception {
    this.directory = directory;
    port = Counterpart.freePort();
    values.put("host", "localhost");
    values.put("port", port);
    values.put("transport", transport);
    String global = "";
    String input =
        "module(load=\"imrelp\")\ninput(type=\"imrelp\" address=\"127.0.0.1\" port=\""
            + port
            + "\")";
    if (!transport.equals("relp")) {
      String driver = "";
      if (transport.equals("tls")) {
        values.put("ca_file", "ca.pem");
        global =
            "defaultNetstreamDriverCAFile=\"%1$s/ca.pem\" defaultNetstreamDriverCertFile=\"%1$s/server.pem\" defaultNetstreamDriverKeyFile=\"%1$s/server.key\""
                .formatted(directory);
        driver =
            " StreamDriver.Name=\"gtls\" StreamDriver.Mode=\"1\" StreamDriver.AuthMode=\"anon\"";
      }
      input =
          "module(load=\"imtcp\"%s)\ninput(type=\"imtcp\" address=\"127.0.0.1\" port=\"%d\")"
              .formatted(driver, port);
    }
    Path config = directory.resolve("rsyslog.conf");
    Files.writeString(
        config,
        """
        global(workDirectory="%1$s" maxMessageSize="64k" %2$s)
        template(name="line" type="string" string="%%structured-data%%\\t%%msg%%\\n")
        main_queue(queue.type="Direct")
        %3$s
        action(type="omfile" file="%1$s/received" template="line" asyncWriting="off")
        """
            .formatted(directory, global, input));
    process =
        new Counterpart(
            directory.resolve("rsyslog.out"),
            port,
            Map.of(),
            List.of("rsyslogd", "-n", "-f", config.toString(), "-i", directory + "/pid"));
  }

  public int port() {
    return port;
  }

  SinkSettings settings(Format format) {
    return TestReceiver.settings(directory, format.name(), values);
  }

  Path directory() {
    return directory;
  }

  /** A setting that it should not have. */
  void put(String name, Object value) {
    values.put(name, value);
  }

  /** What was received, in its order. */
  List<String> lines() throws IOException {
    Path received = directory.resolve("received");
    return Files.exists(received) ? Files.readAllLines(received) : List.of();
  }

  /** The record of each line that is whole, with the number of its structured data. */
  public List<Held> held(Format format) throws IOException {
    Pattern seq = Pattern.compile(" seq=\"(\\d+)\"");
    return lines().stream()
        .filter(line -> line.contains("\t"))
        .flatMap(line -> {
          int tab = line.indexOf('\t');
          Optional<Held> held = format.read(line.substring(tab + 1).strip().getBytes(UTF_8));
          Matcher matcher = seq.matcher(line.substring(0, tab));
          if (held.isPresent()
              && (!matcher.find() || Long.parseLong(matcher.group(1)) != held.get().seq())) {
            throw new AssertionError("another seq in " + line);
          }
          return held.stream();
        })
        .toList();
  }

  @Override
  public void close() {
    process.close();
  }
}
