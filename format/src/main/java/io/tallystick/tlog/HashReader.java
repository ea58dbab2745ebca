package io.tallystick.tlog;

import java.io.IOException;
import java.util.List;

/** A source of node hashes: all that this package knows of storage. */
@FunctionalInterface
public interface HashReader {
  /**
   * The hashes of these nodes, in their order. All of one proof are asked for at once, so that a
   * reader can fetch what lies together in one go.
   *
   * @throws IOException if a hash cannot be read, or is known to be wrong
   */
  List<Hash> read(List<Node> nodes) throws IOException;
}
