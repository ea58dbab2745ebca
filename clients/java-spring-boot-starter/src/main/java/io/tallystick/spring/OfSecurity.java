package io.tallystick.spring;

import org.springframework.boot.actuate.audit.AuditEvent;

/**
 * An event that Actuator made of one of Spring Security, which {@link SecurityEventRecorder} hears
 * too. Whoever else listens to Actuator gets it as ever.
 */
final class OfSecurity extends AuditEvent {
  private static final long serialVersionUID = 1;

  OfSecurity(AuditEvent event) {
    super(event.getTimestamp(), event.getPrincipal(), event.getType(), event.getData());
  }
}
