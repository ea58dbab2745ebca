package io.tallystick.http.wire;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.SelectorManager;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IO;
import org.eclipse.jetty.util.component.ContainerLifeCycle;
import org.eclipse.jetty.util.thread.ScheduledExecutorScheduler;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of a server, and who has to give one up. Accepting never stops, for then whoever
 * holds all places would shut everybody out. Instead:
 *
 * <ul>
 *   <li>One network has only so many; those beyond are closed. Trusted proxies are exempt.
 *   <li>When all places are used, others give way: first those that have sent no request yet, a TLS
 *       handshake under way among them, then those between two requests, then those whose request
 *       has no valid key. Of each kind the oldest goes first, and a trusted proxy's after all
 *       others. Only if all are answering requests with valid keys is the new one closed.
 *   <li>A connection whose client is silent from the start, or too slow with a header, is closed.
 * </ul>
 *
 * <p>A bean of one connector. Safe for any number of threads.
 */
public final class Connections extends ContainerLifeCycle
    implements SelectorManager.AcceptListener, Connection.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);
  private static final String ADMITTED = Connections.class.getName() + ".admitted";
  private static final Duration WARN_EVERY = Duration.ofMinutes(1);

  /** Within which a virtual thread runs that nothing keeps from it. */
  private static final Duration PROMPT = Duration.ofMillis(100);

  /** So many places in one are made free at once: finding the oldest means looking at all. */
  private static final int FREED_AT_ONCE = 64;

  private final int max;
  private final ConnectionLimits limits;
  private final Duration headerTimeout;
  private final Predicate<InetAddress> trusted;
  private final Scheduler scheduler = new ScheduledExecutorScheduler("tally-connections", true);

  private final Map<SelectableChannel, ClientConnection> open = new ConcurrentHashMap<>();

  @GuardedBy("this")
  private final Map<InetAddress, Integer> perNetwork = new HashMap<>();

  @GuardedBy("this")
  private long warnedNanoTime;

  @GuardedBy("this")
  private boolean warned;

  /**
   * @param max connections at once
   * @param headerTimeout for the whole header of a request
   * @param trusted proxies, which speak for many clients
   */
  public Connections(
      int max, ConnectionLimits limits, Duration headerTimeout, Predicate<InetAddress> trusted) {
    this.max = max;
    this.limits = limits;
    this.headerTimeout = headerTimeout;
    this.trusted = trusted;
    installBean(scheduler);
  }

  /** Notices requests; has to be around every other handler. */
  public Handler.Singleton requests() {
    return new Handler.Wrapper() {
      @Override
      public boolean handle(Request request, Response response, Callback callback)
          throws Exception {
        ClientConnection client = of(request.getConnectionMetaData().getConnection());
        if (client != null) {
          client.begin(request);
          Request.addCompletionListener(request, failure -> client.end());
        }
        return super.handle(request, response, callback);
      }
    };
  }

  /** Notes that a request has a valid key: its connection gives way to no other. */
  public static void admit(HttpServletRequest request) {
    request.setAttribute(ADMITTED, true);
  }

  static boolean isAdmitted(Request request) {
    return request.getAttribute(ADMITTED) != null;
  }

  @Override
  public void onAccepting(SelectableChannel channel) {
    InetAddress address = address(channel);
    if (address == null || !admit(channel, address)) {
      IO.close(channel);
    }
  }

  private static @Nullable InetAddress address(SelectableChannel channel) {
    try {
      return channel instanceof SocketChannel socket
              && socket.getRemoteAddress() instanceof InetSocketAddress remote
          ? remote.getAddress()
          : null;
    } catch (IOException e) {
      // Gone already.
      return null;
    }
  }

  private synchronized boolean admit(SelectableChannel channel, InetAddress address) {
    boolean proxy = trusted.test(address);
    InetAddress network = Network.of(address);
    int sameNetwork = perNetwork.getOrDefault(network, 0);
    if (!proxy && sameNetwork >= limits.perAddress()) {
      warn(
          "{} has {} connections, and gets no more; if it is a proxy, name it with --trusted-proxy,"
              + " else see --max-connections-per-address",
          network.getHostAddress(),
          sameNetwork);
      return false;
    }
    if (open.size() >= max && !makeRoom()) {
      warn("all {} connections wait for answers; one from {} was refused", max, address);
      return false;
    }
    open.put(channel, new ClientConnection(channel, network, proxy));
    perNetwork.merge(network, 1, Integer::sum);
    return true;
  }

  @GuardedBy("this")
  private boolean makeRoom() {
    long now = System.nanoTime();
    List<Candidate> oldest =
        open.entrySet().stream()
            .map(one -> Candidate.of(one.getKey(), one.getValue(), now))
            .filter(one -> one.standing() != ClientConnection.Standing.ADMITTED)
            .sorted(Candidate.FIRST)
            .limit(Math.max(1, max / FREED_AT_ONCE))
            .toList();
    oldest.forEach(one -> {
      remove(one.channel());
      one.client().close();
    });
    return !oldest.isEmpty();
  }

  /** A connection that may have to give way, as it was at this time, for others go on meanwhile. */
  private record Candidate(
      SelectableChannel channel,
      ClientConnection client,
      ClientConnection.Standing standing,
      long nanosSinceAnswer) {
    static final Comparator<Candidate> FIRST =
        Comparator.comparing((Candidate one) -> one.client().isProxy())
            .thenComparing(Candidate::standing)
            .thenComparing(Comparator.comparingLong(Candidate::nanosSinceAnswer).reversed());

    static Candidate of(SelectableChannel channel, ClientConnection client, long now) {
      return new Candidate(channel, client, client.standing(), client.nanosSinceAnswer(now));
    }
  }

  @GuardedBy("this")
  private void warn(String message, Object first, Object second) {
    long now = System.nanoTime();
    if (!warned || now - warnedNanoTime > WARN_EVERY.toNanos()) {
      warned = true;
      warnedNanoTime = now;
      LOG.warn(message, first, second);
    }
  }

  @Override
  public void onAcceptFailed(SelectableChannel channel, Throwable cause) {
    remove(channel);
  }

  @Override
  public void onClosed(SelectableChannel channel) {
    remove(channel);
  }

  /** Also of a channel that is not, or no longer, among the open ones. */
  private synchronized void remove(SelectableChannel channel) {
    ClientConnection client = open.remove(channel);
    if (client != null) {
      perNetwork.computeIfPresent(
          client.network(), (network, count) -> count == 1 ? null : count - 1);
    }
  }

  @Override
  public void onOpened(Connection connection) {
    ClientConnection client = of(connection);
    if (client == null) {
      connection.close();
    } else {
      client.opened(connection);
    }
  }

  private @Nullable ClientConnection of(Connection connection) {
    return ClientConnection.endPoint(connection).getTransport() instanceof SelectableChannel channel
        ? open.get(channel)
        : null;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    schedule();
  }

  private void schedule() {
    long millis = Math.min(headerTimeout.toMillis(), limits.firstByte().toMillis()) / 10;
    scheduler.schedule(this::closeLate, Math.max(10, millis), TimeUnit.MILLISECONDS);
  }

  private void closeLate() {
    if (!isRunning()) {
      return;
    }
    List<ClientConnection> late = late(open.values());
    if (late.isEmpty()) {
      schedule();
    } else {
      // Virtual threads read what comes. While this one does not run at once, they are busy, and
      // what has come may not have been read.
      long asked = System.nanoTime();
      Thread.ofVirtual()
          .name("tally-late-connections")
          .start(() -> {
            if (System.nanoTime() - asked < PROMPT.toNanos()) {
              late(late).forEach(ClientConnection::close);
            }
            schedule();
          });
    }
  }

  private List<ClientConnection> late(Collection<ClientConnection> clients) {
    return clients.stream()
        .filter(client -> client.isLate(limits.firstByte(), headerTimeout))
        .toList();
  }
}
