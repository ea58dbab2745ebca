package io.tallystick.http.auth;

import io.tallystick.index.AddressRange;
import java.net.InetAddress;
import java.util.List;

/**
 * Where a request comes from: the peer of its connection, or, behind proxies that are trusted, the
 * nearest address in {@code X-Forwarded-For} that is not one of them.
 */
public final class ClientAddress {
  private ClientAddress() {}

  /**
   * The client's address.
   *
   * @param forwardedFor values of {@code X-Forwarded-For} in the order of their lines
   */
  public static InetAddress of(
      InetAddress peer, List<String> forwardedFor, List<AddressRange> trusted) {
    InetAddress client = peer;
    String[] hops = String.join(",", forwardedFor).split(",", -1);
    for (int i = hops.length - 1; i >= 0 && isTrusted(client, trusted); i--) {
      try {
        client = InetAddress.ofLiteral(hops[i].strip());
      } catch (IllegalArgumentException e) {
        break;
      }
    }
    return client;
  }

  private static boolean isTrusted(InetAddress address, List<AddressRange> trusted) {
    return trusted.stream().anyMatch(range -> range.contains(address));
  }

  /** The peer's address as the connection gives it, maybe in brackets or with a zone. */
  public static InetAddress parse(String peer) {
    String literal = peer.startsWith("[") ? peer.substring(1, peer.length() - 1) : peer;
    int zone = literal.indexOf('%');
    return InetAddress.ofLiteral(zone < 0 ? literal : literal.substring(0, zone));
  }

  /** The address as entries have it. */
  public static String text(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }
}
