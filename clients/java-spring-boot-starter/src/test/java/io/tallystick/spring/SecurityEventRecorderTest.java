package io.tallystick.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.security.authentication.AbstractAuthenticationToken;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.userdetails.User;

/** Who is named, and who is not. */
class SecurityEventRecorderTest {
  private static final class Token extends AbstractAuthenticationToken {
    private static final long serialVersionUID = 1;

    private final transient Object principal;
    private final transient Object credentials;

    Token(Object principal, Object credentials) {
      super(List.of());
      this.principal = principal;
      this.credentials = credentials;
    }

    @Override
    public Object getPrincipal() {
      return principal;
    }

    @Override
    public Object getCredentials() {
      return credentials;
    }
  }

  /** As records and many tools do, also for passwords. */
  private record Person(String name, String password) {}

  @Test
  void aTokenThatIsItsOwnNameIsNotRecorded() {
    assertThat(SecurityEventRecorder.name(new Token("eyJhbGciOi", "eyJhbGciOi"))).isNull();
    assertThat(SecurityEventRecorder.name(new Token("reader", "eyJhbGciOi"))).isEqualTo("reader");
  }

  @Test
  void aDescriptionOfAPrincipalIsNotRecorded() {
    assertThat(SecurityEventRecorder.name(new Token(new Person("bob", "hunter2"), "x"))).isNull();
    assertThat(
            SecurityEventRecorder.name(
                new Token(User.withUsername("bob").password("x").authorities("y").build(), "x")))
        .isEqualTo("bob");
  }

  @Test
  void aNameThatIsThePasswordIsRecorded() {
    assertThat(
            SecurityEventRecorder.name(
                UsernamePasswordAuthenticationToken.unauthenticated("admin", "admin")))
        .isEqualTo("admin");
  }
}
