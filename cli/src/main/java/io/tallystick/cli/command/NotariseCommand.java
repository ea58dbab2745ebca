package io.tallystick.cli.command;

import io.tallystick.cli.source.Trust;
import io.tallystick.cli.terminal.Amount;
import io.tallystick.cli.terminal.Failure;
import io.tallystick.cli.terminal.Printable;
import io.tallystick.cli.terminal.Terminal;
import io.tallystick.http.wire.ContentType;
import io.tallystick.note.InvalidNoteException;
import io.tallystick.note.TimestampToken;
import io.tallystick.service.witness.WholeAnswer;
import io.tallystick.store.LogReader;
import io.tallystick.store.log.SignedCheckpoint;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code tally checkpoint notarise}: has a timestamp authority sign the newest checkpoint. */
@Command(
    name = "notarise",
    description =
        "Have a timestamp authority (RFC 3161) sign the newest checkpoint, and keep both;"
            + " works on a data directory, also beside its server")
public final class NotariseCommand implements Callable<Integer> {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final Terminal terminal;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "tally-data",
      description = "Data directory (default: ./${DEFAULT-VALUE})")
  private Path data = Path.of("tally-data");

  @Option(
      names = "--tsa",
      required = true,
      paramLabel = "URL",
      description = "URL of the timestamp authority")
  private URI authority = URI.create("");

  @Option(
      names = "--tsa-ca",
      paramLabel = "FILE",
      description =
          "Certificates in PEM that the authority's certificate must lead to (default: do"
              + " not check it)")
  private @Nullable Path authorities;

  public NotariseCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws Exception {
    LogReader log = LogReader.open(data);
    SignedCheckpoint checkpoint =
        log.tree()
            .newest()
            .orElseThrow(() -> new Failure(Failure.USAGE, "the log has no checkpoint yet"));
    log.tree().keep(checkpoint);
    // With the cosignatures that the kept one has: the token is over the file's bytes.
    checkpoint = log.tree().checkpoint(checkpoint.size()).orElse(checkpoint);
    byte[] content = checkpoint.note().toBytes();
    byte[] request = TimestampToken.request(content);
    byte[] answer = ask(request);
    TimestampToken.Verified verified;
    try {
      verified =
          TimestampToken.answer(request, answer).verify(content, Trust.certificates(authorities));
    } catch (InvalidNoteException e) {
      throw new Failure(
          Failure.NOT_VALID, "nothing was kept: " + Printable.of(String.valueOf(e.getMessage())));
    }
    log.tree().keepToken(checkpoint, answer);
    terminal
        .out()
        .printf(
            "the checkpoint over %s existed at %s, according to %s%s%n",
            Amount.of(checkpoint.size(), "entry", "entries"),
            verified.time(),
            Printable.of(verified.authority()),
            verified.trusted() ? "" : " (its certificate was not checked; use --tsa-ca)");
    return 0;
  }

  private byte[] ask(byte[] request) throws InterruptedException {
    HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    try {
      HttpResponse<byte[]> response =
          WholeAnswer.to(
              HttpRequest.newBuilder(authority)
                  .header("Content-Type", TimestampToken.QUERY_TYPE)
                  .POST(HttpRequest.BodyPublishers.ofByteArray(request))
                  .build(),
              client,
              TimestampToken.MAX_BYTES,
              TIMEOUT);
      String type = response.headers().firstValue("Content-Type").orElse("");
      boolean reply =
          ContentType.parse(type)
              .filter(parsed -> parsed.mediaType().equals(TimestampToken.REPLY_TYPE))
              .isPresent();
      if (response.statusCode() != 200 || !reply) {
        throw new Failure(
            Failure.UNREACHABLE,
            authority
                + " did not answer with a timestamp: status "
                + response.statusCode()
                + ", type "
                + Printable.of(type));
      }
      return response.body();
    } catch (HttpTimeoutException | IllegalArgumentException e) {
      throw unreachable(String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw unreachable(e.toString());
    } finally {
      client.shutdownNow();
    }
  }

  private Failure unreachable(String why) {
    return new Failure(
        Failure.UNREACHABLE, "can't reach the timestamp authority " + authority + ": " + why);
  }
}
