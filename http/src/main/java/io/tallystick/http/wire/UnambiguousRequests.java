package io.tallystick.http.wire;

import io.javalin.http.Context;
import io.javalin.http.Handler;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;

/**
 * Refuses requests that a proxy before this server could have taken for others: a method that a
 * header changes, a body that ends elsewhere or holds something else for whoever knows more
 * codings, a URI of another scheme than the connection's.
 */
public final class UnambiguousRequests implements Handler {
  private final String scheme;

  /**
   * @param scheme of every connection
   */
  public UnambiguousRequests(String scheme) {
    this.scheme = scheme;
  }

  @Override
  public void handle(Context request) {
    HttpServletRequest sent = request.req();
    if (sent.getHeader("X-HTTP-Method-Override") != null) {
      throw refused("The header X-HTTP-Method-Override is not taken; send the method itself.");
    }
    String codings = String.join(",", Collections.list(sent.getHeaders("Transfer-Encoding")));
    if (!codings.isEmpty()
        && !(codings.equalsIgnoreCase("chunked") && sent.getProtocol().equals("HTTP/1.1"))) {
      throw refused("Taken is Transfer-Encoding: chunked, in HTTP/1.1, and no other.");
    }
    if (!sent.getScheme().equals(scheme)) {
      throw refused("The request's URI is not of the scheme that this server is asked by.");
    }
  }

  private static Problem.Thrown refused(String detail) {
    return Problem.of(400, detail).with("Connection", "close").thrown();
  }
}
