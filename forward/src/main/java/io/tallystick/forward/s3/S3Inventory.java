package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.format.Format;
import io.tallystick.forward.format.Formats;
import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.reconcile.Held;
import io.tallystick.forward.reconcile.Inventory;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.net.URLEncoder;
import java.util.Map;
import java.util.function.Consumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** Every line of every object of a sink, as a reader of the bucket sees them now. */
final class S3Inventory implements Inventory {
  private final Bucket bucket;
  private final Format format;

  S3Inventory(Bucket bucket, String format) {
    this.bucket = bucket;
    this.format = Formats.of(format).orElseThrow();
  }

  @Override
  public void forEach(Consumer<Held> consumer) throws IOException {
    String after = "";
    do {
      Document page = list(after);
      NodeList keys = page.getElementsByTagName("Key");
      for (int i = 0; i < keys.getLength(); i++) {
        read(keys.item(i).getTextContent(), consumer);
      }
      after = text(page, "NextContinuationToken");
    } while (!after.isEmpty());
  }

  private Document list(String after) throws IOException {
    String query =
        "list-type=2&prefix="
            + encoded(bucket.prefix())
            + (after.isEmpty() ? "" : "&continuation-token=" + encoded(after));
    byte[] xml = get("?" + query);
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory.newDocumentBuilder().parse(new ByteArrayInputStream(xml));
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException(bucket.receiver() + " answered with a list that is no XML", e);
    }
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20").replace("*", "%2A");
  }

  private static String text(Document page, String name) {
    NodeList found = page.getElementsByTagName(name);
    return found.getLength() == 0 ? "" : found.item(0).getTextContent();
  }

  private void read(String key, Consumer<Held> consumer) throws IOException {
    byte[] object = get(encoded(key).replace("%2F", "/"));
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(new GZIPInputStream(new ByteArrayInputStream(object)), UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        format.read(line.getBytes(UTF_8)).ifPresent(consumer);
      }
    } catch (ZipException | EOFException e) {
      // Not what we wrote: a record that says nothing.
      consumer.accept(new Held(0, 0, "", object));
    }
  }

  private byte[] get(String keyAndQuery) throws IOException {
    try {
      HttpAnswer answer = bucket.send("GET", keyAndQuery, Map.of(), new byte[0]);
      if (!answer.isSuccess()) {
        throw answer.failure();
      }
      return answer.body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("interrupted").initCause(e);
    }
  }

  @Override
  public void close() {
    bucket.close();
  }
}
