package io.tallystick.forward;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tallystick.forward.elastic.BulkServer;
import io.tallystick.forward.format.CefFormat;
import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.NativeFormat;
import io.tallystick.forward.format.OtlpFormat;
import io.tallystick.forward.hec.HecServer;
import io.tallystick.forward.net.FaultyProxy;
import io.tallystick.forward.net.FaultyProxy.Fault;
import io.tallystick.forward.net.FaultyProxy.Kind;
import io.tallystick.forward.net.TestReceiver;
import io.tallystick.forward.net.TestReceiver.Reply;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import io.tallystick.forward.s3.S3Server;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.syslog.Rsyslog;
import io.tallystick.service.Actor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every sink whose receiver is behind a network, while that network breaks and goes silent. */
class NetworkFaultTest {
  private static final boolean LONG = Boolean.getBoolean("tallystick.long");
  private static final int ENTRIES = LONG ? 20_000 : 1_500;
  private static final String TOKEN = "11111111-2222-3333-4444-555555555555";

  /** In an order in which some batches get through in between. */
  private static final List<Fault> FAULTS =
      List.of(
          new Fault(Kind.BLACK_HOLE, 0),
          new Fault(Kind.CUT_REQUEST, 60_000),
          new Fault(Kind.CUT_ANSWER, 400),
          new Fault(Kind.STALL_REQUEST, 60_000),
          new Fault(Kind.CUT_ANSWER, 30));

  @TempDir Path directory;

  private final List<AutoCloseable> resources = new ArrayList<>();
  private final List<Peer> peers = new ArrayList<>();

  /** What a receiver holds. */
  @FunctionalInterface
  private interface Holding {
    List<Held> get() throws IOException;
  }

  /**
   * A receiver behind its network.
   *
   * @param held {@code null} if the sink asks it itself
   * @param certain whether it has all that it acknowledged
   */
  private record Peer(String name, FaultyProxy proxy, @Nullable Holding held, boolean certain) {}

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : resources.reversed()) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T closing(T resource) {
    resources.add(resource);
    return resource;
  }

  private String sink(
      String name, int port, @Nullable Holding held, boolean certain, Settings settings)
      throws Exception {
    FaultyProxy proxy = closing(new FaultyProxy(port, faults(name)));
    peers.add(new Peer(name, proxy, held, certain));
    return "  - name: "
        + name
        + "\n    filter: {event_type: order.placed}\n    batch: 100\n    marker_seconds: 2\n"
        + settings.at(proxy.port()).indent(4);
  }

  /** The settings of a sink whose receiver is at this port. */
  @FunctionalInterface
  private interface Settings {
    String at(int port) throws Exception;
  }

  private static List<Fault> faults(String name) {
    List<Fault> all = new ArrayList<>(LONG ? FAULTS : FAULTS.subList(0, 4));
    if (LONG) {
      Random random = new Random(name.hashCode());
      for (int i = 0; i < 30; i++) {
        Kind kind = FAULTS.get(random.nextInt(FAULTS.size())).kind();
        all.add(
            new Fault(
                kind, kind == Kind.CUT_ANSWER ? random.nextInt(2_000) : random.nextInt(400_000)));
      }
    }
    return all;
  }

  private void secret(String name, String text) throws Exception {
    Path file = directory.resolve(name);
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void overHttpNothingIsMissingAndNoPositionIsAheadOfWhatWasAcknowledged() throws Exception {
    WebhookReceiver webhook = closing(new WebhookReceiver());
    HecServer hec = closing(new HecServer(TOKEN));
    BulkServer bulk = closing(new BulkServer());
    List<Held> logs = Collections.synchronizedList(new ArrayList<>());
    TestReceiver otlp = closing(new TestReceiver((request, body) -> otlp(body, logs)));
    S3Server s3 = closing(new S3Server(true));
    secret("webhook.secret", WebhookReceiver.SECRET);
    secret("token", TOKEN);
    String yaml =
        "sinks:\n  - {name: copy, type: file, path: copy.ndjson}\n"
            + sink(
                "webhook",
                webhook.port(),
                () -> all(webhook.inventory()),
                true,
                port ->
                    "type: webhook\nsecrets: [webhook.secret]\ntimeout_seconds: 1\nurl: "
                        + at(port))
            + sink(
                "hec",
                hec.port(),
                () -> hec.held(new NativeFormat()),
                true,
                port -> "type: hec\ntoken_file: token\ntimeout_seconds: 1\nurl: " + at(port))
            + sink(
                "elastic",
                bulk.port(),
                bulk::held,
                true,
                port -> "type: elastic\ntimeout_seconds: 1\nurl: " + at(port))
            + sink(
                "otlp",
                otlp.port(),
                () -> List.copyOf(logs),
                true,
                port -> "type: otlp\nformat: otlp\ntimeout_seconds: 1\nurl: " + at(port))
            + sink(
                "s3",
                s3.port(),
                null,
                true,
                port -> s3.yaml(directory, port).replace("_seconds: 2", "_seconds: 1"));
    check(yaml);
  }

  @Test
  void overSyslogNothingConfirmedIsMissingAndWhatWasLostIsFoundAndSentAgain() throws Exception {
    Counterpart.need(
        "rsyslog is missing (apt-get install rsyslog)", directory, Map.of(), "rsyslogd", "-v");
    Counterpart.need(
        "rsyslog-relp is missing (apt-get install rsyslog-relp)",
        directory,
        Map.of(),
        "sh",
        "-c",
        "ls /usr/lib/*/rsyslog/imrelp.so");
    Format format = new CefFormat();
    Rsyslog tcp = closing(new Rsyslog(Files.createDirectory(directory.resolve("tcp")), "tcp"));
    Rsyslog relp = closing(new Rsyslog(Files.createDirectory(directory.resolve("relp")), "relp"));
    String common = "type: syslog\nformat: cef\nhost: 127.0.0.1\ntimeout_seconds: 1\n";
    String yaml =
        "sinks:\n  - {name: copy, type: file, path: copy.ndjson}\n"
            + sink(
                "tcp",
                tcp.port(),
                () -> tcp.held(format),
                false,
                port -> common + "transport: tcp\nport: " + port)
            + sink(
                "relp",
                relp.port(),
                () -> relp.held(format),
                true,
                port -> common + "transport: relp\nport: " + port);
    check(yaml);
  }

  private static String at(int port) {
    return "http://127.0.0.1:" + port;
  }

  private static Reply otlp(byte[] body, List<Held> logs) {
    try {
      for (JsonNode record :
          ForwardingLog.JSON.readTree(body).at("/resourceLogs/0/scopeLogs/0/logRecords")) {
        new OtlpFormat().read(record.toString().getBytes(UTF_8)).ifPresent(logs::add);
      }
      return new Reply(200, "{}");
    } catch (IOException e) {
      return new Reply(400, "");
    }
  }

  private static List<Held> all(Inventory inventory) throws IOException {
    List<Held> all = new ArrayList<>();
    inventory.forEach(all::add);
    return all;
  }

  private void check(String yaml) throws Exception {
    try (ForwardingLog log = new ForwardingLog(directory)) {
      log.append("order.placed", ENTRIES);
      log.start(yaml);
      // Whoever has no such network is not held up.
      log.awaitDone("copy");
      assertThat(log.forwarding().status("copy").errors()).isZero();
      assertThat(peers).anyMatch(peer -> seq(log, peer) < ENTRIES);
      long late = System.nanoTime() + Duration.ofMinutes(LONG ? 15 : 2).toNanos();
      for (Peer peer : peers) {
        while (seq(log, peer) < ENTRIES) {
          assertThat(System.nanoTime()).as(peer.name()).isLessThan(late);
          peers.forEach(each -> checkNotAhead(log, each));
          Thread.sleep(LONG ? 5_000 : 250);
        }
      }
      peers.forEach(each -> checkNotAhead(log, each));
      for (Peer peer : peers) {
        // One connection for each fault, and a few: nobody tries again without a pause.
        int faults = peer.proxy().faults();
        assertThat(faults).as(peer.name()).isPositive();
        assertThat(peer.proxy().connections()).as(peer.name()).isLessThanOrEqualTo(faults + 3);
        assertThat(log.forwarding().status(peer.name()).errors())
            .as(peer.name())
            .isLessThanOrEqualTo(faults + 3);
        peer.proxy().calm();
        reconcile(log, peer);
      }
    }
  }

  private static long seq(ForwardingLog log, Peer peer) {
    try {
      return log.forwarding().status(peer.name()).seq();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Whatever the position counts is there. */
  private static void checkNotAhead(ForwardingLog log, Peer peer) {
    long seq = seq(log, peer);
    if (peer.certain() && peer.held() != null) {
      assertThat(seqs(peer).nextClearBit(1)).as(peer.name()).isGreaterThan((int) seq);
    }
  }

  private static BitSet seqs(Peer peer) {
    BitSet seqs = new BitSet();
    try {
      if (peer.held() != null) {
        peer.held().get().forEach(held -> seqs.set((int) held.seq()));
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return seqs;
  }

  private static void reconcile(ForwardingLog log, Peer peer) throws Exception {
    ReconciliationReport report = compare(log, peer, false);
    assertThat(report.altered() + report.unknown() + report.tampered()).as(peer.name()).isZero();
    if (peer.certain()) {
      assertThat(report.missingRecords()).as(peer.name()).isEmpty();
    }
    for (int i = 0; report.missing() > 0; i++) {
      assertThat(i).as(peer.name()).isLessThan(5);
      try {
        assertThat(compare(log, peer, true).resent()).isEqualTo(report.missing());
      } catch (SinkException e) {
        // The connection that was silent is seen to be broken only now.
      }
      Thread.sleep(500);
      report = compare(log, peer, false);
    }
    assertThat(report.expected()).isEqualTo(ENTRIES);
    if (peer.held() != null) {
      // What came twice is known by its seq: there is no gap, and nothing beyond the end.
      assertThat(seqs(peer).cardinality()).isEqualTo(ENTRIES);
      assertThat(seqs(peer).length()).isEqualTo(ENTRIES + 1);
    }
  }

  private static ReconciliationReport compare(ForwardingLog log, Peer peer, boolean resend)
      throws Exception {
    Holding held = peer.held();
    if (held == null) {
      return log.forwarding().reconcile(peer.name(), null, resend, Actor.SERVER);
    }
    List<Held> all = held.get();
    Inventory inventory =
        new Inventory() {
          @Override
          public void forEach(Consumer<Held> consumer) {
            all.forEach(consumer);
          }

          @Override
          public void close() {}
        };
    return log.forwarding().reconcile(peer.name(), inventory, ENTRIES, resend, Actor.SERVER);
  }
}
