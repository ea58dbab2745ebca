package io.tallystick.cli.command;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.logging.LogManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a server does on SIGHUP, which would otherwise end it: it reads its logging configuration
 * again, which reopens log files, and then whatever else it is asked to.
 */
final class Hangup {
  private static final Logger LOG = LoggerFactory.getLogger(Hangup.class);

  private Hangup() {}

  /**
   * Handles SIGHUP from now on. The JDK has no public class for signals, and javac warns of the one
   * in {@code sun.misc} in a way that can't be switched off, so it is called by reflection. Where
   * the system has no SIGHUP, nothing happens.
   *
   * @param reload runs on a thread of the JVM, one signal at a time
   */
  static void handle(Runnable reload) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object reloading =
          Proxy.newProxyInstance(
              Hangup.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> answer(method, arguments, reload));
      Object _ =
          signal
              .getMethod("handle", signal, handler)
              .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), reloading);
    } catch (ReflectiveOperationException e) {
      LOG.debug("this system has no SIGHUP", e);
    }
  }

  private static @Nullable Object answer(Method method, Object[] arguments, Runnable reload)
      throws ReflectiveOperationException {
    return switch (method.getName()) {
      case "handle" -> {
        reopenLogFiles();
        reload.run();
        LOG.info("reloaded on SIGHUP");
        yield null;
      }
      // equals, hashCode or toString.
      default -> method.invoke(reload, arguments);
    };
  }

  private static void reopenLogFiles() {
    try {
      LogManager.getLogManager().readConfiguration();
    } catch (IOException e) {
      LOG.warn("could not read the logging configuration again: {}", e.getMessage());
    }
  }
}
