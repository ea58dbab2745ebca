package io.tallystick.http.ingest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tallystick.ingest.config.ReceiverSpec;
import io.tallystick.service.access.AccessKey;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.Permission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The access keys in whose names receivers append, for senders that have none. A receiver whose key
 * is missing, revoked or expired, or may not append, accepts nothing; this says so. Safe for any
 * number of threads.
 */
public final class ReceiverKeys {
  private static final Logger LOG = LoggerFactory.getLogger(ReceiverKeys.class);

  private final SortedMap<String, String> keyNames = new TreeMap<>();
  private final AccessKeys keys;

  /** What was wrong when it was last looked at, by receiver. */
  @GuardedBy("this")
  private Map<String, String> logged = Map.of();

  public ReceiverKeys(List<ReceiverSpec> receivers, AccessKeys keys) {
    for (ReceiverSpec receiver : receivers) {
      String key = receiver.key();
      if (key != null) {
        keyNames.put(receiver.name(), key);
      }
    }
    this.keys = keys;
  }

  /** What is wrong with a receiver's key, as a sentence without its end; empty if nothing is. */
  public Optional<String> fault(String receiver) {
    String name = keyNames.get(receiver);
    return name == null ? Optional.empty() : faultOf(name);
  }

  /**
   * What is wrong with the key of this name.
   *
   * @see #fault
   */
  Optional<String> faultOf(String name) {
    AccessKey key =
        keys.list().stream().filter(each -> each.name().equals(name)).findFirst().orElse(null);
    if (key == null) {
      return Optional.of(
          "there is no key with the name %s; make one: tally keys create %s --permission %s"
              .formatted(name, name, Permission.AUDIT_APPEND));
    }
    String other = "; names are not used twice, so make another key and name that in --ingest";
    if (key.revokedAt() != null) {
      return Optional.of("the key " + name + " was revoked at " + key.revokedAt() + other);
    }
    if (keys.good(key.id()).isEmpty()) {
      return Optional.of("the key " + name + " expired at " + key.expiresAt() + other);
    }
    return key.permissions().contains(Permission.AUDIT_APPEND)
        ? Optional.empty()
        : Optional.of(
            "the key " + name + " lacks the permission " + Permission.AUDIT_APPEND + other);
  }

  /** The receivers that can't append, for whoever asks whether the server is well. */
  public Optional<String> warning() {
    List<String> dead =
        keyNames.keySet().stream().filter(receiver -> fault(receiver).isPresent()).toList();
    return dead.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "no key may append for the receiver"
                + (dead.size() == 1 ? " " : "s ")
                + String.join(", ", dead));
  }

  /** Logs what has changed since it was last called. */
  public synchronized void check() {
    Map<String, String> faults = new TreeMap<>();
    for (String receiver : keyNames.keySet()) {
      fault(receiver).ifPresent(fault -> faults.put(receiver, fault));
    }
    List<String> mended = new ArrayList<>(logged.keySet());
    mended.removeAll(faults.keySet());
    faults.forEach((receiver, fault) -> {
      if (!fault.equals(logged.get(receiver))) {
        LOG.warn("the receiver {} accepts nothing: {}", receiver, fault);
      }
    });
    mended.forEach(receiver -> LOG.info("the receiver {} can append again", receiver));
    logged = faults;
  }
}
