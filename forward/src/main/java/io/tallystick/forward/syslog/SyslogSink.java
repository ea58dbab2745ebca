package io.tallystick.forward.syslog;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.tallystick.forward.sink.Delivery;
import io.tallystick.forward.sink.Level;
import io.tallystick.forward.sink.Outgoing;
import io.tallystick.forward.sink.Sink;
import io.tallystick.forward.sink.SinkException;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes each message after its length, so that it may contain anything. */
final class SyslogSink implements Sink {
  /** Long enough for a peer nearby that refuses us to say so. */
  private static final Duration FIRST_LOOK = Duration.ofMillis(250);

  private static final Duration LOOK = Duration.ofMillis(1);

  private final SyslogMessage message;
  private final Connector connector;
  private @Nullable Connection connection;

  SyslogSink(SyslogMessage message, Connector connector) {
    this.message = message;
    this.connector = connector;
  }

  @Override
  public Level level() {
    return Level.ACCEPTED;
  }

  @Override
  public Delivery send(List<Outgoing> batch) throws SinkException, InterruptedException {
    ByteArrayOutputStream frames = new ByteArrayOutputStream();
    for (Outgoing out : batch) {
      byte[] bytes = message.of(out);
      frames.writeBytes((bytes.length + " ").getBytes(US_ASCII));
      frames.writeBytes(bytes);
    }
    boolean complete = false;
    try {
      Duration look = connection == null ? FIRST_LOOK : LOOK;
      Connection open = connection == null ? connector.connect() : connection;
      connection = open;
      // Before the batch, so that it is not written to a connection whose end is known.
      open.checkOpen(look);
      open.write(frames.toByteArray());
      open.checkOpen(LOOK);
      complete = true;
      return Delivery.COMPLETE;
    } finally {
      if (!complete) {
        close();
      }
    }
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
