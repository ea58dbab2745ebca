package io.tallystick.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tallystick.http.tls.TlsFiles;
import io.tallystick.http.tls.TlsMaterial;
import io.tallystick.http.wire.ConnectionLimits;
import io.tallystick.service.access.Permission;
import io.tallystick.service.witness.Witness;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TlsIT {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path directory;

  /** Makes a self-signed certificate for localhost, and writes both PEM files. */
  private Certificate makeCertificate(TlsFiles files, String algorithm) throws Exception {
    Path store = Files.createTempDirectory(directory, "made").resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                algorithm,
                "-alias",
                "server",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=dns:localhost,ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                new String(PASSWORD))
            .redirectErrorStream(true)
            .start();
    keytool.getInputStream().readAllBytes();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD);
    }
    Certificate certificate = keys.getCertificate("server");
    Files.writeString(files.certificate(), pem("CERTIFICATE", certificate.getEncoded()));
    Files.writeString(
        files.key(), pem("PRIVATE KEY", keys.getKey("server", PASSWORD).getEncoded()));
    Files.setPosixFilePermissions(files.key(), OwnerOnly.FILE);
    return certificate;
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, Base64.getMimeEncoder().encodeToString(der), label);
  }

  private TlsFiles files() {
    return new TlsFiles(directory.resolve("cert.pem"), directory.resolve("key.pem"));
  }

  private static ServerConfig config(TlsFiles files) {
    return config(files, ServerConfig.Timeouts.defaults());
  }

  private static ServerConfig config(TlsFiles files, ServerConfig.Timeouts timeouts) {
    return ServerConfig.builder()
        .port(0)
        .tls(files)
        .limits(TestServer.LIMITS)
        .timeouts(timeouts)
        .build();
  }

  /** For a client that trusts this certificate alone. */
  private static SSLContext trusting(Certificate trusted) throws Exception {
    KeyStore trust = KeyStore.getInstance("PKCS12");
    trust.load(null, null);
    trust.setCertificateEntry("server", trusted);
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trust);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  /** The status of /healthz for a client that trusts this certificate alone. */
  private static int health(int port, Certificate trusted) throws Exception {
    try (HttpClient client = HttpClient.newBuilder().sslContext(trusting(trusted)).build()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/healthz")).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC", "Ed25519"})
  void keysOfEveryKindServe(String algorithm) throws Exception {
    Certificate certificate = makeCertificate(files(), algorithm);
    try (TestServer server = TestServer.start(directory.resolve("data"), config(files()))) {
      assertThat(health(server.server.port(), certificate)).isEqualTo(200);
    }
  }

  @Test
  void anExportIsWholeForASlowClientAndEndsForOneThatLeaves() throws Exception {
    SSLSocketFactory sockets = trusting(makeCertificate(files(), "EC")).getSocketFactory();
    try (TestServer server = TestServer.start(directory.resolve("data"), config(files()))) {
      server.log.append(Events.ordinary(10_000), null).get();
      String key = server.key(Permission.ADMIN_AUDIT);
      long last = server.log.lastId();
      String get =
          "GET /api/audit/export HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: %s\r\n\r\n"
              .formatted(key);
      InetAddress here = InetAddress.getLoopbackAddress();
      StringBuilder answer = new StringBuilder();
      try (Socket socket = sockets.createSocket(here, server.server.port())) {
        socket.getOutputStream().write(get.getBytes(StandardCharsets.US_ASCII));
        byte[] part;
        do {
          Thread.sleep(25);
          part = socket.getInputStream().readNBytes(100_000);
          answer.append(new String(part, StandardCharsets.ISO_8859_1));
        } while (part.length == 100_000);
      }
      assertThat(answer.toString().split("\"event_type\"", -1)).hasSize((int) last + 1);
      assertThat(exported(server, last)).contains("\"complete\":true");
      try (Socket socket = sockets.createSocket(here, server.server.port())) {
        socket.getOutputStream().write(get.getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().read()).isEqualTo('H');
      }
      assertThat(exported(server, last + 1)).contains("\"reason\":\"client gone\"");
    }
  }

  /** The details of the entry after this one, which is about an export. */
  private static String exported(TestServer server, long after) throws Exception {
    assertThat(server.log.reader().awaitBeyond(after, Duration.ofSeconds(10))).isTrue();
    return String.valueOf(server.entry(after + 1).decode().event().details());
  }

  @Test
  void aConnectionIsKeptFromRequestToRequestAndNotForASlowHeader() throws Exception {
    SSLSocketFactory sockets = trusting(makeCertificate(files(), "EC")).getSocketFactory();
    ServerConfig config =
        config(files(), TestServer.patience(Duration.ofSeconds(20), Duration.ofMillis(500)));
    try (TestServer server = TestServer.start(directory.resolve("data"), config)) {
      int port = server.server.port();
      try (Socket socket = sockets.createSocket(InetAddress.getLoopbackAddress(), port)) {
        for (String last : List.of("", "", "Connection: close\r\n")) {
          String get = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + last + "\r\n";
          socket.getOutputStream().write(get.getBytes(StandardCharsets.US_ASCII));
          Thread.sleep(800);
        }
        assertThat(Wire.statuses(Wire.read(socket))).containsExactly(200, 200, 200);
      }
      try (Socket socket = sockets.createSocket(InetAddress.getLoopbackAddress(), port)) {
        assertThat(Wire.lastsWhileDripping(socket)).isBetween(3, 100);
      }
    }
  }

  private ServerConfig.Builder impatient(Duration firstByte, int max) {
    return config(files()).toBuilder()
        .limits(new ServerConfig.Limits(100, 1_000, 10_000, max, 100, Duration.ofMinutes(1)))
        .connections(new ConnectionLimits(max, firstByte));
  }

  /** Drips the start of a handshake, and gives the milliseconds until the server closes. */
  private static long lastsWhileShakingHands(Socket socket) throws Exception {
    long started = System.nanoTime();
    byte[] hello = HexFormat.of().parseHex("16030102000100");
    socket.getOutputStream().write(hello);
    socket.setSoTimeout(50);
    while (Duration.ofNanos(System.nanoTime() - started).toSeconds() < 20) {
      try {
        if (socket.getInputStream().read() < 0) {
          break;
        }
      } catch (SocketTimeoutException e) {
        socket.getOutputStream().write(1);
      } catch (SocketException e) {
        break;
      }
    }
    return Duration.ofNanos(System.nanoTime() - started).toMillis();
  }

  @Test
  void aSlowHandshakeIsCutOff() throws Exception {
    SSLSocketFactory sockets = trusting(makeCertificate(files(), "EC")).getSocketFactory();
    ServerConfig config = impatient(Duration.ofMillis(500), 50).build();
    try (TestServer server = TestServer.start(directory.resolve("data"), config)) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
        assertThat(lastsWhileShakingHands(socket)).isBetween(900L, 15_000L);
      }
      try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), server.server.port())) {
        silent.setSoTimeout(15_000);
        assertThat(silent.getInputStream().read()).as("no first byte").isEqualTo(-1);
      }
      try (SSLSocket shaken =
          (SSLSocket)
              sockets.createSocket(InetAddress.getLoopbackAddress(), server.server.port())) {
        shaken.startHandshake();
        shaken.setSoTimeout(15_000);
        assertThat(shaken.getInputStream().read()).as("a handshake and then nothing").isEqualTo(-1);
      }
    }
  }

  @Test
  void slowHandshakesShutNobodyOut() throws Exception {
    Certificate certificate = makeCertificate(files(), "EC");
    ServerConfig config = impatient(Duration.ofMinutes(1), 20).build();
    List<Socket> slow = new ArrayList<>();
    try (TestServer server = TestServer.start(directory.resolve("data"), config)) {
      for (int i = 0; i < 20; i++) {
        Socket socket = new Socket();
        slow.add(socket);
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0));
        socket.connect(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), server.server.port()), 5_000);
        socket.getOutputStream().write(HexFormat.of().parseHex("1603010200"));
      }
      for (int i = 0; i < 5; i++) {
        assertThat(health(server.server.port(), certificate)).isEqualTo(200);
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC"})
  void onlySuitesWithForwardSecrecyAndAuthenticatedEncryption(String algorithm) throws Exception {
    SSLContext client = trusting(makeCertificate(files(), algorithm));
    List<String> accepted = new ArrayList<>();
    try (TestServer server = TestServer.start(directory.resolve("data"), config(files()))) {
      for (String suite : client.getSupportedSSLParameters().getCipherSuites()) {
        try (SSLSocket socket =
            (SSLSocket)
                client
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), server.server.port())) {
          socket.setEnabledProtocols(new String[] {"TLSv1.2", "TLSv1.3"});
          socket.setEnabledCipherSuites(new String[] {suite});
          socket.startHandshake();
          accepted.add(suite);
        } catch (IOException e) {
          assertThat(suite).doesNotStartWith("TLS_AES").isNotEmpty();
        }
      }
    }
    String name = algorithm.equals("EC") ? "ECDSA" : "RSA";
    assertThat(accepted)
        .containsExactlyInAnyOrder(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_" + name + "_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_" + name + "_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_" + name + "_WITH_CHACHA20_POLY1305_SHA256");
  }

  @Test
  void browsersAreToldToUseNothingButTlsWhereOthersReachTheServer() throws Exception {
    SSLContext client = trusting(makeCertificate(files(), "EC"));
    ServerConfig world = config(files()).toBuilder().host("0.0.0.0").build();
    Map<ServerConfig, String> expected =
        Map.of(
            world,
            "max-age=31536000",
            world.toBuilder().hsts(false).build(),
            "",
            config(files()),
            "");
    for (Map.Entry<ServerConfig, String> one : expected.entrySet()) {
      Path data = Files.createTempDirectory(directory, "data");
      try (TestServer server = TestServer.start(data, one.getKey());
          HttpClient https = HttpClient.newBuilder().sslContext(client).build()) {
        HttpResponse<Void> answer =
            https.send(
                HttpRequest.newBuilder(
                        URI.create("https://localhost:" + server.server.port() + "/healthz"))
                    .build(),
                HttpResponse.BodyHandlers.discarding());
        assertThat(answer.headers().firstValue("Strict-Transport-Security").orElse(""))
            .isEqualTo(one.getValue());
      }
    }
  }

  @Test
  void aBodyThatStopsIsEndedSoon() throws Exception {
    SSLSocketFactory sockets = trusting(makeCertificate(files(), "EC")).getSocketFactory();
    ServerConfig config =
        config(files(), TestServer.patience(Duration.ofSeconds(60), Duration.ofSeconds(3)));
    try (TestServer server = TestServer.start(directory.resolve("data"), config);
        Socket socket =
            sockets.createSocket(InetAddress.getLoopbackAddress(), server.server.port())) {
      String head =
          "POST /api/session HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\n";
      String rest = "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write((head + rest).getBytes(StandardCharsets.US_ASCII));
      assertThat(Wire.read(socket)).startsWith("HTTP/1.1 408");
    }
  }

  @Test
  void aNewCertificateIsServedWithoutARestart() throws Exception {
    Certificate first = makeCertificate(files(), "EC");
    try (TestServer server = TestServer.start(directory.resolve("data"), config(files()))) {
      assertThat(health(server.server.port(), first)).isEqualTo(200);
      Files.writeString(files().key(), "half of a key");
      Thread.sleep(2_500);
      assertThat(health(server.server.port(), first)).isEqualTo(200);
      Certificate second = makeCertificate(files(), "EC");
      awaitStatus(server.server.port(), second, 200);
      assertThatThrownBy(() -> health(server.server.port(), first)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aWitnessServesANewCertificateToo() throws Exception {
    Certificate first = makeCertificate(files(), "EC");
    try (Witness witness =
            Witness.open(directory.resolve("witness"), "w.example", List.of(), Clock.systemUTC());
        WitnessServer server = WitnessServer.start(witness, config(files()))) {
      assertThat(health(server.port(), first)).as("a witness has no /healthz").isEqualTo(404);
      Certificate second = makeCertificate(files(), "EC");
      awaitStatus(server.port(), second, 404);
    }
  }

  private static void awaitStatus(int port, Certificate trusted, int status) throws Exception {
    for (int i = 0; ; i++) {
      try {
        assertThat(health(port, trusted)).isEqualTo(status);
        return;
      } catch (IOException e) {
        assertThat(i).as("tries until the new certificate is served").isLessThan(100);
        Thread.sleep(100);
      }
    }
  }

  @Test
  void filesThatAreNotTakenAreSaidAtTheStart() throws Exception {
    makeCertificate(files(), "EC");
    TlsFiles other =
        new TlsFiles(directory.resolve("other.pem"), directory.resolve("other-key.pem"));
    makeCertificate(other, "EC");
    TlsFiles mixed = new TlsFiles(files().certificate(), other.key());
    assertThatThrownBy(() -> TlsMaterial.read(mixed))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not the key of the certificate");
    Files.writeString(
        other.key(), "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----");
    assertThatThrownBy(() -> TlsMaterial.read(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("openssl pkcs8 -topk8");
    Files.writeString(other.certificate(), "nothing");
    assertThatThrownBy(() -> TlsMaterial.read(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no PEM certificates");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r--r--", "rw-rw----", "rw----r--"})
  void aKeyThatOthersMayReadIsRefused(String mode) throws Exception {
    makeCertificate(files(), "EC");
    Files.setPosixFilePermissions(files().key(), PosixFilePermissions.fromString(mode));
    assertThatThrownBy(() -> files().check())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("chmod 600 " + files().key());
  }

  /** As a distribution gives a key to a group of servers. */
  @Test
  void aKeyThatRootLendsToAGroupIsUsed() throws Exception {
    assumeTrue(System.getProperty("user.name").equals("root"), "a file of root needs root");
    makeCertificate(files(), "EC");
    Files.setPosixFilePermissions(files().key(), PosixFilePermissions.fromString("rw-r-----"));
    Files.setAttribute(files().key(), "unix:gid", 65_534);
    files().check();
    Files.setAttribute(files().key(), "unix:uid", 65_534);
    assertThatThrownBy(() -> files().check()).hasMessageContaining("belongs to nobody");
  }
}
