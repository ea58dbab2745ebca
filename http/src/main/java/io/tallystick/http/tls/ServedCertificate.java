package io.tallystick.http.tls;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.util.component.AbstractLifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The certificate that a server shows: read again when its files change, while the server runs. */
public final class ServedCertificate extends AbstractLifeCycle {
  private static final Logger LOG = LoggerFactory.getLogger(ServedCertificate.class);
  private static final Duration EVERY = Duration.ofSeconds(2);

  /**
   * Those of TLS 1.3, and of TLS 1.2 those with forward secrecy that authenticate as they encrypt.
   */
  private static final String[] SUITES = {
    "TLS_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)",
    "TLS_ECDHE_(ECDSA|RSA)_WITH_.*_(GCM_SHA256|GCM_SHA384|POLY1305_SHA256)"
  };

  private final TlsFiles files;
  private final SslContextFactory.Server ssl = new SslContextFactory.Server();

  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private TlsMaterial shown;

  /** TLS with what is shown, by the authorities that the other end needs. */
  @GuardedBy("lock")
  private final Map<List<X509Certificate>, SSLContext> mutual = new HashMap<>();

  private @Nullable Thread thread;

  /**
   * Reads the files.
   *
   * @throws IOException if they are not taken
   */
  public ServedCertificate(TlsFiles files) throws IOException {
    this.files = files;
    this.shown = TlsMaterial.read(files);
    ssl.setKeyStore(shown.keyStore());
    ssl.setKeyStorePassword("");
    ssl.setIncludeProtocols("TLSv1.3", "TLSv1.2");
    ssl.setIncludeCipherSuites(SUITES);
  }

  /** TLS 1.2 and 1.3 with this certificate. */
  public SslContextFactory.Server ssl() {
    return ssl;
  }

  /**
   * The server's end of TLS over a connection that does not speak HTTP, before its handshake.
   *
   * @param authorities of which the other end must show a certificate; none if it needs none
   * @throws IOException if the certificate is not in use yet
   */
  public SSLSocket wrap(Socket socket, List<X509Certificate> authorities) throws IOException {
    SSLContext context = authorities.isEmpty() ? ssl.getSslContext() : context(authorities);
    SSLSocket secured = (SSLSocket) context.getSocketFactory().createSocket(socket, null, true);
    SSLParameters parameters = ssl.customize(secured.getSSLParameters());
    parameters.setNeedClientAuth(!authorities.isEmpty());
    secured.setSSLParameters(parameters);
    return secured;
  }

  /** TLS with this certificate, where the other end needs one of these authorities. */
  private SSLContext context(List<X509Certificate> authorities) throws IOException {
    lock.lock();
    try {
      SSLContext known = mutual.get(authorities);
      if (known == null) {
        known = shown.context(authorities);
        mutual.put(authorities, known);
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected void doStart() {
    thread = Thread.ofVirtual().name("tally-certificate").start(this::watch);
  }

  @Override
  protected void doStop() {
    if (thread != null) {
      thread.interrupt();
    }
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(EVERY);
        reload();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Reads the files now, if they changed. Whether they can be used is logged. */
  public void reload() {
    lock.lock();
    try {
      TlsMaterial changed = shown.readIfChanged(files);
      if (changed != null) {
        ssl.reload(factory -> factory.setKeyStore(changed.keyStore()));
        shown = changed;
        mutual.clear();
        LOG.info("reloaded the certificate from {}", files.certificate());
      }
    } catch (Exception e) {
      LOG.warn("the certificate stays as it is: {}", e.getMessage());
    } finally {
      lock.unlock();
    }
  }
}
