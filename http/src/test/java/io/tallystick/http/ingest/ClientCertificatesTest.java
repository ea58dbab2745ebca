package io.tallystick.http.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Entry;
import io.tallystick.service.access.Permission;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports on which a sender must show who it is. */
@Timeout(180)
class ClientCertificatesTest {
  @TempDir static Path folder;
  private static SyslogFixture fixture;

  @BeforeAll
  static void start() throws Exception {
    SyslogFixture.selfSigned(folder, "ca", "/CN=senders", "keyUsage=keyCertSign");
    issue("web1", "/CN=old name", "DNS:other.example.com,DNS:Web1.example.com");
    issue("common", "/CN=web2.example.com", "");
    issue("web3", "/CN=web3.example.com", "DNS:web3.example.com");
    // By an authority of the same name: Java's client shows only what the server asks for.
    SyslogFixture.selfSigned(
        folder, "stranger", "/CN=senders", "subjectAltName=DNS:web1.example.com");
    fixture =
        new SyslogFixture(
            folder,
            """
            - {name: tls, type: syslog, key: net, listen: "127.0.0.1:0", transport: tls,
               client_ca_file: ca.pem, client_names: [web1.example.com, web2.example.com]}
            - {name: relp, type: syslog, key: net, listen: "127.0.0.1:0", transport: relp-tls,
               client_ca_file: ca.pem, client_names: [web1.example.com]}
            - {name: any, type: syslog, key: net, listen: "127.0.0.1:0", transport: tls,
               client_ca_file: ca.pem}
            """);
    String _ = fixture.server.key("net", Permission.AUDIT_APPEND);
  }

  /** Writes NAME.pem, which the authority signed, and NAME.key. */
  private static void issue(String name, String subject, String names) throws Exception {
    String extension = names.isEmpty() ? "keyUsage=digitalSignature" : "subjectAltName=" + names;
    Path request = folder.resolve(name + ".csr");
    Path extensions = Files.writeString(folder.resolve(name + ".ext"), extension);
    SyslogFixture.run(
        "openssl",
        "req",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        folder.resolve(name + ".key").toString(),
        "-out",
        request.toString(),
        "-subj",
        subject);
    SyslogFixture.run(
        "openssl",
        "x509",
        "-req",
        "-in",
        request.toString(),
        "-CA",
        folder.resolve("ca.pem").toString(),
        "-CAkey",
        folder.resolve("ca.key").toString(),
        "-CAcreateserial",
        "-days",
        "3",
        "-extfile",
        extensions.toString(),
        "-out",
        folder.resolve(name + ".pem").toString());
  }

  @AfterAll
  static void stop() throws IOException {
    fixture.close();
  }

  private static Certificate certificate(String name) throws Exception {
    try (var in = Files.newInputStream(folder.resolve(name + ".pem"))) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  private static KeyStore empty() throws Exception {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }

  private static KeyManager @Nullable [] keys(@Nullable String name) throws Exception {
    if (name == null) {
      return null;
    }
    String pem =
        Files.readString(folder.resolve(name + ".key")).replaceAll("-----[A-Z ]+-----", "");
    KeyStore store = empty();
    store.setKeyEntry(
        "own",
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem))),
        new char[0],
        new Certificate[] {certificate(name)});
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    return keys.getKeyManagers();
  }

  /** Sends a message, and gives whether the server read on instead of ending the connection. */
  private static boolean send(
      String receiver, @Nullable String certificate, String protocol, String text)
      throws Exception {
    KeyStore trusted = empty();
    trusted.setCertificateEntry("server", certificate("cert"));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys(certificate), trust.getTrustManagers(), null);
    try (SSLSocket socket =
        (SSLSocket)
            tls.getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), fixture.port(receiver))) {
      socket.setEnabledProtocols(new String[] {protocol});
      socket.setSoTimeout(20_000);
      socket.startHandshake();
      socket.getOutputStream().write((text + "\n").getBytes(UTF_8));
      socket.shutdownOutput();
      // Under TLS 1.3 a client learns only by reading that its certificate is missing.
      return socket.getInputStream().read() < 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static long with(String action) throws IOException {
    return fixture.entries().stream().filter(e -> action.equals(e.event().action())).count();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aSenderOfTheAuthorityWithAnAllowedNameIsAccepted(String protocol) throws Exception {
    for (String sender : new String[] {"web1", "common"}) {
      String action = sender + " over " + protocol;
      assertThat(send("tls", sender, protocol, "<13>app: " + action)).isTrue();
      SyslogFixture.await(() -> {
        try {
          return with(action) == 1;
        } catch (IOException e) {
          throw new AssertionError(e);
        }
      });
      Entry entry =
          fixture.entries().stream()
              .filter(each -> action.equals(each.event().action()))
              .findFirst()
              .orElseThrow();
      assertThat(String.valueOf(entry.event().details()))
          .contains(
              "\"peer_name\":\"" + (sender.equals("web1") ? "Web1" : "web2") + ".example.com\"");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aSenderWithoutAGoodCertificateIsRefusedWithALineThatSaysWhy(String protocol)
      throws Exception {
    long before = fixture.entries().size();
    assertThat(send("tls", null, protocol, "<13>app: none")).isFalse();
    fixture.awaitLogged(
        "tls refuses a connection of 127.0.0.1: it showed no certificate, and client_ca_file demands one");
    assertThat(send("tls", "stranger", protocol, "<13>app: stranger")).isFalse();
    fixture.awaitLogged("its certificate is not of an authority in client_ca_file");
    boolean _ = send("tls", "web3", protocol, "<13>app: web3");
    fixture.awaitLogged(
        "none of the names of its certificate is in client_names: \"web3.example.com\"");
    assertThat(fixture.entries()).hasSize((int) before);
  }

  @Test
  void withoutNamesEveryCertificateOfTheAuthorityIsGood() throws Exception {
    assertThat(send("any", "web3", "TLSv1.3", "<13>app: any")).isTrue();
    assertThat(send("any", "stranger", "TLSv1.3", "<13>app: any")).isFalse();
  }

  @Test
  void rsyslogWithItsCertificateDeliversAndWithoutItDoesNot() throws Exception {
    SyslogFixture.needRsyslog("omrelp", "lmnsd_ossl");
    String tls =
        """
        action(type="omfwd" target="127.0.0.1" port="%d" protocol="tcp" template="framed"
          TCP_Framing="octet-counted" StreamDriver="ossl" StreamDriverMode="1"
          StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost" %s)
        """;
    String relp =
        """
        action(type="omrelp" target="127.0.0.1" port="%d" template="new" queue.type="LinkedList"
          tls="on" tls.caCert="%s/cert.pem" tls.authMode="name" tls.permittedPeer=["localhost"] %s)
        """;
    String module = "module(load=\"omrelp\" tls.tlslib=\"openssl\")";
    Path with =
        fixture.rsyslog(
            "with",
            module,
            tls.formatted(
                    fixture.port("tls"),
                    "StreamDriver.CertFile=\"%s/web1.pem\" StreamDriver.KeyFile=\"%s/web1.key\""
                        .formatted(folder, folder))
                + relp.formatted(
                    fixture.port("relp"),
                    folder,
                    "tls.myCert=\"%s/web1.pem\" tls.myPrivKey=\"%s/web1.key\""
                        .formatted(folder, folder)));
    SyslogFixture.run("logger", "--socket", with.toString(), "--tag", "job", "with certificate");
    SyslogFixture.await(() -> {
      try {
        return count("with certificate") == 2;
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
    assertThat(count("with certificate")).isEqualTo(2);

    int refusals = refusals();
    Path without =
        fixture.rsyslog(
            "without",
            module,
            tls.formatted(fixture.port("tls"), "")
                + relp.formatted(fixture.port("relp"), folder, ""));
    SyslogFixture.run("logger", "--socket", without.toString(), "--tag", "job", "no certificate");
    SyslogFixture.await(() -> refusals() >= refusals + 2);
    assertThat(refusals()).isGreaterThanOrEqualTo(refusals + 2);
    assertThat(count("no certificate")).isZero();
  }

  private static int refusals() {
    return (int)
        fixture.logged().stream().filter(line -> line.contains("it showed no certificate")).count();
  }

  private static long count(String message) throws IOException {
    return fixture.entries().stream()
        .filter(entry -> String.valueOf(entry.event().action()).strip().equals(message))
        .count();
  }
}
