package io.tallystick.spring;

import io.tallystick.client.AuditClient;
import io.tallystick.client.Event;
import java.security.Principal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.context.event.EventListener;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.authentication.event.AbstractAuthenticationFailureEvent;
import org.springframework.security.authentication.event.AuthenticationSuccessEvent;
import org.springframework.security.authentication.event.LogoutSuccessEvent;
import org.springframework.security.authorization.event.AuthorizationDeniedEvent;
import org.springframework.security.core.AuthenticatedPrincipal;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.userdetails.UserDetails;

/**
 * Records logins, logouts and denied access, in the thread and before the end of the request that
 * they belong to. Passwords, tokens and session ids are not recorded. Where an event cannot be
 * recorded, the request fails.
 */
final class SecurityEventRecorder {
  private final AuditClient client;

  SecurityEventRecorder(AuditClient client) {
    this.client = client;
  }

  @EventListener
  void onSuccess(AuthenticationSuccessEvent success) {
    record(
        Event.of("auth.login.success").outcome("success"), success.getAuthentication(), Map.of());
  }

  @EventListener
  void onFailure(AbstractAuthenticationFailureEvent failure) {
    // Its message may quote what was sent.
    String reason = failure.getException().getClass().getSimpleName();
    record(
        Event.of("auth.login.failed").outcome("failure").severity("medium"),
        failure.getAuthentication(),
        Map.of("reason", reason));
  }

  @EventListener
  void onLogout(LogoutSuccessEvent logout) {
    record(Event.of("auth.logout").outcome("success"), logout.getAuthentication(), Map.of());
  }

  @EventListener
  void onDenied(AuthorizationDeniedEvent<?> denied) {
    record(
        Event.of("security.permission_denied").outcome("failure").severity("medium"),
        given(denied.getAuthentication()),
        denied.getObject() instanceof MethodInvocation call
            ? Map.of("target_type", "method", "target_id", name(call))
            : Map.of());
  }

  private void record(
      Event event, @Nullable Authentication authentication, Map<String, String> more) {
    Map<String, Object> fields = new LinkedHashMap<>(more);
    if (authentication instanceof AnonymousAuthenticationToken) {
      fields.put("actor_type", "anonymous");
    } else if (authentication != null) {
      String name = name(authentication);
      if (name != null) {
        fields.put("actor_username", name);
      }
      fields.put("authentication", authentication.getClass().getSimpleName());
    }
    client.append(WebRequest.addTo(event).withAll(fields));
  }

  private static @Nullable Authentication given(Supplier<Authentication> authentication) {
    try {
      return authentication.get();
    } catch (RuntimeException e) {
      // There is none, which is why access was denied.
      return null;
    }
  }

  private static String name(MethodInvocation call) {
    return call.getMethod().getDeclaringClass().getName() + "." + call.getMethod().getName();
  }

  /**
   * Who it is, or says that it is. {@code null} where that may be a secret: a bearer token is its
   * own principal, and a principal of any class is described by its {@code toString}.
   */
  static @Nullable String name(Authentication authentication) {
    String name = authentication.getName();
    if (name == null || name.isEmpty()) {
      return null;
    }
    Object principal = authentication.getPrincipal();
    boolean isName =
        principal instanceof String
            || principal instanceof UserDetails
            || principal instanceof Principal
            || principal instanceof AuthenticatedPrincipal;
    if (!isName && name.equals(String.valueOf(principal))) {
      return null;
    }
    // With a user name and a password, the two may be equal.
    return authentication instanceof UsernamePasswordAuthenticationToken
            || !name.equals(String.valueOf(authentication.getCredentials()))
        ? name
        : null;
  }
}
