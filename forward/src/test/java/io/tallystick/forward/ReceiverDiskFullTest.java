package io.tallystick.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.forward.format.CefFormat;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.syslog.Rsyslog;
import io.tallystick.service.Actor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A receiver whose device is full for a while. */
class ReceiverDiskFullTest {
  private static final int ENTRIES = 4_000;
  private static final Format FORMAT = new CefFormat();

  @TempDir Path directory;
  private Path device;

  @BeforeEach
  void mount() throws Exception {
    assumeTrue(Boolean.getBoolean("tallystick.long"), "fills a device");
    Counterpart.need(
        "rsyslog-relp is missing (apt-get install rsyslog rsyslog-relp)",
        directory,
        Map.of(),
        "sh",
        "-c",
        "rsyslogd -v && ls /usr/lib/*/rsyslog/imrelp.so");
    device = Files.createDirectory(directory.resolve("device"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=4m", "none", device.toString()) == 0,
        "a tmpfs can't be mounted");
  }

  @AfterEach
  void unmount() throws Exception {
    if (device != null) {
      int _ = run("umount", "-l", device.toString());
    }
  }

  private static int run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  /** It acknowledges what it then can't write, and forgets it, whatever its action is to retry. */
  @Test
  void overRelpWhatRsyslogGaveUpIsFoundAndSentAgain() throws Exception {
    try (Rsyslog rsyslog = new Rsyslog(device, "relp");
        ForwardingLog log = new ForwardingLog(directory)) {
      Path ballast = device.resolve("ballast");
      Files.write(ballast, new byte[3_300_000]);
      log.append("order.placed", ENTRIES);
      log.start(yaml(rsyslog));
      ForwardingLog.await(() -> log.forwarding().status("siem").seq() == ENTRIES);
      Files.delete(ballast);
      long missing = reconcile(log, rsyslog, false).missing();
      assertThat(missing).isPositive();
      // It tries an action again some time after it failed.
      for (int i = 0; missing > 0; i++) {
        assertThat(i).isLessThan(30);
        Thread.sleep(1_000);
        var _ = reconcile(log, rsyslog, true);
        missing = reconcile(log, rsyslog, false).missing();
      }
    }
  }

  private static String yaml(Rsyslog rsyslog) {
    return """
    sinks:
      - name: siem
        type: syslog
        format: cef
        host: 127.0.0.1
        port: %d
        transport: relp
        timeout_seconds: 2
        marker_seconds: 86400
        filter: {event_type: order.placed}
    """
        .formatted(rsyslog.port());
  }

  private static ReconciliationReport reconcile(ForwardingLog log, Rsyslog rsyslog, boolean resend)
      throws Exception {
    List<Held> held = rsyslog.held(FORMAT);
    Inventory inventory =
        new Inventory() {
          @Override
          public void forEach(Consumer<Held> consumer) {
            held.forEach(consumer);
          }

          @Override
          public void close() {}
        };
    return log.forwarding().reconcile("siem", inventory, ENTRIES, resend, Actor.SERVER);
  }
}
