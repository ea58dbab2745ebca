package io.tallystick.http.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.service.ShareExceededException;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How sessions begin, go on and end, by a clock that the test moves. */
class SessionsTest {
  private static final InetAddress HERE = InetAddress.getLoopbackAddress();

  @TempDir Path directory;

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1_000);
  private final List<String> ended = new ArrayList<>();
  private AccessKeys keys;
  private AccessKey key;
  private Sessions sessions;

  @BeforeEach
  void open() throws Exception {
    keys = AccessKeys.open(directory.resolve("access.json"), Clock.systemUTC());
    AccessKeys.NewKey made = keys.make("reader", List.of(Permission.ADMIN_AUDIT), null);
    keys.add(made);
    key = made.key();
    sessions =
        new Sessions(
            keys,
            new SessionLimits(Duration.ofMinutes(10), Duration.ofMinutes(60), 6),
            nanos::get,
            end -> ended.add(end.reason()));
  }

  private void pass(int minutes) {
    nanos.addAndGet(Duration.ofMinutes(minutes).toNanos());
  }

  @Test
  void aSessionIsFoundByItsTokenOnly() {
    Sessions.Begun begun = sessions.begin(key, HERE);
    assertThat(sessions.find(begun.token(), true)).contains(begun.session());
    assertThat(sessions.find(begun.session().id(), true)).isEmpty();
    assertThat(sessions.find(begun.session().csrfToken(), true)).isEmpty();
    assertThat(sessions.find("", true)).isEmpty();
    assertThat(begun.toString() + begun.session())
        .doesNotContain(begun.token(), begun.session().csrfToken());
    Sessions.Begun other = sessions.begin(key, HERE);
    assertThat(other.token()).isNotEqualTo(begun.token()).hasSizeGreaterThanOrEqualTo(43);
    assertThat(other.session().csrfToken()).isNotEqualTo(begun.session().csrfToken());
  }

  @Test
  void useKeepsItAliveAndWatchingDoesNot() {
    Sessions.Begun used = sessions.begin(key, HERE);
    Sessions.Begun watched = sessions.begin(key, HERE);
    pass(6);
    assertThat(sessions.find(used.token(), true)).isPresent();
    assertThat(sessions.find(watched.token(), false)).isPresent();
    assertThat(sessions.isAlive(watched.session())).isTrue();
    pass(6);
    assertThat(sessions.find(used.token(), true)).isPresent();
    assertThat(sessions.isAlive(watched.session())).isFalse();
    assertThat(sessions.find(watched.token(), true)).isEmpty();
    assertThat(ended).containsExactly("idle");
  }

  @Test
  void nothingKeepsItAliveForEver() {
    Sessions.Begun begun = sessions.begin(key, HERE);
    for (int i = 0; i < 7; i++) {
      pass(8);
      assertThat(sessions.find(begun.token(), true)).isPresent();
    }
    pass(4);
    assertThat(sessions.find(begun.token(), true)).isEmpty();
    assertThat(ended).containsExactly("too old");
  }

  @Test
  void itEndsWithItsKey() throws Exception {
    Sessions.Begun begun = sessions.begin(key, HERE);
    keys.revoke(key.id());
    assertThat(sessions.find(begun.token(), true)).isEmpty();
    assertThat(ended).containsExactly("key revoked or expired");
  }

  private AccessKey another(String name) throws Exception {
    AccessKeys.NewKey made = keys.make(name, List.of(Permission.ADMIN_AUDIT), null);
    keys.add(made);
    return made.key();
  }

  @Test
  void beyondTheShareOfAKeyItsIdlestGivesWay() {
    Sessions.Begun first = sessions.begin(key, HERE);
    pass(1);
    Sessions.Begun idlest = sessions.begin(key, HERE);
    pass(1);
    assertThat(sessions.begin(key, HERE).replaced()).isNull();
    sessions.find(first.token(), true);
    assertThat(sessions.begin(key, HERE).replaced()).isEqualTo(idlest.session());
    assertThat(sessions.find(idlest.token(), true)).isEmpty();
    assertThat(sessions.find(first.token(), true)).isPresent();
    assertThat(ended).containsExactly("too many sessions of this key");
  }

  @Test
  void noKeyEndsTheSessionOfAnother() throws Exception {
    Sessions.Begun quiet = sessions.begin(another("quiet"), HERE);
    pass(1);
    AccessKey busy = another("busy");
    for (int i = 0; i < 20; i++) {
      sessions.begin(busy, HERE);
      sessions.begin(key, HERE);
    }
    assertThat(sessions.find(quiet.token(), true)).isPresent();
    sessions.begin(another("late"), HERE);
    AccessKey later = another("later");
    assertThatThrownBy(() -> sessions.begin(later, HERE))
        .isInstanceOf(ShareExceededException.class)
        .hasMessageContaining("\"later\" has its share of the 6 sessions: it holds 0");
  }

  @Test
  void whatIsOverIsSweptAwayAndSaidOnce() {
    Sessions.Begun left = sessions.begin(key, HERE);
    sessions.begin(key, HERE);
    assertThat(sessions.end(left.token())).contains(left.session());
    assertThat(sessions.end(left.token())).isEmpty();
    pass(11);
    Sessions.Begun fresh = sessions.begin(key, HERE);
    sessions.sweep();
    sessions.sweep();
    assertThat(ended).containsExactly("idle");
    sessions.endAll();
    assertThat(ended).containsExactly("idle", "server stopped");
    assertThat(sessions.find(fresh.token(), true)).isEmpty();
  }
}
