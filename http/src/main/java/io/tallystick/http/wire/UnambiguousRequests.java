package io.tallystick.http.wire;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import org.eclipse.jetty.http.HttpURI;

/**
 * Refuses requests that a proxy in front of this server could understand differently: with a header
 * that changes the method, with a transfer coding that changes where the body ends or what it
 * holds, with a URI of another scheme than the connection's, or with a path in which a slash, a
 * backslash or a percent sign is encoded and does not belong to a text.
 */
public final class UnambiguousRequests implements Handler {
  private final String scheme;
  private final String textPath;

  /**
   * @param scheme of every connection
   * @param textPath what a path begins with that ends in a text, in which every character may be
   *     percent-encoded
   */
  public UnambiguousRequests(String scheme, String textPath) {
    this.scheme = scheme;
    this.textPath = textPath;
  }

  @Override
  public void handle(Context request) {
    HttpServletRequest sent = request.req();
    if (sent.getHeader("X-HTTP-Method-Override") != null) {
      throw refused("The header X-HTTP-Method-Override is not supported; send the method itself.");
    }
    String codings = String.join(",", Collections.list(sent.getHeaders("Transfer-Encoding")));
    if (!codings.isEmpty()
        && !(codings.equalsIgnoreCase("chunked") && sent.getProtocol().equals("HTTP/1.1"))) {
      throw refused("Transfer-Encoding must be chunked, in HTTP/1.1, or absent.");
    }
    if (!sent.getScheme().equals(scheme)) {
      throw refused("The URI's scheme must be that of the connection, " + scheme + ".");
    }
    String path = sent.getRequestURI();
    if (path.indexOf('%') >= 0
        && !path.startsWith(textPath)
        && HttpURI.from(path).hasViolations()) {
      throw refused("The path must not have slashes or other special characters percent-encoded.");
    }
  }

  private static Problem.Thrown refused(String detail) {
    return Problem.of(400, detail).with("Connection", "close").thrown();
  }
}
