package io.tallystick.cli.options;

import io.tallystick.cli.source.ArchivedLog;
import io.tallystick.cli.source.DirectorySource;
import io.tallystick.cli.source.ServerConnection;
import io.tallystick.cli.source.ServerSource;
import io.tallystick.cli.source.Source;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.note.VerifierKey;
import io.tallystick.store.files.NotPrivateException;
import io.tallystick.store.files.OwnerOnly;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the log is: a data directory, a server and a key for it, or an archive. */
public final class Where {
  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tally-data",
      description = "Data directory (default: ./${DEFAULT-VALUE})")
  Path data = Path.of("tally-data");

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Server to ask instead of a data directory, for instance" + " https://audit.example.com")
  @Nullable String url;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description =
          "API key to send to the server; other users can see a command line, so prefer"
              + " TALLY_API_KEY or --api-key-file")
  @Nullable String apiKey;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "File that holds the API key, for instance DATA/admin.key")
  @Nullable Path apiKeyFile;

  @Option(
      names = "--archive",
      paramLabel = "FILE",
      description = "Archive that retention made, to read instead of a data directory")
  public @Nullable Path archive;

  @Option(
      names = "--key",
      paramLabel = "VKEY",
      split = GivenOptions.COMMA,
      splitSynopsisLabel = ",",
      description =
          "Verifier key that you trust, as \"tally key\" printed it, for an archive and for"
              + " \"tally verify\"; several with commas, or repeated (default: those that the log or"
              + " the archive names itself)")
  public List<String> keys = List.of();

  @Option(
      names = "--key-file",
      paramLabel = "FILE",
      description =
          "Key that signs checkpoints when a command appends to a data directory"
              + " (default: keys/checkpoint.key in it)")
  @Nullable Path keyFile;

  /** The log that the options name. */
  public Source source(Terminal terminal) throws IOException {
    if (archive != null) {
      return ArchivedLog.source(archive, trusted(), terminal);
    }
    if (url == null) {
      return new DirectorySource(data, keyFile, () -> {});
    }
    return new ServerSource(connection(url, terminal));
  }

  /**
   * The server that the options name, for what only a server does.
   *
   * @throws Failure if they name none
   */
  public ServerConnection server(Terminal terminal) {
    if (url == null) {
      throw new Failure(
          Failure.USAGE, "this needs a running server; name it with --url, or set TALLY_URL");
    }
    return connection(url, terminal);
  }

  private ServerConnection connection(String server, Terminal terminal) {
    return new ServerConnection(server, key(), note -> terminal.err().println("note: " + note));
  }

  /** The server or the directory, for telling one log from another. */
  public String shown() {
    return url == null ? data.toAbsolutePath().normalize().toString() : url;
  }

  /** The keys of the one log that is trusted; empty to trust those that are found. */
  public List<VerifierKey> trusted() {
    return keys.isEmpty() ? List.of() : LogKeys.ofOneLog(keys);
  }

  private @Nullable String key() {
    if (apiKey != null || apiKeyFile == null) {
      return apiKey;
    }
    try {
      OwnerOnly.checkSecret(apiKeyFile);
      return Files.readString(apiKeyFile, StandardCharsets.UTF_8).strip();
    } catch (NotPrivateException e) {
      throw new Failure(Failure.NOT_PERMITTED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new Failure(Failure.NOT_PERMITTED, "can't read the key from " + apiKeyFile);
    }
  }
}
