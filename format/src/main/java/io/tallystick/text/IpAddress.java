package io.tallystick.text;

import org.jspecify.annotations.Nullable;

/**
 * IP addresses as text, without any look-up: four decimal numbers for IPv4, RFC 4291 section 2.2
 * for IPv6. Names, zones, prefixes, leading zeros of IPv4 and shortened IPv4 are not addresses.
 */
public final class IpAddress {
  private static final int GROUPS = 8;
  private static final String MAPPED = "::ffff:";

  private IpAddress() {}

  /** The address in canonical text (RFC 5952 sections 4 and 5), or null if the text is none. */
  public static @Nullable String canonical(String text) {
    if (text.indexOf(':') < 0) {
      return ipv4(text, 0) < 0 ? null : text;
    }
    int[] groups = ipv6(text);
    return groups == null ? null : format(groups);
  }

  /** The IPv4 address of an IPv4-mapped IPv6 address (RFC 4291 section 2.5.5.2), else null. */
  public static @Nullable String mappedIpv4(String text) {
    String canonical = text.indexOf(':') < 0 ? null : canonical(text);
    return canonical != null && canonical.startsWith(MAPPED)
        ? canonical.substring(MAPPED.length())
        : null;
  }

  /** The 32 bits of the dotted address from {@code from} to the end of the text, or −1. */
  private static long ipv4(String text, int from) {
    long address = 0;
    int at = from;
    for (int octet = 0; octet < 4; octet++) {
      if (octet > 0 && (at == text.length() || text.charAt(at++) != '.')) {
        return -1;
      }
      int first = at;
      int value = 0;
      while (at < text.length() && at < first + 3 && Character.digit(text.charAt(at), 10) >= 0) {
        if (text.charAt(at) > '9') {
          return -1;
        }
        value = value * 10 + (text.charAt(at++) - '0');
      }
      if (at == first || value > 255 || (at > first + 1 && text.charAt(first) == '0')) {
        return -1;
      }
      address = (address << 8) | value;
    }
    return at == text.length() ? address : -1;
  }

  private static int @Nullable [] ipv6(String text) {
    int[] groups = new int[GROUPS];
    int count = 0;
    int gap = -1;
    int at = 0;
    if (text.startsWith("::")) {
      gap = 0;
      at = 2;
    }
    while (at < text.length()) {
      if (count == GROUPS) {
        return null;
      }
      int first = at;
      int value = 0;
      while (at < text.length() && at < first + 4 && hexDigit(text.charAt(at)) >= 0) {
        value = (value << 4) | hexDigit(text.charAt(at++));
      }
      if (at < text.length() && text.charAt(at) == '.') {
        long tail = ipv4(text, first);
        if (tail < 0 || count > GROUPS - 2) {
          return null;
        }
        groups[count++] = (int) (tail >> 16);
        groups[count++] = (int) (tail & 0xffff);
        break;
      }
      if (at == first) {
        return null;
      }
      groups[count++] = value;
      if (at == text.length()) {
        break;
      }
      if (text.charAt(at++) != ':' || at == text.length()) {
        return null;
      }
      if (text.charAt(at) == ':') {
        if (gap >= 0) {
          return null;
        }
        gap = count;
        at++;
      }
    }
    if (gap < 0) {
      return count == GROUPS ? groups : null;
    }
    if (count == GROUPS) {
      return null;
    }
    int tail = count - gap;
    System.arraycopy(groups.clone(), gap, groups, GROUPS - tail, tail);
    for (int i = gap; i < GROUPS - tail; i++) {
      groups[i] = 0;
    }
    return groups;
  }

  private static int hexDigit(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }

  private static String format(int[] groups) {
    if (isIpv4Mapped(groups)) {
      return MAPPED
          + (groups[6] >> 8)
          + "."
          + (groups[6] & 0xff)
          + "."
          + (groups[7] >> 8)
          + "."
          + (groups[7] & 0xff);
    }
    int gapStart = -1;
    int gapLength = 1;
    for (int i = 0; i < GROUPS; i++) {
      int length = 0;
      while (i + length < GROUPS && groups[i + length] == 0) {
        length++;
      }
      if (length > gapLength) {
        gapStart = i;
        gapLength = length;
      }
      i += length;
    }
    StringBuilder text = new StringBuilder(39);
    for (int i = 0; i < GROUPS; i++) {
      if (i == gapStart) {
        text.append("::");
        i += gapLength - 1;
      } else {
        if (!text.isEmpty() && text.charAt(text.length() - 1) != ':') {
          text.append(':');
        }
        text.append(Integer.toHexString(groups[i]));
      }
    }
    return text.toString();
  }

  private static boolean isIpv4Mapped(int[] groups) {
    for (int i = 0; i < 5; i++) {
      if (groups[i] != 0) {
        return false;
      }
    }
    return groups[5] == 0xffff;
  }
}
