package io.tallystick.ingest.audit;

import io.tallystick.ingest.Intake.Document;
import io.tallystick.ingest.receiver.Delivery;
import io.tallystick.ingest.receiver.JsonBody;
import io.tallystick.ingest.receiver.Received;
import io.tallystick.ingest.receiver.Receiver;
import io.tallystick.ingest.receiver.Reply;
import io.tallystick.tlog.Sha256;
import java.util.List;

/**
 * Receives the audit log of OpenBao from its audit device {@code http}, one JSON object a request.
 * OpenBao serves nobody while none of its audit devices works, so nothing is refused for what it
 * contains: what is no event is stored raw. An event is known by the hash of all of it, its time
 * included: it has an id of its request alone, which others have too.
 */
public final class VaultReceiver implements Receiver {
  @Override
  public List<Route> routes() {
    return List.of(Route.post(""));
  }

  @Override
  public Received receive(Delivery delivery) {
    String id = Sha256.hex(delivery.body());
    return new Received(
        List.of(new Document(JsonBody.readOrText(delivery.body()), id)), Reply::noContent);
  }
}
