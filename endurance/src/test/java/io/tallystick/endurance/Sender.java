package io.tallystick.endurance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends by the rules of a protocol until it is killed, and goes on from a position that it has in a
 * file. It writes that down now and then only, so that after a kill it sends some again that had
 * arrived.
 */
final class Sender {
  private static final int UNSAVED = 5;
  private static final long PAUSE_MILLIS = 15;

  private final Protocol protocol;
  private final Path file;
  private final String url;
  private final String key;

  /** The events that it believes delivered, whatever it forgot since. */
  private final Set<String> delivered = ConcurrentHashMap.newKeySet();

  private final Map<Integer, String> answers = new ConcurrentHashMap<>();
  private @Nullable Thread thread;

  /**
   * @param file for its position
   */
  Sender(Protocol protocol, String url, String key, Path file) {
    this.protocol = protocol;
    this.url = url;
    this.key = key;
    this.file = file;
  }

  Protocol protocol() {
    return protocol;
  }

  Set<String> delivered() {
    return delivered;
  }

  /** The last answer of each status; the status is 0 where there was none. */
  Map<Integer, String> answers() {
    return answers;
  }

  void start() {
    thread = Thread.ofPlatform().daemon().start(this::send);
  }

  /** Drops its connection in the middle of whatever it does, and what it knows. */
  void kill() throws InterruptedException {
    if (thread != null) {
      thread.interrupt();
      thread.join();
      thread = null;
    }
  }

  private void send() {
    try (Connection server = new Connection(url, key, answers)) {
      Position position = Position.read(file);
      while (true) {
        long number = position.next++;
        if (!protocol.keeps()) {
          position.write(file, number + 1);
        } else if (number % UNSAVED == 0) {
          position.write(file, number);
        }
        if (!deliver(number, server)) {
          position.later.add(number);
          position.write(file, number + 1);
        } else if (!position.later.isEmpty() && deliver(position.later.getFirst(), server)) {
          position.later.removeFirst();
          position.write(file, number + 1);
        }
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException | IOException e) {
      // Killed: an interrupt ends what it writes, too.
    }
  }

  /** Returns {@code false} if it is to be tried again later. */
  private boolean deliver(long number, Connection server) throws InterruptedException {
    while (true) {
      switch (protocol.deliver(number, server)) {
        case DELIVERED -> {
          protocol.events(number).forEach(delivered::add);
          return true;
        }
        case LOST -> {
          return true;
        }
        case LATER -> {
          return false;
        }
        case AGAIN -> Thread.sleep(PAUSE_MILLIS);
      }
    }
  }

  /** How far a sender came. */
  private static final class Position {
    long next;
    final Deque<Long> later = new ArrayDeque<>();

    static Position read(Path file) throws IOException {
      Position position = new Position();
      if (Files.exists(file)) {
        String[] words = Files.readString(file).split(" ", -1);
        position.next = Long.parseLong(words[0]);
        Arrays.stream(words).skip(1).map(Long::valueOf).forEach(position.later::add);
      }
      return position;
    }

    void write(Path file, long number) throws IOException {
      String text = number + later.stream().map(each -> " " + each).collect(Collectors.joining());
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(fresh, text);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }
  }
}
