package io.tallystick.forward.s3;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.Formats;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.reconcile.Finding;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.InvalidExportException;
import io.tallystick.forward.reconcile.Inventory;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.ZipException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Every line of every object of a sink, as a reader of the bucket sees them now; and whether these
 * objects are the ones, in the versions, that the sink created.
 */
final class S3Inventory implements Inventory {
  private final Bucket bucket;
  private final Format format;
  private final Path folder;
  private final List<Finding> findings = new ArrayList<>();

  S3Inventory(Bucket bucket, String format, Path folder) {
    this.bucket = bucket;
    this.format = Formats.of(format).orElseThrow();
    this.folder = folder;
  }

  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    try {
      CreatedObjects created = CreatedObjects.read(folder);
      String after = "";
      do {
        Element page = bucket.list("?list-type=2&" + prefix() + after);
        NodeList keys = page.getElementsByTagName("Key");
        for (int i = 0; i < keys.getLength(); i++) {
          read(keys.item(i).getTextContent(), created, consumer);
        }
        String next = Versions.text(page, "NextContinuationToken");
        after = next.isEmpty() ? "" : "&continuation-token=" + Bucket.encoded(next);
      } while (!after.isEmpty());
      findHidden(created.unseen());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  private String prefix() {
    return "prefix=" + Bucket.encoded(bucket.prefix());
  }

  private void read(String key, CreatedObjects created, Consumer<Held> consumer)
      throws IOException, InterruptedException {
    String name = key.substring(bucket.prefix().length());
    HttpAnswer answer =
        bucket.send("GET", Bucket.encoded(key).replace("%2F", "/"), Map.of(), new byte[0]);
    if (!answer.isSuccess()) {
      throw answer.failure();
    }
    created.see(name, answer.headers().firstValue(S3Sink.VERSION).orElse(ObjectLedger.NO_VERSION));
    byte[] object = answer.body();
    if (ObjectNames.isProof(name)) {
      if (!ObjectNames.fits(name, object)) {
        findings.add(new Finding(name, "altered: it is not what its name has the hash of"));
      }
      return;
    }
    try {
      GzippedLines.forEach(object, line -> format.read(line).ifPresent(consumer));
    } catch (ZipException | EOFException | InvalidExportException e) {
      // Not what we wrote: a record that says nothing.
      consumer.accept(new Held(0, 0, "", object));
    }
  }

  /** What became of objects that a reader does not find as they were created. */
  private void findHidden(Map<String, String> unseen) throws IOException, InterruptedException {
    boolean versioned =
        unseen.values().stream().anyMatch(each -> !each.equals(ObjectLedger.NO_VERSION));
    Versions now = versioned ? Versions.read(bucket, prefix(), unseen.keySet()) : Versions.NONE;
    unseen.forEach((name, version) -> findings.add(new Finding(name, now.of(name, version))));
  }

  @Override
  public List<Finding> findings() {
    return findings;
  }

  @Override
  public void close() {
    bucket.close();
  }
}
