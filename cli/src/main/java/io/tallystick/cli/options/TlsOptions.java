package io.tallystick.cli.options;

import io.tallystick.cli.terminal.Failure;
import io.tallystick.http.tls.TlsFiles;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a server speaks TLS, or that it need not. */
public final class TlsOptions {
  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Certificate chain in PEM; reloaded when the file changes")
  private @Nullable Path certificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description =
          "Key of the certificate in PEM (PKCS #8), which others must not be able to read")
  private @Nullable Path key;

  @Option(
      names = "--insecure-http",
      description = "Allow plain HTTP on an address that others can reach")
  public boolean insecureHttp;

  /**
   * The certificate and its key; {@code null} for plain HTTP.
   *
   * @throws Failure if one of them is missing
   */
  public @Nullable TlsFiles files() {
    if ((certificate == null) != (key == null)) {
      throw new Failure(Failure.USAGE, "give both --tls-cert and --tls-key, or neither");
    }
    return certificate == null || key == null ? null : new TlsFiles(certificate, key);
  }
}
