package io.tallystick.store.segment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ChronicleIsQuietTest {

  @Test
  void theReporterIsNotOnTheClassPath() {
    assertThatThrownBy(() -> Class.forName("net.openhft.chronicle.analytics.Analytics"))
        .isInstanceOf(ClassNotFoundException.class);
  }

  @Test
  void reportingIsSwitchedOffByTheSharedJvmOptions() {
    assertThat(System.getProperty("chronicle.analytics.disable")).isEqualTo("true");
  }
}
