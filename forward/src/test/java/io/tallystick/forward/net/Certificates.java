package io.tallystick.forward.net;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

/** A certificate for localhost that only who knows it trusts, in PEM. */
public final class Certificates {
  private static final String PASSWORD = "changeit";

  private Certificates() {}

  /** Copies what {@link #make} wrote. */
  public static void copy(Path from, Path to) throws IOException {
    for (String name : List.of("server.pem", "server.key", "ca.pem")) {
      Files.copy(from.resolve(name), to.resolve(name));
    }
  }

  /** Writes {@code server.pem}, its {@code server.key}, and {@code ca.pem}, which is the same. */
  public static void make(Path directory, String algorithm)
      throws IOException, InterruptedException, GeneralSecurityException {
    make(directory, algorithm, "dns:localhost,ip:127.0.0.1");
  }

  /** The same for hosts with other names, as keytool takes them. */
  public static void make(Path directory, String algorithm, String names)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = directory.resolve("server.p12");
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
                "san=" + names,
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.out").toFile())
            .start();
    if (keytool.waitFor() != 0) {
      throw new IOException(Files.readString(directory.resolve("keytool.out")));
    }
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    String certificate = pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
    Files.writeString(directory.resolve("server.pem"), certificate);
    Files.writeString(directory.resolve("ca.pem"), certificate);
    Files.writeString(
        directory.resolve("server.key"),
        pem("PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded()));
  }

  private static String pem(String label, byte[] der) {
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(
            label, Base64.getMimeEncoder(64, "\n".getBytes(US_ASCII)).encodeToString(der), label);
  }
}
