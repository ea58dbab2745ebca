package io.tallystick.http;

import io.tallystick.index.AuditIndex;
import io.tallystick.index.AuditQuery;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Fault;
import io.tallystick.store.LogConfig;
import io.tallystick.store.LogReader;
import io.tallystick.store.VerifyRequest;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;

/**
 * A process that looks at a log which may be damaged, the way an operator would: verifies it, reads
 * it, starts on it. Says {@code found} and what, or {@code harmless} and a digest of every answer
 * it got, for the test to compare with that of the log before.
 */
final class Judge {
  private Judge() {}

  public static void main(String[] args) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    out.println("outcome " + judge(Path.of(args[0])));
    Runtime.getRuntime().halt(0);
  }

  private static String judge(Path data) throws Exception {
    MessageDigest answers = MessageDigest.getInstance("SHA-256");
    try {
      LogReader reader = LogReader.open(data);
      List<Fault> faults = reader.verify(VerifyRequest.all(), null).faults();
      if (!faults.isEmpty()) {
        return "found by verify: " + faults.getFirst().kind() + " " + faults.getFirst().reason();
      }
      put(answers, reader.identity().toString());
      reader.forEach(
          1,
          reader.lastId(),
          entry -> {
            answers.update(entry.bytes());
            return true;
          });
      put(answers, reader.tree().newest().orElseThrow().note().toString());
      put(answers, reader.tree().prove(7, reader.tree().newest().orElseThrow()).toString());
    } catch (IOException e) {
      return "found by reading: " + e.getMessage();
    }
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      put(answers, Long.toString(log.lastId()));
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        index.awaitIndexed(log.lastId());
        AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
        new KeyAdministration(log, keys).checkNotLost(index);
        put(answers, keys.list().toString());
        put(answers, index.countsByType().toString());
        put(answers, index.search(AuditQuery.builder().build()).toString());
      }
    } catch (IOException e) {
      return "found by starting: " + e.getMessage();
    }
    return "harmless " + HexFormat.of().formatHex(answers.digest());
  }

  private static void put(MessageDigest answers, String answer) {
    answers.update(answer.getBytes(StandardCharsets.UTF_8));
    answers.update((byte) 0);
  }
}
