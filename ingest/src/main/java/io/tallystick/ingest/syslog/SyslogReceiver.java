package io.tallystick.ingest.syslog;

import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import java.util.List;

/**
 * A receiver that has a port and no path: {@link SyslogServer} listens there. Its messages are
 * appended in the name of one key, as those of signed webhooks are.
 */
public final class SyslogReceiver implements Receiver {
  private final SyslogConfig config;

  public SyslogReceiver(SyslogConfig config) {
    this.config = config;
  }

  /** The port, and what may come there. */
  public SyslogConfig config() {
    return config;
  }

  /** None: nothing comes over HTTP. */
  @Override
  public List<Route> routes() {
    return List.of();
  }

  @Override
  public boolean isSigned() {
    return true;
  }

  @Override
  public Received receive(Delivery delivery) {
    throw new UnsupportedOperationException("it has no route");
  }
}
