package io.tallystick.forward.kafka;

import io.tallystick.forward.net.Trust;
import java.security.KeyStore;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.apache.kafka.common.security.auth.SslEngineFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a {@link Trust}, for Kafka's library, which makes it by its name: so it is public. The
 * broker's host is always checked.
 */
public final class TrustedTls implements SslEngineFactory {
  /** The setting of Kafka's library that has the {@link SSLContext}. */
  static final String CONTEXT = "tallystick.tls";

  private @Nullable SSLContext context;

  @Override
  public void configure(Map<String, ?> configuration) {
    context = (SSLContext) configuration.get(CONTEXT);
  }

  @Override
  public SSLEngine createClientSslEngine(String host, int port, String identification) {
    SSLEngine engine = Objects.requireNonNull(context).createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
    engine.setSSLParameters(parameters);
    return engine;
  }

  @Override
  public SSLEngine createServerSslEngine(String host, int port) {
    throw new UnsupportedOperationException("this is a client");
  }

  @Override
  public boolean shouldBeRebuilt(Map<String, Object> configuration) {
    return false;
  }

  @Override
  public Set<String> reconfigurableConfigs() {
    return Set.of();
  }

  @Override
  public @Nullable KeyStore keystore() {
    return null;
  }

  @Override
  public @Nullable KeyStore truststore() {
    return null;
  }

  @Override
  public void close() {}
}
