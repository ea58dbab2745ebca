package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A sender of each protocol sends to a server over a network of its own. At random the server ends
 * with SIGKILL, the network is cut in the middle of a request or of an answer, and the senders end.
 */
@Timeout(1_800)
class SendersIT {
  private static final int DISTURBANCES = Boolean.getBoolean("tallystick.long") ? 50 : 4;
  private static final int LARGE_REQUEST = 900;
  private static final int LARGE_ANSWER = 300;

  @TempDir Path folder;
  private final Random random = new Random();
  private final Map<Sender, CutLine> lines = new LinkedHashMap<>();
  private ReceivingServer server;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(Files.exists(PackagedServer.JAR), "cli/target/tally.jar is not built");
    Path secret = Files.writeString(folder.resolve("secret"), Protocol.SECRET + "\n");
    Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    server = new ReceivingServer(folder, Protocol.receivers());
    for (Protocol protocol : Protocol.values()) {
      CutLine line = server.line();
      Sender sender =
          new Sender(protocol, line.url(), server.key(), folder.resolve(protocol.key()));
      sender.start();
      lines.put(sender, line);
    }
  }

  @AfterEach
  void stop() throws Exception {
    for (Sender sender : lines.keySet()) {
      sender.kill();
    }
    if (server != null) {
      server.close();
    }
  }

  /** Waits until each sender has delivered something more. */
  private void awaitDeliveries() throws Exception {
    Map<Sender, Integer> before =
        lines.keySet().stream()
            .collect(Collectors.toMap(each -> each, each -> each.delivered().size()));
    Instant late = Instant.now().plus(Duration.ofMinutes(1));
    for (Sender sender : lines.keySet()) {
      while (sender.delivered().size() <= before.getOrDefault(sender, 0)) {
        assertThat(Instant.now()).as(sender.protocol() + " " + sender.answers()).isBefore(late);
        Thread.sleep(10);
      }
    }
  }

  private void disturb(int number) throws Exception {
    switch (number % 3) {
      case 0 -> server.restart();
      case 1 -> {
        for (CutLine line : lines.values()) {
          switch (random.nextInt(3)) {
            case 0 -> line.cutInRequest(random.nextInt(LARGE_REQUEST));
            case 1 -> line.cutInAnswer(random.nextInt(LARGE_ANSWER));
            default -> line.cut();
          }
        }
      }
      default -> {
        for (Sender sender : lines.keySet()) {
          sender.kill();
          sender.start();
        }
      }
    }
  }

  @Test
  void whatASenderBelievesDeliveredIsInTheLogOnce() throws Exception {
    for (int i = 0; i < DISTURBANCES; i++) {
      awaitDeliveries();
      Thread.sleep(random.nextInt(200));
      disturb(i);
    }
    awaitDeliveries();
    for (Sender sender : lines.keySet()) {
      sender.kill();
      Set<Integer> unexpected = new HashSet<>(sender.answers().keySet());
      unexpected.removeAll(Set.of(0, 200, 201, 204, 429, 503));
      assertThat(unexpected).as(sender.protocol() + " " + sender.answers()).isEmpty();
    }
    Map<String, Integer> written = server.written();
    assertThat(written.entrySet()).filteredOn(event -> event.getValue() > 1).isEmpty();
    for (Sender sender : lines.keySet()) {
      assertThat(written.keySet()).containsAll(sender.delivered());
      String mark = "ev:" + sender.protocol().key() + ":";
      System.out.printf(
          "%s: %d disturbances, %,d believed delivered, %,d in the log, each once%n",
          sender.protocol(),
          DISTURBANCES,
          sender.delivered().size(),
          written.keySet().stream().filter(event -> event.startsWith(mark)).count());
    }
    server.assertValid();
  }
}
