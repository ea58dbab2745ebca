package io.tallystick.service;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work that is done again and again, and must go on whatever happens to one run of it. */
@FunctionalInterface
public interface Chore {
  void run() throws Exception;

  /**
   * Runs it once. A failure is logged and does not stop later runs: an exception with its message,
   * an {@link Error}, which is a fault of the program or the machine, with its stack trace.
   *
   * @param name for the log, for instance {@code retention}
   * @throws InterruptedException if it was interrupted, which ends the thread that runs it
   */
  static void attempt(String name, Chore chore) throws InterruptedException {
    try {
      chore.run();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      logger().warn("{} failed, and is tried again later: {}", name, e.getMessage());
    } catch (Throwable e) {
      logger().error("{} failed, and is tried again later", name, e);
    }
  }

  private static Logger logger() {
    return LoggerFactory.getLogger(Chore.class);
  }
}
