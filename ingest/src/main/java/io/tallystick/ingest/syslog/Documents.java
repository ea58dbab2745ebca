package io.tallystick.ingest.syslog;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import io.tallystick.ingest.Intake;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes documents of the messages of one connection, each with an id and who sent it. Used by one
 * thread.
 */
final class Documents {
  /** Of so many messages of a connection it is known whether they are equal. */
  private static final int REMEMBERED = 256;

  private static final Pattern MICROSECONDS =
      Pattern.compile("[.][0-9]{6,}(?:Z|[+-][0-9]{2}:[0-9]{2})$");

  private final String connection = UUID.randomUUID().toString().replace("-", "");
  private final @Nullable String address;
  private final @Nullable String name;
  private final Map<String, Integer> equal = new LinkedHashMap<>();
  private long number;

  /**
   * @param address of the sender; {@code null} if the messages have it already
   * @param name of the sender's certificate; {@code null} if it showed none
   */
  Documents(@Nullable String address, @Nullable String name) {
    this.address = address;
    this.name = name;
  }

  /** A message that comes once: it is known by the connection and its number. */
  Intake.Document of(ObjectNode message) {
    number++;
    return document(message, connection + ":" + number);
  }

  /**
   * A message that may come again over another connection. It is known by its content if that has a
   * time to the microsecond. Without one, two equal messages may both be meant, and none must be
   * lost. Equal messages of one connection are all meant: a sender repeats only over another one.
   */
  Intake.Document ofRepeatable(MessageBytes bytes) {
    ObjectNode message = bytes.message();
    if (!MICROSECONDS.matcher(message.path("timestamp").asText()).find()) {
      return of(message);
    }
    int count = equal.merge(bytes.sha256(), 1, Integer::sum);
    if (equal.size() > REMEMBERED) {
      equal.remove(equal.keySet().iterator().next());
    }
    return document(message, count == 1 ? bytes.sha256() : bytes.sha256() + ":" + count);
  }

  private Intake.Document document(ObjectNode message, String id) {
    if (address != null) {
      message.put("peer", address);
    }
    if (name != null) {
      message.put("peer_name", name);
    }
    return SyslogMessage.unpack(message)
        ? new Intake.Document(message, id, SyslogMessage.MESSAGE)
        : new Intake.Document(message, id);
  }
}
