package io.tallystick.forward.syslog;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Rejected;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * RELP: each message has a number, and the receiver answers each number when it has the message.
 *
 * <pre>
 * 2 syslog 11 hello world LF        number, command, length, data
 * 2 rsp 6 200 OK LF
 * </pre>
 */
final class RelpSink implements Sink {
  private static final String OFFER = "relp_version=0\nrelp_software=tallystick\ncommands=syslog";

  private static final int OK = 200;
  private static final int MAX_ANSWER_BYTES = 64 << 10;

  /** Numbers have nine digits at most. */
  private static final int LAST_NUMBER = 999_999_999;

  /** Messages on the way at a time: what librelp permits without telling. */
  private static final int WINDOW = 128;

  /** An answer to a number. */
  private record Answer(int number, String data) {
    int status() {
      String code = data.split("[ \n]", 2)[0];
      return code.matches("[0-9]{3}") ? Integer.parseInt(code) : 0;
    }
  }

  private final SyslogMessage message;
  private final Connector connector;
  private @Nullable Connection connection;
  private int number;

  RelpSink(SyslogMessage message, Connector connector) {
    this.message = message;
    this.connector = connector;
  }

  @Override
  public Level level() {
    return Level.CONFIRMED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    boolean complete = false;
    try {
      Connection open =
          connection == null || number > LAST_NUMBER - batch.size() ? open() : connection;
      List<Rejected> rejected = new ArrayList<>();
      for (int from = 0; from < batch.size(); from += WINDOW) {
        send(open, batch, from, Math.min(batch.size(), from + WINDOW), rejected);
      }
      complete = true;
      return new Delivery(rejected);
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  private void send(
      Connection open, List<Outgoing> batch, int from, int to, List<Rejected> rejected)
      throws SinkException, InterruptedException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    Map<Integer, Integer> indices = new HashMap<>();
    for (int i = from; i < to; i++) {
      indices.put(++number, i);
      frame(frames, number, "syslog", message.of(batch.get(i)));
    }
    open.write(frames.toByteArray());
    while (!indices.isEmpty()) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      Answer answer = answer(open);
      Integer index = indices.remove(answer.number());
      if (index == null) {
        throw new SinkException(connector.name() + " answered to a number that was not sent");
      }
      if (answer.status() != OK) {
        rejected.add(new Rejected(index, answer.data()));
      }
    }
  }

  private Connection open() throws SinkException {
    close();
    Connection open = connector.connect();
    connection = open;
    number = 1;
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame(frame, number, "open", OFFER.getBytes(US_ASCII));
    open.write(frame.toByteArray());
    Answer answer = answer(open);
    if (answer.number() != number || answer.status() != OK) {
      throw new SinkException(connector.name() + " refused the RELP session");
    }
    return open;
  }

  private static void frame(ByteArrayOutputStream target, int number, String command, byte[] data) {
    target.writeBytes((number + " " + command + " " + data.length).getBytes(US_ASCII));
    if (data.length > 0) {
      target.write(' ');
      target.writeBytes(data);
    }
    target.write('\n');
  }

  private Answer answer(Connection open) throws SinkException {
    int answered = number(word(open, 9));
    String command = word(open, 32);
    StringBuilder length = new StringBuilder();
    int end = open.read();
    while (end != ' ' && end != '\n' && length.length() < 9) {
      length.append((char) end);
      end = open.read();
    }
    int bytes = number(length.toString());
    if (bytes > MAX_ANSWER_BYTES || (bytes > 0 && end != ' ')) {
      throw noRelp();
    }
    byte[] data = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      data[i] = (byte) open.read();
    }
    if (end == ' ' && open.read() != '\n') {
      throw noRelp();
    }
    if (command.equals("serverclose")) {
      throw new SinkException(connector.name() + " ended the RELP session");
    }
    if (!command.equals("rsp")) {
      throw noRelp();
    }
    return new Answer(answered, new String(data, UTF_8));
  }

  private static String word(Connection open, int max) throws SinkException {
    StringBuilder word = new StringBuilder();
    for (int c = open.read(); c != ' ' && word.length() <= max; c = open.read()) {
      word.append((char) c);
    }
    return word.toString();
  }

  private int number(String text) throws SinkException {
    if (!text.matches("[0-9]{1,9}")) {
      throw noRelp();
    }
    return Integer.parseInt(text);
  }

  private SinkException noRelp() {
    return new SinkException(connector.name() + " does not speak RELP");
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
