package io.tallystick.spring;

import io.tallystick.client.Event;
import jakarta.servlet.http.HttpServletRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.util.ClassUtils;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/** The request of the current thread, in applications that serve any. */
final class WebRequest {
  private static final boolean IS_SERVLET =
      isPresent("jakarta.servlet.http.HttpServletRequest")
          && isPresent("org.springframework.web.context.request.ServletRequestAttributes");

  private WebRequest() {}

  private static boolean isPresent(String className) {
    return ClassUtils.isPresent(className, WebRequest.class.getClassLoader());
  }

  /** The event with address, user agent, method and path, without the query. */
  static Event addTo(Event event) {
    return IS_SERVLET ? Servlet.addTo(event) : event;
  }

  /** A class of its own, which is not loaded where there are no servlets. */
  private static final class Servlet {
    static Event addTo(Event event) {
      if (!(RequestContextHolder.getRequestAttributes()
          instanceof ServletRequestAttributes attributes)) {
        return event;
      }
      HttpServletRequest request = attributes.getRequest();
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("actor_ip", request.getRemoteAddr());
      // Behind a semicolon there may be the session's id.
      String path = request.getRequestURI().replaceAll(";[^/]*", "");
      fields.put("action", request.getMethod() + " " + path);
      String agent = request.getHeader("User-Agent");
      if (agent != null) {
        fields.put("user_agent", agent);
      }
      return event.withAll(fields);
    }
  }
}
