package io.tallystick.http;

import io.tallystick.http.auth.SessionLimits;
import io.tallystick.http.tls.TlsFiles;
import io.tallystick.http.wire.BodyMemory;
import io.tallystick.http.wire.ConnectionLimits;
import io.tallystick.http.wire.Positive;
import io.tallystick.index.AddressRange;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.service.append.PersonalFields;
import io.tallystick.tlog.Quoted;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of a server.
 *
 * @param host address or name to listen on; brackets around an IPv6 address are left out
 * @param port TCP port, 0 for any that is free
 * @param basePath the path that everything is served under, such as {@code /audit}; empty for the
 *     root
 * @param tls certificate and key; {@code null} for plain HTTP
 * @param insecureHttp allows plain HTTP on an address that is not loopback
 * @param trustedProxies whose {@code X-Forwarded-For} counts
 * @param allowedHosts names by which browsers may reach the server, {@code *} for any; empty for
 *     the defaults, see {@link io.tallystick.http.auth.AllowedHosts}
 * @param hsts tells browsers to use nothing but TLS, where there is TLS and others reach the host
 * @param publicMetrics serves {@code /metrics} without a key
 * @param publicTlog serves {@code /tlog} without a key
 * @param strictTypes refuses event types that the log does not know
 * @param personal fields that are personal in every event
 * @param receivers of other systems' events
 * @param limits of requests, connections and failed attempts
 * @param connections limits of connections that send nothing, and of those of one address
 * @param timeouts how long the server waits
 * @param sessions limits of the web page's sessions
 */
public record ServerConfig(
    String host,
    int port,
    String basePath,
    @Nullable TlsFiles tls,
    boolean insecureHttp,
    List<AddressRange> trustedProxies,
    List<String> allowedHosts,
    boolean hsts,
    boolean publicMetrics,
    boolean publicTlog,
    boolean strictTypes,
    PersonalFields personal,
    List<ReceiverSpec> receivers,
    Limits limits,
    ConnectionLimits connections,
    Timeouts timeouts,
    SessionLimits sessions) {
  /** Segments of unreserved characters (RFC 3986, 2.3), of which none is "." or "..". */
  private static final Pattern BASE_PATH = Pattern.compile("(/(?!\\.{1,2}(/|$))[A-Za-z0-9._~-]+)*");

  /** The port that is listened on unless another is given. */
  public static final int DEFAULT_PORT = 8470;

  /**
   * Refuses plain HTTP to the world.
   *
   * @throws IllegalArgumentException saying which option is wrong
   */
  public ServerConfig {
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.isBlank()) {
      throw new IllegalArgumentException("host must be an address or a name, but was empty");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port must be between 0 and 65535, but was " + port);
    }
    if (tls == null && !insecureHttp && !isLoopback(host)) {
      throw new IllegalArgumentException(
          "others can reach host "
              + host
              + ", and without TLS keys would cross the network in the clear. Set --tls-cert and"
              + " --tls-key, or --insecure-http if a proxy on the way adds TLS");
    }
    basePath = checkedBasePath(basePath);
    trustedProxies = List.copyOf(trustedProxies);
    allowedHosts = List.copyOf(allowedHosts);
    receivers = List.copyOf(receivers);
  }

  private static String checkedBasePath(String text) {
    String path = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    if (!BASE_PATH.matcher(path).matches()) {
      throw new IllegalArgumentException(
          "the base path must be a path like /audit or /tools/audit, made of letters, digits and"
              + " - . _ ~, but was "
              + Quoted.of(text));
    }
    return path;
  }

  /**
   * Limits of requests, connections and failed attempts.
   *
   * @param maxEvents in one request
   * @param maxBodyBytes of one request
   * @param maxPendingBodyBytes of all requests that are being read or answered, of which each key
   *     has a fair share
   * @param maxConnections at once
   * @param maxFailures failed attempts from one address in a {@code failureWindow}; further ones
   *     are limited
   * @param failureWindow how long failed attempts are counted together
   */
  public record Limits(
      int maxEvents,
      int maxBodyBytes,
      long maxPendingBodyBytes,
      int maxConnections,
      int maxFailures,
      Duration failureWindow) {
    public Limits {
      Positive.check("maxEvents", maxEvents);
      Positive.check("maxBodyBytes", maxBodyBytes);
      Positive.check("maxConnections", maxConnections);
      Positive.check("maxFailures", maxFailures);
      Positive.check("failureWindow", failureWindow.toNanos());
      if (BodyMemory.largestBody(maxPendingBodyBytes) < maxBodyBytes) {
        throw new IllegalArgumentException(
            "maxPendingBodyBytes must be at least 16/7 of maxBodyBytes, so that the share of one key"
                + " has room for one body");
      }
    }

    /**
     * 10,000 events, 8 MiB, 4,096 connections, 10 failures a minute; pending a sixteenth of the
     * heap, between 20 and 64 MiB: events take up to five times the memory of their JSON while they
     * are read and written.
     */
    public static Limits defaults() {
      int body = 8 << 20;
      long pending = Math.clamp(Runtime.getRuntime().maxMemory() / 16, 20L << 20, 64L << 20);
      return new Limits(10_000, body, pending, 4_096, 10, Duration.ofMinutes(1));
    }
  }

  /**
   * How long the server waits.
   *
   * @param idle for a client that neither sends nor receives
   * @param body for the whole header of a request, and then for its whole body; a body that brings
   *     nothing for a sixth of it is late too
   * @param append for the acknowledgement of an append
   * @param stop for the requests that are under way when the server is stopped
   */
  public record Timeouts(Duration idle, Duration body, Duration append, Duration stop) {
    public Timeouts {
      Positive.check("idle", idle.toNanos());
      Positive.check("body", body.toNanos());
      Positive.check("append", append.toNanos());
      Positive.check("stop", stop.toNanos());
    }

    /** The same with another time for an idle client. */
    public Timeouts withIdle(Duration value) {
      return new Timeouts(value, body, append, stop);
    }

    /**
     * 75 s idle, 60 s for a header and as long for a body, 30 s for an append, 20 s to stop. Load
     * balancers commonly reuse a connection for 60 s; one that the server closed before that would
     * be an error to their client.
     */
    public static Timeouts defaults() {
      return new Timeouts(
          Duration.ofSeconds(75),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofSeconds(20));
    }
  }

  /** The defaults. */
  public static ServerConfig defaults() {
    return builder().build();
  }

  /** A builder with the defaults: loopback, port 8470, plain HTTP, nothing public. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with this configuration. */
  public Builder toBuilder() {
    return new Builder()
        .host(host)
        .port(port)
        .basePath(basePath)
        .tls(tls)
        .insecureHttp(insecureHttp)
        .trustedProxies(trustedProxies)
        .allowedHosts(allowedHosts)
        .hsts(hsts)
        .publicMetrics(publicMetrics)
        .publicTlog(publicTlog)
        .strictTypes(strictTypes)
        .personal(personal)
        .receivers(receivers)
        .limits(limits)
        .connections(connections)
        .timeouts(timeouts)
        .sessions(sessions);
  }

  /** Builds a configuration, which is checked when it is built. Not safe for concurrent use. */
  public static final class Builder {
    private String host = "127.0.0.1";
    private int port = DEFAULT_PORT;
    private String basePath = "";
    private @Nullable TlsFiles tls;
    private boolean insecureHttp = false;
    private List<AddressRange> trustedProxies = List.of();
    private List<String> allowedHosts = List.of();
    private boolean hsts = true;
    private boolean publicMetrics = false;
    private boolean publicTlog = false;
    private boolean strictTypes = false;
    private PersonalFields personal = PersonalFields.NONE;
    private List<ReceiverSpec> receivers = List.of();
    private Limits limits = Limits.defaults();
    private ConnectionLimits connections = ConnectionLimits.defaults();
    private Timeouts timeouts = Timeouts.defaults();
    private SessionLimits sessions = SessionLimits.defaults();

    private Builder() {}

    /** Address or name to listen on; default 127.0.0.1. */
    public Builder host(String value) {
      host = value;
      return this;
    }

    /** TCP port, 0 for any that is free; default 8470. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /**
     * The path that everything is served under, such as {@code /audit}, for a proxy that serves
     * other things beside the log; default the root. A slash at its end is dropped.
     */
    public Builder basePath(String value) {
      basePath = value;
      return this;
    }

    /** Certificate and key; {@code null}, the default, is plain HTTP. */
    public Builder tls(@Nullable TlsFiles value) {
      tls = value;
      return this;
    }

    /** Allows plain HTTP on an address that is not loopback; default no. */
    public Builder insecureHttp(boolean value) {
      insecureHttp = value;
      return this;
    }

    /** Proxies whose {@code X-Forwarded-For} counts; default none. */
    public Builder trustedProxies(List<AddressRange> value) {
      trustedProxies = value;
      return this;
    }

    /**
     * Names by which browsers may reach the server, beside IP addresses and {@code localhost};
     * {@code *} for any. Default: on loopback the host alone, elsewhere any.
     */
    public Builder allowedHosts(List<String> value) {
      allowedHosts = value;
      return this;
    }

    /** Sends {@code Strict-Transport-Security} over TLS, unless on loopback; default yes. */
    public Builder hsts(boolean value) {
      hsts = value;
      return this;
    }

    /** Serves {@code /metrics} without a key; default no. */
    public Builder publicMetrics(boolean value) {
      publicMetrics = value;
      return this;
    }

    /** Serves {@code /tlog} without a key; default no. */
    public Builder publicTlog(boolean value) {
      publicTlog = value;
      return this;
    }

    /** Refuses event types that the log does not know; default no. */
    public Builder strictTypes(boolean value) {
      strictTypes = value;
      return this;
    }

    /** Fields that are personal in every event; default none. */
    public Builder personal(PersonalFields value) {
      personal = value;
      return this;
    }

    /** Receivers of other systems' events; default none. */
    public Builder receivers(List<ReceiverSpec> value) {
      receivers = value;
      return this;
    }

    /** Limits of requests, connections and failures. */
    public Builder limits(Limits value) {
      limits = value;
      return this;
    }

    /** Limits of connections that send nothing, and of those of one address. */
    public Builder connections(ConnectionLimits value) {
      connections = value;
      return this;
    }

    /** How long the server waits. */
    public Builder timeouts(Timeouts value) {
      timeouts = value;
      return this;
    }

    /** Sessions of those who sign in on the page. */
    public Builder sessions(SessionLimits value) {
      sessions = value;
      return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException naming the option that is wrong
     */
    public ServerConfig build() {
      return new ServerConfig(
          host,
          port,
          basePath,
          tls,
          insecureHttp,
          trustedProxies,
          allowedHosts,
          hsts,
          publicMetrics,
          publicTlog,
          strictTypes,
          personal,
          receivers,
          limits,
          connections,
          timeouts,
          sessions);
    }
  }

  /** Whether only this machine reaches the server. A name is not looked up. */
  public boolean isLoopback() {
    return isLoopback(host);
  }

  private static boolean isLoopback(String host) {
    if (host.equals("localhost")) {
      return true;
    }
    try {
      return InetAddress.ofLiteral(host).isLoopbackAddress();
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
