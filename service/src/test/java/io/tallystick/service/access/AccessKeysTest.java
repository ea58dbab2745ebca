package io.tallystick.service.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.service.InvalidParameterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessKeysTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @TempDir Path directory;

  private AccessKeys open(Instant now) throws IOException {
    return AccessKeys.open(directory.resolve("access.json"), Clock.fixed(now, ZoneOffset.UTC));
  }

  @Test
  void keysAreFoundAgainAfterARestart() throws Exception {
    AccessKeys keys = open(NOW);
    AccessKeys.NewKey made =
        keys.make(
            "a", List.of(Permission.ADMIN_AUDIT, Permission.AUDIT_APPEND), NOW.plusSeconds(9));
    assertThat(keys.check(made.text())).isInstanceOf(AccessKeys.Check.Refused.class);
    keys.add(made);
    assertThat(made.toString()).doesNotContain(made.text());

    AccessKeys again = open(NOW);
    assertThat(again.list()).containsExactly(made.key());
    assertThat(again.check(made.text())).isInstanceOf(AccessKeys.Check.Accepted.class);
    assertThat(open(NOW.plusSeconds(9)).check(made.text()))
        .isEqualTo(new AccessKeys.Check.Refused("expired key", made.key()));
  }

  private Path fileWithAKey() throws IOException {
    AccessKeys keys = open(NOW);
    keys.add(keys.make("a", List.of(Permission.values()), null));
    return directory.resolve("access.json");
  }

  @Test
  void aPlantedFileOfAnotherUserIsNotRead() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "giving a file away needs root");
    Files.setAttribute(fileWithAKey(), "unix:uid", 65_534);
    assertThatThrownBy(() -> open(NOW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("access.json belongs to ")
        .hasMessageContaining("backup");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-rw----", "rw----r--", "rw-rw-rw-"})
  void aFileThatOthersMayUseIsNotRead(String mode) throws Exception {
    Files.setPosixFilePermissions(fileWithAKey(), PosixFilePermissions.fromString(mode));
    assertThatThrownBy(() -> open(NOW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 600")
        .hasMessageContaining("access.json");
  }

  @Test
  void theLastUseIsWrittenWhenItIsSaved() throws Exception {
    AccessKeys keys = open(NOW);
    AccessKeys.NewKey made = keys.make("a", List.of(Permission.ADMIN_AUDIT), null);
    keys.add(made);
    AccessKeys later = open(NOW.plusSeconds(60));
    later.check(made.text());
    assertThat(later.list().getFirst().lastUsedAt()).isEqualTo(NOW.plusSeconds(60));
    assertThat(open(NOW).list().getFirst().lastUsedAt()).isNull();
    later.saveLastUse();
    assertThat(open(NOW).list().getFirst().lastUsedAt()).isEqualTo(NOW.plusSeconds(60));
    later.check(made.text().replace(made.text().charAt(40), 'x'));
  }

  @Test
  void aRevokedKeyIsRefusedForEverAndItsNameStaysTaken() throws Exception {
    AccessKeys keys = open(NOW);
    AccessKeys.NewKey made = keys.make("a", List.of(Permission.ADMIN_AUDIT), null);
    keys.add(made);
    assertThat(keys.revoke(made.key().id())).isPresent();
    assertThat(keys.revoke(made.key().id())).as("until it is said that it is over").isPresent();
    keys.revoked(made.key().id());
    assertThat(keys.revoke(made.key().id())).isEmpty();
    assertThat(keys.revoke("x")).isEmpty();
    assertThat(open(NOW).check(made.text())).isInstanceOf(AccessKeys.Check.Refused.class);
    assertThatThrownBy(() -> open(NOW).make("a", List.of(Permission.ADMIN_AUDIT), null))
        .isInstanceOf(InvalidParameterException.class)
        .hasMessageContaining("another key has or had");
  }

  @Test
  void secretsAreRandomAndNotInTheFile() throws Exception {
    AccessKeys keys = open(NOW);
    Set<String> secrets = new HashSet<>();
    for (int i = 0; i < 50; i++) {
      AccessKeys.NewKey made = keys.make("k" + i, List.of(Permission.ADMIN_AUDIT), null);
      keys.add(made);
      secrets.add(made.text().substring(made.text().lastIndexOf('_') + 1));
    }
    assertThat(secrets).hasSize(50).allMatch(secret -> secret.matches("[0-9a-f]{64}"));
    assertThat(Files.readString(directory.resolve("access.json"))).doesNotContain(secrets);
  }

  @Test
  void everyOtherTextIsRefused() throws Exception {
    AccessKeys keys = open(NOW);
    AccessKeys.NewKey made = keys.make("a", List.of(Permission.ADMIN_AUDIT), null);
    keys.add(made);
    String good = made.text();
    for (int i = 0; i < good.length(); i++) {
      char other = good.charAt(i) == '0' ? '1' : '0';
      assertThat(keys.check(good.substring(0, i) + other + good.substring(i + 1)))
          .isInstanceOf(AccessKeys.Check.Refused.class);
      assertThat(keys.check(good.substring(0, i))).isInstanceOf(AccessKeys.Check.Refused.class);
    }
    for (String text :
        List.of("", good + "0", good.toUpperCase(java.util.Locale.ROOT), " " + good)) {
      assertThat(keys.check(text)).isInstanceOf(AccessKeys.Check.Refused.class);
    }
  }

  @Test
  void aFileThatIsNoneIsSaid() throws Exception {
    for (String text :
        List.of("", "{}", "{\"version\":2,\"keys\":[]}", "[]", "{\"version\":1,\"keys\":[{}]}")) {
      Files.writeString(directory.resolve("access.json"), text);
      assertThatThrownBy(() -> open(NOW))
          .as(text)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("access.json");
    }
  }
}
