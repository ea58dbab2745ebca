package io.tallystick.spring;

import java.util.Map;
import java.util.stream.Stream;
import org.springframework.boot.actuate.audit.AuditEvent;
import org.springframework.boot.actuate.audit.listener.AuditApplicationEvent;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.method.configuration.EnableMethodSecurity;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.firewall.HttpFirewall;
import org.springframework.security.web.firewall.StrictHttpFirewall;
import org.springframework.stereotype.Service;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/** An application as anybody would write it. */
@SpringBootApplication
@EnableMethodSecurity
class Shop {
  static final String PASSWORD = "correct horse battery staple";

  @Bean
  SecurityFilterChain security(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(requests ->
            requests.requestMatchers("/admin").hasRole("ADMIN").anyRequest().authenticated())
        .formLogin(Customizer.withDefaults())
        .logout(Customizer.withDefaults())
        .csrf(csrf -> csrf.disable())
        .build();
  }

  @Bean
  UserDetailsService users() {
    return new InMemoryUserDetailsManager(
        Stream.of("alice", "bob")
            .map(name -> User.withUsername(name).password("{noop}" + PASSWORD).roles("USER"))
            .map(User.UserBuilder::build)
            .toList());
  }

  /** For old clients, which have their session in the path. */
  @Bean
  HttpFirewall firewall() {
    StrictHttpFirewall firewall = new StrictHttpFirewall();
    firewall.setAllowSemicolon(true);
    return firewall;
  }

  /** Only for administrators. */
  @Service
  static class Orders {
    @PreAuthorize("hasRole('ADMIN')")
    void cancel() {}
  }

  /** What is called over HTTP. */
  @RestController
  static class Pages {
    private final ApplicationEventPublisher events;
    private final Orders orders;

    Pages(ApplicationEventPublisher events, Orders orders) {
      this.events = events;
      this.orders = orders;
    }

    @GetMapping("/admin")
    String admin() {
      return "never";
    }

    @PostMapping("/cancel")
    void cancel() {
      orders.cancel();
    }

    @PostMapping("/pay")
    void pay() {
      events.publishEvent(
          new AuditApplicationEvent(
              new AuditEvent(
                  "alice", "order.paid", Map.of("target_id", "7f3a", "amount", 1250, "x", this))));
    }
  }
}
