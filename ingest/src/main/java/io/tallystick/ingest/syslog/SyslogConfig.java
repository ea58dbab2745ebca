package io.tallystick.ingest.syslog;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A port that receives syslog.
 *
 * @param name of the receiver
 * @param address where it listens; port 0 is any that is free
 * @param transport how messages come
 * @param limits of what senders can make it hold
 * @param clients which senders may connect; {@code null} for all, as without TLS
 */
public record SyslogConfig(
    String name,
    InetSocketAddress address,
    Transport transport,
    Limits limits,
    @Nullable ClientCertificates clients) {
  /** How messages come. */
  public enum Transport {
    /** RFC 6587. */
    TCP,
    /** RFC 5425. */
    TLS,
    /** RFC 5426. */
    UDP,
    /** RELP: each message is answered when it is in the log. */
    RELP,
    /** RELP over TLS. */
    RELP_TLS;

    /** Whether the server needs a certificate. */
    public boolean isEncrypted() {
      return this == TLS || this == RELP_TLS;
    }

    boolean isRelp() {
      return this == RELP || this == RELP_TLS;
    }

    /** As the file of receivers has it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * Limits.
   *
   * @param connections at once
   * @param connectionsOfAddress at once from one address
   * @param messageBytes of a message that is kept whole, in bytes; of a larger one the beginning is
   * @param idle after which a connection that sends nothing is closed
   */
  public record Limits(int connections, int connectionsOfAddress, int messageBytes, Duration idle) {
    /** 64 KiB hold what any sender sends; a sender that is silent for a day is probably gone. */
    public static Limits defaults() {
      return new Limits(500, 50, 64 << 10, Duration.ofHours(24));
    }
  }
}
