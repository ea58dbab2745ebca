package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Event;
import io.tallystick.forward.Forwarding;
import io.tallystick.service.access.Permission;
import io.tallystick.store.Futures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Forwarding view in a browser. */
class PageForwardingIT {
  @TempDir Path directory;
  @TempDir Path downloads;

  private TestServer base;
  private Forwarding forwarding;
  private AuditServer server;
  private Browser browser;

  @BeforeEach
  void start() throws Exception {
    base = TestServer.start(directory.resolve("data"));
    Futures.from(base.log.append(Collections.nCopies(50, Event.of("order.placed")), "shop"));
    Path yaml = directory.resolve("forward.yaml");
    Files.writeString(
        yaml,
        """
        sinks:
          - {name: copy, type: file, path: copy.ndjson}
          - {name: gone, type: file, path: nowhere/copy.ndjson}
          - {name: mute, type: syslog, host: 127.0.0.1, port: 1, transport: tcp}
        """);
    forwarding = base.forward(yaml);
    server = base.serve(forwarding);
    browser = Browser.start(server.port(), downloads);
    while (forwarding.status("copy").lagEntries() > 0 || forwarding.status("gone").errors() == 0) {
      Thread.sleep(20);
    }
  }

  @AfterEach
  void stop() throws Exception {
    browser.close();
    server.close();
    forwarding.close();
    base.close();
  }

  @Test
  void eachSinkShowsHowItIsAndCanBePausedAndReconciled() throws Exception {
    browser.signIn("/forwarding", base.key("ops", Permission.values()));
    browser.awaitText("[data-sink=copy]", "running");
    browser.awaitText("[data-sink=copy]", "confirmed");
    browser.awaitText("[data-sink=gone]", "retrying");
    browser.awaitText("[data-sink=gone]", "does not exist");
    browser.awaitText("[data-sink=mute]", "tally forward reconcile mute --export FILE");
    assertThat(browser.text("[data-sink=mute]")).doesNotContain("Reconcile");
    browser.click("[data-sink=copy] [data-action=reconciliation]");
    browser.awaitText(".forwarding", "copy holds all");
    browser.awaitText("[data-sink=copy]", "complete");

    Path file = directory.resolve("copy.ndjson");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.removeIf(line -> line.contains("\"id\":20,"));
    Files.write(file, lines);
    browser.click("[data-sink=copy] [data-action=reconciliation]");
    browser.awaitText(".forwarding", "copy does not hold what it should");
    browser.awaitText("[data-sink=copy]", "1 missing");
    browser.picture("forwarding");
    assertThat(browser.barriers()).isEmpty();
    for (int width : new int[] {390, 768, 1024, 1280}) {
      browser.size(width, 900);
      browser.awaitText("[data-sink=copy]", "running");
      assertThat(
              browser.script(
                  "return [...document.querySelectorAll('body *')]"
                      + ".filter((e) => !e.closest('.table-frame *, nav *')"
                      + " && e.getBoundingClientRect().right > innerWidth)"
                      + ".map((e) => e.tagName + '.' + e.className).join(' ')"))
          .as("wider than " + width)
          .isEqualTo("");
      browser.picture("forwarding-" + width);
    }
    browser.click("[data-sink=copy] [data-action=pause]");
    browser.awaitText("[data-sink=copy]", "paused by ops");
    browser.click("[data-sink=copy] [data-action=resume]");
    browser.awaitText("[data-sink=copy]", "running");
  }

  @Test
  void onlyAKeyWithThePermissionSeesTheView() throws Exception {
    browser.signIn("/forwarding", base.key(Permission.ADMIN_AUDIT));
    browser.awaitText(".empty", "admin.forwarding");
    assertThat(browser.text("nav")).doesNotContain("Forwarding");
  }
}
