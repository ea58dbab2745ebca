package io.tallystick.http;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.UnknownHostException;

/** An address that the server cannot listen on. The message says why, and what to do. */
public final class ListenException extends IOException {
  private static final long serialVersionUID = 1L;

  private ListenException(String message, Throwable cause) {
    super(message, cause);
  }

  /** What kept the server from listening, found out from the system and not from its messages. */
  static ListenException of(String host, int port, Throwable cause) {
    return new ListenException(
        "cannot listen on " + host + " port " + port + ": " + reason(host, port, cause), cause);
  }

  private static String reason(String host, int port, Throwable cause) {
    try {
      InetAddress address = InetAddress.getByName(host);
      if (!address.isAnyLocalAddress() && NetworkInterface.getByInetAddress(address) == null) {
        return "this machine has no such address; set --host to one that it has, or to 0.0.0.0 for"
            + " all of them";
      }
    } catch (UnknownHostException e) {
      return "there is no such name; set --host to an address of this machine";
    } catch (IOException e) {
      return "the network interfaces cannot be listed";
    }
    if (isInUse(cause)) {
      return "the port is in use; stop the program that uses it, or set --port to another";
    }
    return port > 0 && port < 1_024
        ? "the operating system refuses it; ports below 1024 need a privilege, so set --port to"
            + " another"
        : "the operating system refuses it";
  }

  private static boolean isInUse(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }
}
