package io.tallystick.spring;

import io.tallystick.client.AuditClient;
import java.io.IOException;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.AuditEventRepository;
import org.springframework.boot.actuate.security.AbstractAuthenticationAuditListener;
import org.springframework.boot.actuate.security.AbstractAuthorizationAuditListener;
import org.springframework.boot.actuate.security.AuthenticationAuditListener;
import org.springframework.boot.actuate.security.AuthorizationAuditListener;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.authentication.event.AbstractAuthenticationEvent;
import org.springframework.security.authorization.AuthorizationEventPublisher;
import org.springframework.security.authorization.SpringAuthorizationEventPublisher;

/**
 * Makes an {@link AuditClient} of the properties {@code tallystick.*}, records what Spring Security
 * reports, and is Actuator's repository of audit events, each where the application has it.
 */
@AutoConfiguration(
    beforeName = "org.springframework.boot.actuate.autoconfigure.audit.AuditAutoConfiguration")
@EnableConfigurationProperties(TallystickProperties.class)
public class TallystickAutoConfiguration {
  @Bean
  @ConditionalOnMissingBean
  AuditClient auditClient(TallystickProperties properties) throws IOException {
    return properties.appender();
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(AbstractAuthenticationEvent.class)
  @ConditionalOnProperty(name = "tallystick.security-events", matchIfMissing = true)
  static class Security {
    @Bean
    SecurityEventRecorder securityEventRecorder(AuditClient client) {
      return new SecurityEventRecorder(client);
    }

    /** Without one, Spring Security says nothing of method calls that it denies. */
    @Bean
    @ConditionalOnMissingBean
    AuthorizationEventPublisher authorizationEventPublisher(ApplicationEventPublisher events) {
      return new SpringAuthorizationEventPublisher(events);
    }
  }

  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(AuditEventRepository.class)
  static class Actuator {
    @Bean
    @ConditionalOnMissingBean(AuditEventRepository.class)
    TallystickAuditEventRepository tallystickAuditEventRepository(
        AuditClient client, TallystickProperties properties) throws IOException {
      return new TallystickAuditEventRepository(client, properties.reader());
    }
  }

  /** Actuator's own listeners, but that they mark what {@link SecurityEventRecorder} records. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({
    AbstractAuthenticationAuditListener.class,
    AbstractAuthenticationEvent.class
  })
  static class ActuatorSecurity {
    @Bean
    @ConditionalOnMissingBean(AbstractAuthenticationAuditListener.class)
    AuthenticationAuditListener markingAuthenticationListener() {
      return new AuthenticationAuditListener() {
        @Override
        protected void publish(AuditEvent event) {
          super.publish(
              event.getType().equals(AUTHENTICATION_SWITCH) ? event : new OfSecurity(event));
        }
      };
    }

    @Bean
    @ConditionalOnMissingBean(AbstractAuthorizationAuditListener.class)
    AuthorizationAuditListener markingAuthorizationListener() {
      return new AuthorizationAuditListener() {
        @Override
        protected void publish(AuditEvent event) {
          super.publish(new OfSecurity(event));
        }
      };
    }
  }
}
