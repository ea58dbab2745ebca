package io.tallystick.forward.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.tallystick.forward.net.HttpAnswer;
import io.tallystick.forward.net.HttpReceiver;
import io.tallystick.forward.sink.SettingException;
import io.tallystick.forward.sink.SinkException;
import io.tallystick.forward.sink.SinkSettings;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.net.URLEncoder;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

/** Signed requests to one bucket, whose name is in the path. Used by one thread. */
final class Bucket implements Closeable {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern REGION = Pattern.compile("[a-z0-9-]{1,32}");
  private static final Pattern PREFIX = Pattern.compile("(?:[A-Za-z0-9._-]+/)*");

  private final SinkSettings settings;
  private final HttpReceiver receiver;
  private final String name;
  private final String prefix;

  Bucket(SinkSettings settings) throws IOException {
    this.settings = settings;
    receiver = new HttpReceiver(settings, "Bearer");
    name = text("bucket", settings.text("bucket"), NAME, "3 to 63 of a-z, 0-9, . and -");
    String given = settings.text("prefix", "tallystick/");
    prefix =
        text("prefix", given, PREFIX, "names of A-Z, a-z, 0-9, ., _ and -, each with a / after it")
            + settings.sink()
            + "/";
    Signer _ = signer();
  }

  private String text(String setting, String text, Pattern pattern, String allowed)
      throws SettingException {
    if (!pattern.matcher(text).matches()) {
      throw settings.wrong(setting, "must be " + allowed);
    }
    return text;
  }

  /** With the secret as it is in its file now. */
  private Signer signer() throws IOException {
    return new Signer(
        text("region", settings.text("region", "us-east-1"), REGION, "a-z, 0-9 and -"),
        settings.text("access_key_id"),
        settings.secret("secret_key_file"));
  }

  /** Its host and port, for messages. */
  String receiver() {
    return receiver.name();
  }

  /** What the names of all objects of the sink begin with. */
  String prefix() {
    return prefix;
  }

  /** A query with one parameter. */
  static String query(String name, String value) {
    return "?" + name + "=" + encoded(value);
  }

  /** A text as a part of a query or, but for slashes, of a path. */
  static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20").replace("*", "%2A");
  }

  /**
   * A page of a list.
   *
   * @throws SinkException if there is none, or it can't be read
   */
  Element list(String query) throws SinkException, InterruptedException {
    HttpAnswer answer = send("GET", query, Map.of(), new byte[0]);
    if (!answer.isSuccess()) {
      throw answer.failure();
    }
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      return factory
          .newDocumentBuilder()
          .parse(new ByteArrayInputStream(answer.body()))
          .getDocumentElement();
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new SinkException(receiver() + " answered with a list that is no XML", e);
    }
  }

  /** Asks for an object, or with a query for a list. */
  HttpAnswer send(String method, String keyAndQuery, Map<String, String> headers, byte[] body)
      throws SinkException, InterruptedException {
    String path = "/" + name + "/" + keyAndQuery;
    Signer signer;
    try {
      signer = signer();
    } catch (IOException e) {
      throw new SinkException(String.valueOf(e.getMessage()), e);
    }
    return receiver.send(
        method,
        path,
        "application/x-ndjson",
        body,
        signer.sign(method, receiver.address(path), headers, body, Instant.now()));
  }

  @Override
  public void close() {
    receiver.close();
  }
}
