package io.tallystick.http.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.http.TestServer;
import io.tallystick.service.access.Permission;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A receiver that can't append must not look as if it worked. */
@Timeout(60)
class ReceiverKeysTest {
  @TempDir Path folder;

  private static String metrics(TestServer server) throws Exception {
    return server.get("/metrics", server.key(Permission.ADMIN_AUDIT)).body();
  }

  @Test
  void aReceiverWhoseKeyIsMissingOrRevokedOrMayNotAppendSaysSo() throws Exception {
    try (SyslogFixture fixture =
        new SyslogFixture(
            folder,
            """
            - {name: net, type: syslog, key: netkey, listen: "127.0.0.1:0", transport: tcp,
               max_connections: 1}
            - {name: relp, type: syslog, key: readers, listen: "127.0.0.1:0", transport: relp}
            - {name: bao, type: vault}
            """)) {
      TestServer server = fixture.server;
      fixture.awaitLogged(
          "WARNING the receiver net accepts nothing: there is no key with the name netkey; make one:"
              + " tally keys create netkey --permission audit.append");
      assertThat(server.get("/readyz", "").body())
          .contains("\"warning\":\"no key may append for the receivers net, relp\"");
      assertThat(metrics(server))
          .contains(
              "tallystick_receiver_up{receiver=\"bao\"} 1\n",
              "tallystick_receiver_up{receiver=\"net\"} 0\n");

      String _ = server.key("readers", Permission.ADMIN_AUDIT);
      fixture.awaitLogged("the key readers lacks the permission audit.append");

      String key = server.key("netkey", Permission.AUDIT_APPEND);
      fixture.awaitLogged("the receiver net can append again");
      assertThat(metrics(server)).contains("tallystick_receiver_up{receiver=\"net\"} 1\n");
      fixture.send("net", "<13>app: before\n");
      var _ = fixture.awaitEntries(1);

      String id = key.substring("tally_".length(), "tally_".length() + 16);
      HttpRequest.Builder revoke =
          server.request("/api/audit/keys/" + id, server.key(Permission.ADMIN_KEYS)).DELETE();
      assertThat(server.send(revoke).statusCode()).isBetween(200, 204);
      fixture.awaitLogged("the receiver net accepts nothing: the key netkey was revoked at 2");
      assertThat(server.get("/readyz", "").body()).contains("receivers net, relp");
      assertThat(metrics(server)).contains("tallystick_receiver_up{receiver=\"net\"} 0\n");
      fixture.send("net", "<13>app: after\n");
      fixture.awaitLogged(
          "net can't append 1 messages yet: java.io.IOException: the key netkey was");
      try (Socket refused = new Socket(InetAddress.getLoopbackAddress(), fixture.port("net"))) {
        assertThat(refused.getInputStream().read()).isEqualTo(-1);
      }
      assertThat(metrics(server))
          .contains("tallystick_refused_connections_total{receiver=\"net\"} 1\n");
      assertThat(fixture.entries()).hasSize(1);
    }
  }
}
