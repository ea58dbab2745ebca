package io.tallystick.cli.command;

import io.tallystick.cli.options.ForwardOptions;
import io.tallystick.cli.options.GivenOptions;
import io.tallystick.cli.options.IngestOptions;
import io.tallystick.cli.options.PersonalNames;
import io.tallystick.cli.options.TlsOptions;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.forward.Forwarding;
import io.tallystick.http.AuditServer;
import io.tallystick.http.ServerConfig;
import io.tallystick.http.wire.ConnectionLimits;
import io.tallystick.index.AddressRange;
import io.tallystick.index.AuditIndex;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.service.retention.RetentionAdministration;
import io.tallystick.service.retention.RetentionSchedule;
import io.tallystick.service.witness.WitnessAddress;
import io.tallystick.service.witness.WitnessFeeder;
import io.tallystick.store.AuditLog;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.Durability;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tally serve}: the server. */
@Command(
    name = "serve",
    description =
        "Serve a log over HTTP until SIGTERM or Ctrl-C; reload the certificate and log"
            + " files on SIGHUP")
public final class ServeCommand implements Callable<Integer> {
  private static final int MAX_IDLE_SECONDS = 3_600;
  private static final int MAX_CONNECTIONS = 100_000;
  private static final Pattern HOST_NAME = Pattern.compile("[*]|[A-Za-z0-9._-]{1,253}");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,6})([kmgt]?)");

  private final Terminal terminal;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tally-data",
      description = "Data directory, created if missing (default: ./${DEFAULT-VALUE})")
  private Path data = Path.of("tally-data");

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "N",
      defaultValue = "8470",
      description = "Port to listen on, 0 for any free one (default: ${DEFAULT-VALUE})")
  private int port;

  @Option(
      names = "--base-path",
      paramLabel = "PATH",
      defaultValue = "",
      description =
          "Path under which a proxy serves the log, for instance /audit; the proxy keeps it in"
              + " the requests (default: none)")
  private String basePath = "";

  @Option(
      names = "--idle-timeout",
      paramLabel = "SECONDS",
      defaultValue = "75",
      description =
          "Close a connection that is idle for so long; keep it above your load balancer's"
              + " (default: ${DEFAULT-VALUE})")
  private String idleTimeout = "75";

  @Mixin private final TlsOptions tls = new TlsOptions();

  @Option(
      names = "--trusted-proxy",
      paramLabel = "ADDRESS",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Proxy, or a network such as 10.0.0.0/8, whose X-Forwarded-For counts; several"
              + " with commas, or repeated")
  private List<String> trustedProxies = List.of();

  @Option(
      names = "--allowed-hosts",
      paramLabel = "NAME",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Names by which browsers may reach the server, beside IP addresses and localhost; *"
              + " for any (default: on loopback no others, elsewhere any)")
  private List<String> allowedHosts = List.of();

  @Option(
      names = "--max-connections-per-address",
      paramLabel = "N",
      defaultValue = "1024",
      description =
          "Connections at once from one IPv4 address or IPv6 /64 that is no trusted proxy"
              + " (default: ${DEFAULT-VALUE})")
  private String maxConnectionsPerAddress = "1024";

  @Option(
      names = "--no-hsts",
      description =
          "Do not tell browsers over TLS to use nothing else for this host name, on any port")
  private boolean noHsts;

  @Option(names = "--public-metrics", description = "Serve /metrics without a key")
  private boolean publicMetrics;

  @Option(
      names = "--public-tlog",
      description = "Serve checkpoints, tiles and entries under /tlog without a key")
  private boolean publicTlog;

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      description =
          "Key that signs checkpoints (default: keys/checkpoint.key in the data" + " directory)")
  private @Nullable Path keyFile;

  @Option(
      names = "--post-quantum",
      description =
          "Let a key that is created now also sign with ML-DSA-44, a post-quantum signature")
  private boolean postQuantum;

  @Option(
      names = "--witness",
      paramLabel = "VKEY=URL",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Witness to ask every minute to sign the newest checkpoint, as its verifier key"
              + " and address; several with commas, or repeated")
  private List<String> witnesses = List.of();

  @Option(
      names = "--personal",
      paramLabel = "FIELD",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Field that is personal in every event, such as actor_username, actor_ip or details.email,"
              + " so that it can be erased; several with commas, or repeated")
  private List<String> personal = List.of();

  @Option(names = "--strict-types", description = "Refuse event types that the log does not know")
  private boolean strictTypes;

  @Option(
      names = "--origin",
      paramLabel = "NAME",
      description =
          "Name of a new log, for instance example.com/audit, which cannot be changed"
              + " later (default: chosen at random)")
  private @Nullable String origin;

  @Option(
      names = "--durability",
      paramLabel = "forced|async",
      defaultValue = "forced",
      description =
          "When to acknowledge: forced, once the device has it, or async, before"
              + " (default: ${DEFAULT-VALUE})")
  private String durability = "forced";

  @Option(
      names = "--min-free",
      paramLabel = "SIZE",
      defaultValue = "1g",
      description =
          "Free space below which to warn, for instance 500m or 2g; below 32m appends are"
              + " refused (default: ${DEFAULT-VALUE})")
  private String minFree = "1g";

  @Option(
      names = "--retention-days",
      paramLabel = "N",
      description = "Days to keep entries; older ones are removed every hour (default: forever)")
  private @Nullable String retentionDays;

  @Option(
      names = "--retention-mode",
      paramLabel = "archive|purge",
      defaultValue = "archive",
      description =
          "What to do with entries that are removed: archive keeps them in archive/ of"
              + " the data directory, purge deletes them (default: ${DEFAULT-VALUE})")
  private String retentionMode = "archive";

  @Option(
      names = "--index-details",
      paramLabel = "none|values|text",
      defaultValue = "text",
      description =
          "What filters find in details: nothing, values by their path, or words too; a change"
              + " rebuilds the index (default: ${DEFAULT-VALUE})")
  private IndexedDetails indexDetails = IndexedDetails.TEXT;

  @Mixin private final IngestOptions ingest = new IngestOptions();
  @Mixin private final ForwardOptions forward = new ForwardOptions();

  public ServeCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    ServerConfig server = serverConfig();
    LogConfig config = logConfig();
    List<WitnessAddress> addresses = witnesses.stream().map(ServeCommand::witness).toList();
    logRetention();
    forward.check();
    if (server.tls() != null) {
      server.tls().check();
    }
    Stop stop = new Stop();
    try (AuditLog log = AuditLog.open(data, config);
        AuditIndex index =
            AuditIndex.open(log.reader(), log.reader().directory().index(), indexDetails);
        WitnessFeeder witnessFeeder =
            new WitnessFeeder(log.reader().tree(), addresses, WitnessFeeder.EVERY)) {
      AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
      try (Forwarding forwarding = forward.start(log, index);
          AuditServer running =
              AuditServer.start(log, index, keys, server, witnessFeeder, forwarding);
          RetentionSchedule _ = retention(log, index)) {
        Hangup.handle(running::reloadCertificate);
        printReady(log, server.host(), running.port());
        stop.await();
      }
    } catch (Exception e) {
      stop.done(Failure.UNREACHABLE);
      throw e;
    }
    stop.done(0);
    return 0;
  }

  private void printReady(AuditLog log, String host, int port) {
    Path first = log.reader().directory().adminKey();
    String keys =
        Files.exists(first)
            ? "the first key is in " + Printable.of(first.toString())
            : "its keys: tally keys list";
    terminal
        .out()
        .printf(
            "tally serves %s (%s) at %s://%s:%d%s; %s%n",
            log.reader().identity().origin(),
            Amount.of(log.lastId(), "entry", "entries"),
            tls.files() == null ? "http" : "https",
            host.indexOf(':') >= 0 ? "[" + host + "]" : host,
            port,
            basePath,
            keys);
    terminal.out().flush();
  }

  private ServerConfig serverConfig() {
    return ServerConfig.builder()
        .host(host)
        .port(port)
        .basePath(basePath)
        .tls(tls.files())
        .insecureHttp(tls.insecureHttp)
        .trustedProxies(trustedProxies.stream().map(ServeCommand::proxy).toList())
        .allowedHosts(allowedHosts.stream().map(ServeCommand::hostName).toList())
        .hsts(!noHsts)
        .connections(
            ConnectionLimits.defaults()
                .withPerAddress(
                    number(
                        "--max-connections-per-address",
                        maxConnectionsPerAddress,
                        MAX_CONNECTIONS,
                        "")))
        .publicMetrics(publicMetrics)
        .publicTlog(publicTlog)
        .strictTypes(strictTypes)
        .personal(new PersonalFields(PersonalNames.parse(personal)))
        .receivers(ingest.receivers())
        .timeouts(ServerConfig.Timeouts.defaults().withIdle(idleTimeout()))
        .build();
  }

  private Duration idleTimeout() {
    return Duration.ofSeconds(number("--idle-timeout", idleTimeout, MAX_IDLE_SECONDS, " seconds"));
  }

  /** A number from 1 to the largest that the option allows. */
  private static int number(String option, String text, int largest, String unit) {
    int number = text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
    if (number < 1 || number > largest) {
      throw new Failure(
          Failure.USAGE,
          option
              + " must be between 1 and "
              + largest
              + unit
              + ", but was \""
              + Printable.of(text)
              + "\"");
    }
    return number;
  }

  private static String hostName(String text) {
    if (!HOST_NAME.matcher(text).matches()) {
      throw new Failure(
          Failure.USAGE,
          "--allowed-hosts must be host names without a port, such as audit.example.com, or *, but"
              + " was \""
              + Printable.of(text)
              + "\"");
    }
    return text;
  }

  private static AddressRange proxy(String text) {
    try {
      return AddressRange.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          Failure.USAGE, "--trusted-proxy is \"" + Printable.of(text) + "\": " + e.getMessage());
    }
  }

  private static WitnessAddress witness(String text) {
    try {
      return WitnessAddress.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          Failure.USAGE, "--witness is \"" + Printable.of(text) + "\": " + e.getMessage());
    }
  }

  private LogConfig logConfig() {
    Durability when =
        switch (durability) {
          case "forced" -> Durability.FORCED;
          case "async" -> Durability.ASYNC;
          default ->
              throw new Failure(
                  Failure.USAGE,
                  "--durability must be forced or async, but was \""
                      + Printable.of(durability)
                      + "\"");
        };
    return LogConfig.builder()
        .origin(origin)
        .durability(when)
        .keyFile(keyFile)
        .postQuantum(postQuantum)
        .minFreeBytes(bytes(minFree))
        .build();
  }

  private static long bytes(String size) {
    Matcher matcher = SIZE.matcher(size);
    if (!matcher.matches()) {
      throw new Failure(
          Failure.USAGE,
          "--min-free must be a number of up to six digits and a unit (k, m, g or t), but was \""
              + Printable.of(size)
              + "\"");
    }
    int shift = 10 * " kmgt".indexOf(matcher.group(2).isEmpty() ? " " : matcher.group(2));
    return Long.parseLong(matcher.group(1)) << shift;
  }

  /** Parses {@code --retention-days}. */
  static int retentionDays(String text) {
    int days = text.matches("[0-9]{1,6}") ? Integer.parseInt(text) : 0;
    if (days < 1 || days > RetentionAdministration.MAX_DAYS) {
      throw new Failure(
          Failure.USAGE,
          "--retention-days must be "
              + RetentionAdministration.DAYS
              + ", but was \""
              + Printable.of(text)
              + "\"");
    }
    return days;
  }

  private Retention.Mode retentionMode() {
    return RetentionAdministration.mode(retentionMode)
        .orElseThrow(() ->
            new Failure(
                Failure.USAGE,
                "--retention-mode must be archive or purge, but was \""
                    + Printable.of(retentionMode)
                    + "\""));
  }

  /**
   * Runs before the log is opened, which may take a while, so that a wrong option is reported at
   * once.
   */
  private void logRetention() {
    Retention.Mode mode = retentionMode();
    if (retentionDays != null) {
      terminal
          .err()
          .println(
              "tally: entries older than %d days are %s every hour, up to the first one under a legal hold"
                  .formatted(
                      retentionDays(retentionDays),
                      mode == Retention.Mode.PURGE ? "purged" : "archived"));
    }
  }

  /** Runs retention while the server runs; {@code null} without {@code --retention-days}. */
  private @Nullable RetentionSchedule retention(AuditLog log, AuditIndex index) {
    if (retentionDays == null) {
      return null;
    }
    RetentionAdministration runs = new RetentionAdministration(log, index, Clock.systemUTC());
    return new RetentionSchedule(runs, retentionDays(retentionDays), retentionMode());
  }
}
