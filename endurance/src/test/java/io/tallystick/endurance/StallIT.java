package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that is suspended, terminated, or restarted under the same process number. */
class StallIT {
  @TempDir Path data;

  @Test
  void aHaltedProcessGoesOnWhereItWas() throws Exception {
    Random random = new Random();
    Subject subject = Subject.start(data, Subject.Mode.REMOVING);
    try {
      subject.awaitMessages(10);
      for (int i = 0; i < 8; i++) {
        subject.signal("STOP");
        Thread.sleep(random.nextInt(700));
        subject.signal("CONT");
        subject.awaitMessages(20);
      }
      assertThat(subject.isAlive()).isTrue();
      assertThat(subject.said("stopped")).isZero();
    } finally {
      subject.kill();
    }
    Survivors.check(data, subject.told());
  }

  @Test
  void sigtermUnderFullLoadLosesNothing() throws Exception {
    for (int i = 0; i < 3; i++) {
      Subject subject = Subject.start(data, Subject.Mode.REMOVING);
      subject.awaitMessages(50);
      subject.stop();
      assertThat(subject.said("unclosed")).isZero();
      Survivors.check(data, subject.told());
    }
  }

  /** As in a container, where every start is process 1: a lock that names a process is no lock. */
  @Test
  void aRestartUnderTheSameProcessNumberIsNotKeptWaiting() throws Exception {
    assumeTrue(
        System.getProperty("user.name").equals("root"),
        "skipped: a process namespace of its own needs root");
    for (int i = 0; i < 3; i++) {
      Subject subject =
          Subject.start(
              data,
              Subject.Mode.REMOVING,
              "unshare",
              "--pid",
              "--fork",
              "--mount-proc",
              "--kill-child");
      subject.awaitMessages(20);
      assertThat(subject.isAlive()).isTrue();
      subject.kill();
      Survivors.check(data, subject.told());
    }
  }
}
