package io.tallystick.http.tls;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A certificate and its key, read again whenever the files change.
 *
 * @param certificate PEM: the server's certificate, then those between it and the root
 * @param key PEM: PKCS #8, not encrypted
 */
public record TlsFiles(Path certificate, Path key) {
  /** Reads both, as the server will; fails with a sentence if they can't be used. */
  public void check() throws IOException {
    TlsMaterial.read(this);
  }
}
