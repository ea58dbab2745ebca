package io.tallystick.endurance;

import io.tallystick.http.AuditServer;
import io.tallystick.http.TestServer;
import io.tallystick.index.AuditIndex;
import io.tallystick.service.Actor;
import io.tallystick.service.access.AccessKeys;
import io.tallystick.service.access.KeyAdministration;
import io.tallystick.service.access.Permission;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A server in a process of its own, with little memory, perhaps on a device that is slow. */
final class ServerProcess implements AutoCloseable {
  private final Process process;
  private final Path errors;
  private final int port;
  private final String key;

  private ServerProcess(Process process, Path errors, int port, String key) {
    this.process = process;
    this.errors = errors;
    this.port = port;
    this.key = key;
  }

  /**
   * Starts one, perhaps through another program.
   *
   * @param errors the file for what it says on standard error
   */
  static ServerProcess start(Path data, Path errors, int heapMegabytes, String... through)
      throws IOException {
    Path options = Path.of(System.getProperty("tallystick.jvm.options", "../jvm.options"));
    List<String> command = new ArrayList<>(List.of(through));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "@" + options.toAbsolutePath().normalize(),
            "-Xmx" + heapMegabytes + "m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            ServerProcess.class.getName(),
            data.toString()));
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    BufferedReader out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String line = out.readLine();
    if (line == null) {
      throw new IOException("the server did not start: " + Files.readString(errors));
    }
    String[] words = line.split(" ", -1);
    return new ServerProcess(process, errors, Integer.parseInt(words[0]), words[1]);
  }

  int port() {
    return port;
  }

  /** A key that may append and read. */
  String key() {
    return key;
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What it said on standard error. */
  String errors() throws IOException {
    return Files.readString(errors);
  }

  /** Memory that is not backed by files, in MiB: heap, threads, buffers; 0 where /proc is not. */
  long anonymousMegabytes() throws IOException {
    // Java is the one that has most of it, when it was started through another program.
    long most = 0;
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    for (ProcessHandle one : all) {
      Path status = Path.of("/proc", Long.toString(one.pid()), "status");
      if (Files.exists(status)) {
        for (String line : Files.readAllLines(status)) {
          if (line.startsWith("RssAnon:")) {
            most = Math.max(most, Long.parseLong(line.replaceAll("[^0-9]", "")) >> 10);
          }
        }
      }
    }
    return most;
  }

  /** SIGTERM to the server. */
  @Override
  public void close() {
    List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
    all.add(process.toHandle());
    all.getFirst().destroy();
    try {
      process.onExit().orTimeout(60, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      all.forEach(ProcessHandle::destroyForcibly);
      process.onExit().join();
    }
  }

  /** The process: says its port and a key. */
  public static void main(String[] args) throws Exception {
    AuditLog log = AuditLog.open(Path.of(args[0]), LogConfig.defaults());
    AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index());
    AccessKeys keys = AccessKeys.open(log.reader().directory().access(), Clock.systemUTC());
    AuditServer server = AuditServer.start(log, index, keys, TestServer.CONFIG);
    String key =
        new KeyAdministration(log, keys)
            .create(
                "client-" + log.lastId(),
                List.of(Permission.AUDIT_APPEND, Permission.ADMIN_AUDIT),
                null,
                Actor.SERVER)
            .text();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              try {
                server.close();
                index.close();
                log.close();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }));
    System.out.println(server.port() + " " + key);
    Thread.currentThread().join();
  }
}
