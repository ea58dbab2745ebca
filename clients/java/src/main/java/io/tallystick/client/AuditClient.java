package io.tallystick.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Sends events to one server. Safe for use by many threads. It works in one of three {@link Mode}s,
 * and there is no default. A client that is still open when the JVM exits gets five seconds to send
 * what is left, unless {@link Builder#closeOnExit} says otherwise.
 */
public final class AuditClient implements AutoCloseable {
  private static final Duration ON_EXIT = Duration.ofSeconds(5);
  private static final System.Logger LOG = System.getLogger(AuditClient.class.getPackageName());

  private final Mode mode;
  private final String stream;
  private final Duration timeout;
  private final Transport transport;

  /** The last source_seq; in mode spooled, the spool has it. */
  private final AtomicLong sequence = new AtomicLong();

  /** {@code null} in mode sync. */
  private final @Nullable EventQueue queue;

  private final @Nullable Sender sender;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Thread onExit = new Thread(() -> closeNow(ON_EXIT), "tallystick-exit");

  private AuditClient(Builder options, Mode mode) throws IOException {
    this.mode = mode;
    this.stream = options.stream;
    this.timeout = options.timeout;
    this.transport =
        new Transport(
            Objects.requireNonNull(options.url, "url is missing"),
            Objects.requireNonNull(options.key, "key is missing; see ApiKey"),
            options.allowHttp,
            options.tls);
    this.queue =
        switch (mode) {
          case SYNC -> null;
          case SPOOLED -> spool(options);
          case BEST_EFFORT -> new MemoryQueue(options.capacity, stream, sequence);
        };
    this.sender = queue == null ? null : new Sender(queue, transport, options.onRejected);
    if (sender != null) {
      sender.start();
      if (options.closeOnExit) {
        Runtime.getRuntime().addShutdownHook(onExit);
      }
    }
  }

  private static Spool spool(Builder options) throws IOException {
    Path directory = Objects.requireNonNull(options.spool);
    try {
      return new Spool(directory, options.stream, options.maxSpoolBytes, options.whenFull);
    } catch (IOException e) {
      throw new IOException("the spool " + directory + " cannot be opened: " + e.getMessage(), e);
    }
  }

  /** Options of a client; url, key and mode have no default. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Records an event; {@link Mode} says what the return means. In mode sync, after an exception
   * other than {@link RejectedException} the event may be in the log nevertheless: sending it again
   * writes it at most once if it has an {@code event_id} of yours. It has another number then, so
   * if it is in the log already the server answers 409, and the exception names the entry.
   *
   * @throws IllegalArgumentException if the event cannot be sent, whatever the server
   * @throws RejectedException in mode sync, if the server will never accept the event
   * @throws SpoolFullException in mode spooled, if there is no room, with {@link WhenFull#RAISE}
   * @throws AuditException if the event could not be recorded
   */
  public Receipt append(Event event) {
    if (closed.get()) {
      throw new AuditException("the client is closed", null);
    }
    Event sent =
        event.has("event_id") ? event : event.eventId(EventIds.next(System.currentTimeMillis()));
    String eventId = sent.text("event_id");
    if (queue == null) {
      return send(sent.encode(stream), eventId);
    }
    queue.append(sent.dated().encode(stream));
    return Receipt.ofEvent(eventId);
  }

  /** Sends until the server accepts or rejects it, or does not know the key, or the time is up. */
  private Receipt send(byte[] encoded, String eventId) {
    byte[] event = Event.withSequence(encoded, sequence.incrementAndGet());
    long deadline = System.nanoTime() + timeout.toNanos();
    for (int attempt = 0; ; attempt++) {
      String trouble;
      Duration wish = Duration.ZERO;
      try {
        Answer answer = transport.post("?oversize=truncate", "application/json", event);
        switch (answer.verdict()) {
          case ACCEPTED -> {
            return Answers.receipt(answer, eventId);
          }
          case REFUSED -> throw new RejectedException(Answers.refusal(answer, event));
          case NOT_NOW -> {
            if (answer.isDenied()) {
              throw new AuditException(answer.describe(), null);
            }
          }
        }
        trouble = answer.describe();
        wish = answer.retryAfter();
      } catch (IOException e) {
        trouble = String.valueOf(e.getMessage());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AuditException("interrupted; the event may not be in the log", e);
      }
      long pauseMillis = Transport.pauseMillis(attempt, wish);
      if (System.nanoTime() + pauseMillis * 1_000_000 > deadline) {
        throw new AuditException("the event may not be in the log: " + trouble, null);
      }
      try {
        Thread.sleep(pauseMillis);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new AuditException("interrupted; the event may not be in the log", e);
      }
    }
  }

  /** Waits until nothing is left to send, at most so long; how many events are left. */
  public int flush(Duration timeout) {
    return queue == null ? 0 : queue.awaitEmpty(timeout);
  }

  /**
   * Flushes and stops the client. Only the first call does so.
   *
   * @return how many events are left: in mode spooled they stay in the spool for the next process,
   *     in mode best effort they are lost
   */
  public int close(Duration timeout) {
    try {
      Runtime.getRuntime().removeShutdownHook(onExit);
    } catch (IllegalStateException exiting) {
      // The hook is running, or will.
    }
    return closeNow(timeout);
  }

  /** Closes within five seconds. */
  @Override
  public void close() {
    int left = close(ON_EXIT);
    if (left > 0 && mode == Mode.BEST_EFFORT) {
      LOG.log(System.Logger.Level.ERROR, "{0} events are lost: the server did not have them", left);
    }
  }

  private int closeNow(Duration timeout) {
    if (closed.getAndSet(true) || queue == null || sender == null) {
      return 0;
    }
    queue.awaitEmpty(timeout);
    try {
      sender.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return queue.close();
  }

  /**
   * Asks the server for a proof that an entry is in the log, and checks it against keys that you
   * have from elsewhere. The API key needs the permission {@code admin.audit}.
   *
   * @param receipt needs the id; without a hash, the entry is fetched
   * @throws VerificationException if it is not proven
   * @throws IOException if the server does not answer
   */
  public Checkpoint verifyReceipt(Receipt receipt, VerifierKey... keys)
      throws VerificationException, IOException, InterruptedException {
    String path = "/api/audit/entries/" + receipt.id();
    Hash leaf;
    if (receipt.hash() == null) {
      String entry = fetch(path, "application/octet-stream");
      if (!entry.startsWith("{\"id\":" + receipt.id() + ",")) {
        throw new VerificationException("the server sent another entry than " + receipt.id());
      }
      leaf = Hash.ofLeaf(entry.getBytes(UTF_8));
    } else {
      leaf = Hash.parseHex(receipt.hash());
    }
    String proof = fetch(path + "/proof", "*/*");
    return Verification.proof(proof, receipt.id(), leaf, keys);
  }

  /**
   * The newest entries that match, newest first: values as in JSON, without those that are null.
   * The API key needs the permission {@code admin.audit}; it may be limited to a part of the log.
   *
   * @param filter parameters of {@code GET /api/audit}, such as {@code event_type} and {@code
   *     limit}
   * @throws IOException if the server does not answer, or not with entries
   */
  public List<Map<String, Object>> entries(Map<String, String> filter)
      throws IOException, InterruptedException {
    String query =
        filter.entrySet().stream()
            .map(parameter -> encoded(parameter.getKey()) + "=" + encoded(parameter.getValue()))
            .collect(Collectors.joining("&"));
    return Answers.entries(fetch("/api/audit?" + query, "application/json"));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private String fetch(String path, String accept) throws IOException, InterruptedException {
    Answer answer = transport.get(path, accept);
    if (answer.status() != 200) {
      throw new IOException(answer.describe());
    }
    return answer.body();
  }

  /** Options of a client. Not safe for use by many threads. */
  public static final class Builder {
    private @Nullable String url;
    private @Nullable ApiKey key;
    private @Nullable Mode mode;
    private String stream = Event.DEFAULT_STREAM;
    private @Nullable Path spool;
    private long maxSpoolBytes = 1 << 30;
    private WhenFull whenFull = WhenFull.BLOCK;
    private int capacity = 10_000;
    private Duration timeout = Duration.ofSeconds(30);
    private Consumer<Rejection> onRejected = rejection -> {};
    private boolean allowHttp;
    private boolean closeOnExit = true;
    private @Nullable SSLContext tls;

    private Builder() {}

    /** The server, with its base path if it has one: https, or http to this machine. */
    public Builder url(String url) {
      this.url = url;
      return this;
    }

    /** Needs the permission {@code audit.append}. */
    public Builder key(ApiKey key) {
      this.key = key;
      return this;
    }

    public Builder mode(Mode mode) {
      this.mode = mode;
      return this;
    }

    /**
     * A sequence of events, at most 128 bytes. The events of each key and stream are numbered 1, 2,
     * 3 …, so two processes with one key need different streams.
     */
    public Builder stream(String stream) {
      this.stream = stream;
      return this;
    }

    /** The directory for events that wait, of one process and one stream. */
    public Builder spool(Path directory) {
      this.spool = directory;
      return this;
    }

    /**
     * Limits the events that wait in the spool; 1 GiB if not set, at least 1 MiB. The directory can
     * be larger by the sent part of one file, 8 MiB, and by {@code rejected.ndjson}.
     */
    public Builder maxSpoolBytes(long bytes) {
      this.maxSpoolBytes = bytes;
      return this;
    }

    /** {@link WhenFull#BLOCK} if not set. */
    public Builder whenFull(WhenFull whenFull) {
      this.whenFull = whenFull;
      return this;
    }

    /** How many events wait in memory in mode best effort; 10,000 if not set. */
    public Builder capacity(int events) {
      this.capacity = events;
      return this;
    }

    /** How long a call in mode sync tries; 30 seconds if not set. */
    public Builder timeout(Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /** Called for each event that the server will never accept, by the thread that sends. */
    public Builder onRejected(Consumer<Rejection> callback) {
      this.onRejected = callback;
      return this;
    }

    /** Allows http to another machine, where anybody on the way can read the key. */
    public Builder allowHttp(boolean allowed) {
      this.allowHttp = allowed;
      return this;
    }

    /**
     * Whether the client closes itself when the JVM exits; {@code true} if not set. For
     * applications that append until their own end, and close the client then.
     */
    public Builder closeOnExit(boolean closes) {
      this.closeOnExit = closes;
      return this;
    }

    /** Which authorities may vouch for the server, if not those of the JDK. */
    public Builder tls(SSLContext tls) {
      this.tls = tls;
      return this;
    }

    /**
     * The client. It does not connect yet. In mode spooled it begins with what an earlier process
     * left in the spool.
     *
     * @throws IllegalArgumentException if an option is wrong
     * @throws IOException if the spool cannot be opened
     */
    public AuditClient build() throws IOException {
      if (mode == null) {
        throw new IllegalArgumentException(
            "mode must be SYNC (append returns when the event is in the log), SPOOLED (when it is"
                + " on this machine's disk) or BEST_EFFORT (at once; events can be dropped)");
      }
      check(url != null, "url is missing");
      check(key != null, "key is missing; use ApiKey.fromEnv or ApiKey.fromFile");
      check((spool != null) == (mode == Mode.SPOOLED), "spool must be set in mode SPOOLED only");
      int streamBytes = stream.getBytes(UTF_8).length;
      check(streamBytes <= 128, "stream must be at most 128 bytes, but was " + streamBytes);
      check(
          maxSpoolBytes >= Spool.MIN_BYTES,
          "maxSpoolBytes must be at least " + Spool.MIN_BYTES + ", but was " + maxSpoolBytes);
      check(capacity > 0, "capacity must be at least 1, but was " + capacity);
      check(!timeout.isNegative(), "timeout must be positive, but was " + timeout);
      return new AuditClient(this, mode);
    }

    private static void check(boolean good, String message) {
      if (!good) {
        throw new IllegalArgumentException(message);
      }
    }
  }
}
