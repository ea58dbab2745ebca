package io.tallystick.service.witness;

import io.tallystick.note.NoteSignature;
import io.tallystick.service.Chore;
import io.tallystick.store.LogTree;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the log's checkpoints signed by witnesses: every interval the newest one by all of them at
 * once, as long as entries arrive. A witness that fails is asked again after one interval, then
 * two, then four, up to 32. Safe for any number of threads.
 */
public final class WitnessFeeder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WitnessFeeder.class);

  /** How often witnesses are asked unless something else is said. */
  public static final Duration EVERY = Duration.ofMinutes(1);

  /** For so many intervals without a signature, witnesses count as being there. */
  private static final int INTERVALS_OF_PATIENCE = 5;

  private static final Duration KEEP_EVERY = Duration.ofHours(1);
  private static final int MAX_ROUNDS_LEFT_OUT = 32;

  /** A witness, and how it answered so far. Used by one thread at a time. */
  private static final class Asked {
    private final WitnessClient client;
    private int failures;
    private int roundsToLeaveOut;

    private Asked(WitnessClient client) {
      this.client = client;
    }
  }

  /**
   * What became of asking so far.
   *
   * @param witnesses how many are asked
   * @param size of the newest checkpoint that at least one of them signed, 0 for none
   * @param failures how often one did not sign
   * @param contradictions how often one had seen another history of this log
   */
  public record Figures(int witnesses, long size, long failures, long contradictions) {}

  private final LogTree tree;
  private final List<Asked> witnesses = new ArrayList<>();
  private final Duration every;
  private final @Nullable HttpClient http;
  private final @Nullable Thread thread;

  /** Confined to the feeder's thread. */
  private Instant keptAt = Instant.EPOCH;

  /** Confined to the feeder's thread. */
  private long keptSize = -1;

  /** Written by the feeder's thread. */
  private volatile @Nullable SignedCheckpoint newest;

  /** When {@link #newest} was the log's newest last. Written by the feeder's thread. */
  private volatile long cosignedNanos = System.nanoTime();

  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong contradictions = new AtomicLong();

  /**
   * Begins to ask, if there is anybody to be asked.
   *
   * @param every how long to wait between two rounds
   * @throws IOException if the checkpoint that was cosigned last can't be read
   */
  public WitnessFeeder(LogTree tree, List<WitnessAddress> addresses, Duration every)
      throws IOException {
    this.tree = tree;
    this.every = every;
    if (addresses.isEmpty()) {
      this.http = null;
      this.thread = null;
      return;
    }
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(Duration.ofSeconds(10))
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    this.http = client;
    addresses.forEach(address -> witnesses.add(new Asked(new WitnessClient(client, address))));
    this.newest = tree.cosigned().orElse(null);
    this.thread = Thread.ofVirtual().name("tally-cosigner").start(this::run);
  }

  /** The newest checkpoint with a witness's signature; empty if there is none, or no witness. */
  public Optional<SignedCheckpoint> newest() {
    return Optional.ofNullable(newest);
  }

  /** Whether witnesses have signed what the log grew by, but for the last five intervals. */
  public boolean keepsUp() {
    return System.nanoTime() - cosignedNanos <= every.multipliedBy(INTERVALS_OF_PATIENCE).toNanos();
  }

  public Figures figures() {
    SignedCheckpoint now = newest;
    return new Figures(
        witnesses.size(), now == null ? 0 : now.size(), failures.get(), contradictions.get());
  }

  private void run() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Chore.attempt("giving a checkpoint to witnesses", this::attempt);
        Thread.sleep(every);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One round; a next one follows however it ends. */
  private void attempt() throws IOException {
    Optional<SignedCheckpoint> next = tree.newest();
    if (next.isPresent()) {
      round(next.get());
    }
  }

  private void round(SignedCheckpoint next) throws IOException {
    SignedCheckpoint before = newest;
    SignedCheckpoint checkpoint = before != null && before.size() == next.size() ? before : next;
    List<CompletableFuture<NoteSignature>> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Asked witness : witnesses) {
        if (checkpoint.hasSigned(witness.client.key())) {
          continue;
        }
        if (witness.roundsToLeaveOut > 0) {
          witness.roundsToLeaveOut--;
          continue;
        }
        answers.add(CompletableFuture.supplyAsync(() -> ask(witness, checkpoint), threads));
      }
    }
    List<NoteSignature> signatures = new ArrayList<>();
    for (CompletableFuture<NoteSignature> answer : answers) {
      await(answer).ifPresent(signatures::add);
    }
    if (!signatures.isEmpty()) {
      SignedCheckpoint cosigned = checkpoint.with(signatures);
      tree.publishCosigned(cosigned);
      keep(cosigned);
      newest = cosigned;
      cosignedNanos = System.nanoTime();
    } else if (before != null && before.size() == next.size()) {
      cosignedNanos = System.nanoTime();
    }
  }

  /** Puts the first cosigned checkpoint of an hour into the history, with all its signatures. */
  private void keep(SignedCheckpoint cosigned) throws IOException {
    // Also when the clock was set back.
    Instant at = cosigned.signedAt();
    boolean due = at.isBefore(keptAt) || !at.isBefore(keptAt.plus(KEEP_EVERY));
    if (cosigned.size() == keptSize || due) {
      tree.keep(cosigned);
      keptAt = cosigned.signedAt();
      keptSize = cosigned.size();
    }
  }

  private Optional<NoteSignature> await(CompletableFuture<NoteSignature> answer) {
    try {
      return Optional.of(answer.join());
    } catch (CompletionException e) {
      if (e.getCause() instanceof WitnessClient.Contradiction) {
        contradictions.incrementAndGet();
        LOG.error("{}", e.getCause().getMessage());
      } else {
        LOG.warn("{}", e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
      }
      failures.incrementAndGet();
      return Optional.empty();
    }
  }

  private NoteSignature ask(Asked witness, SignedCheckpoint checkpoint) {
    try {
      NoteSignature signature = witness.client.cosign(tree, checkpoint);
      witness.failures = 0;
      return signature;
    } catch (IOException | RuntimeException e) {
      witness.roundsToLeaveOut =
          Math.min(MAX_ROUNDS_LEFT_OUT, 1 << Math.min(witness.failures, 30)) - 1;
      witness.failures++;
      throw new CompletionException(
          e.getMessage() == null
              ? new IOException("witness " + witness.client.key().name() + " can't be reached", e)
              : e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  /** Asks no more. */
  @Override
  public void close() {
    if (thread != null) {
      thread.interrupt();
    }
    if (http != null) {
      http.shutdownNow();
    }
  }
}
