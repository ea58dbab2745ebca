package io.tallystick.http;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a server is run.
 *
 * @param host address or name to listen on
 * @param port TCP port, 0 for any that is free
 * @param tls certificate and key; {@code null} for plain HTTP
 * @param insecureHttp allows plain HTTP on an address that is not loopback
 * @param trustedProxies whose {@code X-Forwarded-For} counts
 * @param publicMetrics serves {@code /metrics} without a key
 * @param publicTlog serves {@code /tlog} without a key
 * @param strictTypes refuses event types that the log does not know
 * @param limits on what is taken
 * @param timeouts on how long is waited
 * @param sessions of those who sign in on the page
 */
public record ServerConfig(
    String host,
    int port,
    @Nullable Tls tls,
    boolean insecureHttp,
    List<Cidr> trustedProxies,
    boolean publicMetrics,
    boolean publicTlog,
    boolean strictTypes,
    Limits limits,
    Timeouts timeouts,
    Sessions sessions) {
  /** The port that is listened on unless another is given. */
  public static final int DEFAULT_PORT = 8470;

  /**
   * Refuses plain HTTP to the world.
   *
   * @throws IllegalArgumentException saying which option is wrong
   */
  public ServerConfig {
    if (host.isBlank()) {
      throw new IllegalArgumentException("host is empty; taken is an address or a name");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port is " + port + "; taken is 0 to 65535");
    }
    if (tls == null && !insecureHttp && !isLoopback(host)) {
      throw new IllegalArgumentException(
          "host is "
              + host
              + ", which others can reach, and there is no TLS: keys would cross the network in the"
              + " clear. Give a certificate and its key, or say that plain HTTP is meant"
              + " (--insecure-http)");
    }
    trustedProxies = List.copyOf(trustedProxies);
  }

  /** A configuration with the default sessions. */
  public ServerConfig(
      String host,
      int port,
      @Nullable Tls tls,
      boolean insecureHttp,
      List<Cidr> trustedProxies,
      boolean publicMetrics,
      boolean publicTlog,
      boolean strictTypes,
      Limits limits,
      Timeouts timeouts) {
    this(
        host,
        port,
        tls,
        insecureHttp,
        trustedProxies,
        publicMetrics,
        publicTlog,
        strictTypes,
        limits,
        timeouts,
        Sessions.defaults());
  }

  /**
   * A certificate and its key, read again whenever the files change.
   *
   * @param certificate PEM: the server's certificate, then those between it and the root
   * @param key PEM: PKCS #8, not encrypted
   */
  public record Tls(Path certificate, Path key) {
    /** Reads both, as the server will; fails with a sentence if they can't be used. */
    public void check() throws IOException {
      TlsMaterial.read(this);
    }
  }

  /**
   * What is taken.
   *
   * @param maxEvents in one request
   * @param maxBodyBytes of one request
   * @param maxPendingBodyBytes of all requests that are being read or answered
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
      positive("maxEvents", maxEvents);
      positive("maxBodyBytes", maxBodyBytes);
      positive("maxConnections", maxConnections);
      positive("maxFailures", maxFailures);
      positive("failureWindow", failureWindow.toNanos());
      if (maxPendingBodyBytes < maxBodyBytes) {
        throw new IllegalArgumentException("maxPendingBodyBytes is at least maxBodyBytes");
      }
    }

    /**
     * 10,000 events, 8 MiB, 4,096 connections, 10 failures a minute; pending a sixteenth of the
     * heap, between 8 and 64 MiB: events take up to five times the memory of their JSON while they
     * are read and written.
     */
    public static Limits defaults() {
      int body = 8 << 20;
      long pending = Math.clamp(Runtime.getRuntime().maxMemory() / 16, body, 64L << 20);
      return new Limits(10_000, body, pending, 4_096, 10, Duration.ofMinutes(1));
    }
  }

  /**
   * How long is waited.
   *
   * @param idle for a client that sends or takes nothing
   * @param body for the whole header of a request, and then for its whole body
   * @param append for the acknowledgement of an append
   * @param stop for the requests that are under way when the server is stopped
   */
  public record Timeouts(Duration idle, Duration body, Duration append, Duration stop) {
    public Timeouts {
      positive("idle", idle.toNanos());
      positive("body", body.toNanos());
      positive("append", append.toNanos());
      positive("stop", stop.toNanos());
    }

    /** 30 s idle, 60 s for a header and as long for a body, 30 s for an append, 20 s to stop. */
    public static Timeouts defaults() {
      return new Timeouts(
          Duration.ofSeconds(30),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          Duration.ofSeconds(20));
    }
  }

  /**
   * Sessions of those who sign in on the page.
   *
   * @param idle ends one that asked for nothing for so long
   * @param absolute ends one this long after it began, whatever it does
   * @param max at once; beyond it, the one that was idle longest ends
   */
  public record Sessions(Duration idle, Duration absolute, int max) {
    public Sessions {
      positive("idle", idle.toNanos());
      positive("absolute", absolute.toNanos());
      positive("max", max);
    }

    /** 30 minutes idle, 12 hours in all, 1,000 at once. */
    public static Sessions defaults() {
      return new Sessions(Duration.ofMinutes(30), Duration.ofHours(12), 1_000);
    }
  }

  /** Loopback, port 8470, plain HTTP, nothing public, nobody trusted. */
  public static ServerConfig defaults() {
    return new ServerConfig(
        "127.0.0.1",
        DEFAULT_PORT,
        null,
        false,
        List.of(),
        false,
        false,
        false,
        Limits.defaults(),
        Timeouts.defaults());
  }

  /** This configuration on another port. */
  public ServerConfig withPort(int port) {
    return listening(host, port, tls, insecureHttp);
  }

  /** This configuration at another address. */
  public ServerConfig listening(String host, int port, @Nullable Tls tls, boolean insecureHttp) {
    return new ServerConfig(
        host,
        port,
        tls,
        insecureHttp,
        trustedProxies,
        publicMetrics,
        publicTlog,
        strictTypes,
        limits,
        timeouts,
        sessions);
  }

  private static void positive(String name, long value) {
    if (value <= 0) {
      throw new IllegalArgumentException(name + " is more than 0, not " + value);
    }
  }

  /** Whether only this machine reaches the host. A name is not looked up. */
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
