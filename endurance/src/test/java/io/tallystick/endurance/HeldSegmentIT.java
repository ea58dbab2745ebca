package io.tallystick.endurance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.Event;
import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.LogReader;
import io.tallystick.store.archive.Retention;
import io.tallystick.store.log.LogConfig;
import io.tallystick.store.log.StoredEntry;
import io.tallystick.store.verify.LogVerifier;
import io.tallystick.store.verify.VerifyRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers of an old segment while retention removes it: another process, and a client that
 * downloads an export slowly. Neither waits, and both get entries exactly as they were, among them
 * all that stay.
 */
@Timeout(120)
class HeldSegmentIT {
  private static final List<String> DAYS = List.of("2026-05-01", "2026-05-02", "2026-05-03");

  /** More than sockets buffer: an export of this size stalls while the client does not read. */
  private static final int PER_DAY = 2_000;

  private static final int DETAILS_BYTES = 4_000;
  private static final Pattern ID = Pattern.compile("\\{\"id\":([0-9]+),.*");

  @TempDir Path data;
  private final SortedMap<Long, String> before = new TreeMap<>();

  @BeforeEach
  void makeALog() throws Exception {
    Event event =
        Event.builder("auth.logout")
            .details(Details.parse("{\"x\":\"" + "x".repeat(DETAILS_BYTES) + "\"}"))
            .build();
    for (String day : DAYS) {
      Clock clock = Clock.fixed(Instant.parse(day + "T10:10:00Z"), ZoneOffset.UTC);
      try (AuditLog log = AuditLog.open(data, LogConfig.builder().clock(clock).build())) {
        log.append(Collections.nCopies(PER_DAY, event), null).get();
      }
    }
    LogReader.open(data).forEach(1, Long.MAX_VALUE, this::remember);
  }

  private boolean remember(StoredEntry entry) {
    before.put(entry.id(), new String(entry.bytes(), StandardCharsets.UTF_8));
    return true;
  }

  /** Removes the first two days, and returns the first id that stays. */
  private static long run(AuditLog log) throws Exception {
    Retention retention = new Retention(log);
    for (Retention.Batch batch :
        retention.plan(Instant.parse(DAYS.getLast() + "T00:00:00Z"), Long.MAX_VALUE)) {
      retention.remove(batch, Retention.Mode.PURGE, null);
    }
    return log.reader().firstId();
  }

  /** What came must be as it was, in order, with everything that stays. */
  private void assertRight(SortedMap<Long, String> came, long firstId) {
    assertThat(firstId).isGreaterThan(PER_DAY);
    assertThat(came.entrySet())
        .allSatisfy(entry ->
            assertThat(entry.getValue())
                .isEqualTo(before.getOrDefault(entry.getKey(), entry.getValue())));
    assertThat(came.keySet()).containsAll(before.tailMap(firstId).keySet());
  }

  @Test
  void aReaderInAnotherProcessGoesOn() throws Exception {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    Process reader =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + options.toAbsolutePath().normalize(),
                "-cp",
                System.getProperty("java.class.path"),
                SlowReader.class.getName(),
                data.toString())
            .redirectError(Path.of("target", "SlowReader.err").toFile())
            .start();
    SortedMap<Long, String> came = new TreeMap<>();
    String verified = "";
    long firstId = 0;
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(reader.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.equals("held")) {
          try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
            firstId = run(log);
          }
          reader.getOutputStream().write('\n');
          reader.getOutputStream().flush();
        } else if (line.startsWith("{")) {
          take(line, came);
        } else {
          verified = line;
        }
      }
    }
    assertThat(reader.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(came).containsKey(SlowReader.HELD_AT);
    assertRight(came, firstId);
    assertThat(verified).isEqualTo("verified []");
  }

  private static void take(String line, SortedMap<Long, String> came) {
    Matcher matcher = ID.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    long id = Long.parseLong(matcher.group(1));
    assertThat(came.isEmpty() || came.lastKey() < id).as("ascending").isTrue();
    came.put(id, line);
  }

  @Test
  void anExportThatIsTakenSlowlyGoesOn() throws Exception {
    try (TestServer server = TestServer.start(data)) {
      String key = server.key(Permission.ADMIN_AUDIT);
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
        socket.setReceiveBufferSize(1 << 16);
        socket.setSoTimeout(60_000);
        String request =
            "GET /api/audit/export?format=ndjson&order=asc HTTP/1.0\r\nX-API-Key: "
                + key
                + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        assertThat(lines.readLine()).startsWith("HTTP/1.1 200");
        SortedMap<Long, String> came = new TreeMap<>();
        long firstId = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          if (line.startsWith("{")) {
            take(line, came);
            if (came.size() == 10) {
              firstId = run(server.log);
              assertThat(
                      server
                          .append(server.key(Permission.AUDIT_APPEND), "{\"event_type\":\"a\"}")
                          .statusCode())
                  .isEqualTo(201);
            }
          }
        }
        assertRight(came, firstId);
        assertThat(came.size()).as("some were removed before they came").isLessThan(before.size());
        assertThat(new LogVerifier(server.log.reader()).verify(VerifyRequest.all(), null).faults())
            .isEmpty();
      }
    }
  }

  /** The process that reads, and stands still on an entry of the first segment until it is told. */
  static final class SlowReader {
    static final long HELD_AT = 10;

    private SlowReader() {}

    public static void main(String[] args) throws Exception {
      LogReader reader = LogReader.open(Path.of(args[0]));
      reader.forEach(1, Long.MAX_VALUE, SlowReader::take);
      System.out.println(
          "verified " + new LogVerifier(reader).verify(VerifyRequest.all(), null).faults());
    }

    private static boolean take(StoredEntry entry) throws IOException {
      System.out.println(new String(entry.bytes(), StandardCharsets.UTF_8));
      if (entry.id() == HELD_AT) {
        System.out.println("held");
        if (System.in.read() < 0) {
          throw new IOException("nobody says that it may go on");
        }
      }
      return true;
    }
  }
}
