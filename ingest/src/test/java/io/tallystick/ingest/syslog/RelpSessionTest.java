package io.tallystick.ingest.syslog;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.ingest.Intake;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a RELP session appends and answers, without a network. */
class RelpSessionTest {
  private static final int INPUTS = Boolean.getBoolean("tallystick.long") ? 100_000 : 5_000;
  private static final String OPEN = "1 open 25 relp_version=0\ncommands=x\n";
  private static final String OPENED =
      "1 rsp 62 200 OK\nrelp_version=0\nrelp_software=tallystick\ncommands=syslog\n";

  private final List<Intake.Document> appended = new ArrayList<>();
  private final ByteArrayOutputStream answers = new ByteArrayOutputStream();
  private boolean full;

  private static String syslog(int number, String message) {
    return number + " syslog " + message.length() + " " + message + "\n";
  }

  private static String timed(String text) {
    return "<14>1 2026-03-04T08:44:23.000001Z web1 app 7 - - " + text;
  }

  private void serve(InputStream in) throws IOException, InterruptedException {
    Appending appending =
        new Appending(
            "relp",
            messages -> {
              if (full) {
                throw new IOException("the log takes nothing");
              }
              appended.addAll(messages);
            });
    if (full) {
      appending.close();
    }
    new RelpSession("relp", in, answers, 1_000, new Documents("192.0.2.1", null), appending).run();
  }

  private void serve(String session) throws IOException, InterruptedException {
    serve(new ByteArrayInputStream(session.getBytes(ISO_8859_1)));
  }

  private List<String> texts() {
    return appended.stream().map(each -> each.content().path("message").asText()).toList();
  }

  private List<String> ids() {
    return appended.stream().map(each -> String.valueOf(each.eventId())).toList();
  }

  @Test
  void eachMessageIsAnsweredInOrder() throws Exception {
    serve(OPEN + syslog(2, "<13>a: b") + syslog(3, "<13>a: c\nd") + "4 close 0\n");
    assertThat(answers.toString(UTF_8))
        .isEqualTo(OPENED + "2 rsp 6 200 OK\n3 rsp 6 200 OK\n4 rsp 6 200 OK\n0 serverclose 0\n");
    assertThat(texts()).containsExactly("b", "c\nd");
    assertThat(appended.getFirst().content().path("peer").asText()).isEqualTo("192.0.2.1");
  }

  /** librelp forgets a message whatever the answer is: there is a word for "no", but no use. */
  @Test
  void whatTheLogDoesNotTakeIsNotAnswered() {
    full = true;
    assertThatThrownBy(() -> serve(OPEN + syslog(2, "<13>a: b"))).isInstanceOf(IOException.class);
    assertThat(answers.toString(UTF_8)).doesNotContain("2 rsp");
  }

  /** So that it can be answered before more is waited for. */
  @Test
  void aWholeMessageDoesNotWaitForAHalfOne() throws Exception {
    String whole = OPEN + syslog(2, "<13>a: b") + "3 sys";
    InputStream rest =
        new InputStream() {
          @Override
          public int read() {
            assertThat(answers.toString(UTF_8)).isEqualTo(OPENED + "2 rsp 6 200 OK\n");
            return -1;
          }

          @Override
          public int read(byte[] into, int from, int length) {
            return read();
          }
        };
    assertThatThrownBy(() ->
            serve(
                new SequenceInputStream(
                    new ByteArrayInputStream(whole.getBytes(ISO_8859_1)), rest)))
        .isInstanceOf(EOFException.class);
    assertThat(texts()).containsExactly("b");
  }

  /** Its sender sends it again, because it has no answer. */
  @Test
  void aMessageThatIsCutOffIsNotKept() {
    assertThatThrownBy(() -> serve(OPEN + syslog(2, "<13>a: b") + "3 syslog 20 <13>a: c"))
        .isInstanceOf(EOFException.class);
    assertThat(texts()).containsExactly("b");
  }

  @Test
  void aMessageThatIsSentAgainIsKnownByItsContentIfItSaysWhenToTheMicrosecond() throws Exception {
    String first = OPEN + syslog(2, timed("a")) + syslog(3, timed("b")) + syslog(4, "<13>c: d");
    serve(first);
    serve(OPEN + syslog(2, timed("b")) + syslog(3, "<13>c: d") + syslog(4, timed("e")));
    assertThat(new HashSet<>(ids())).hasSize(5);
    assertThat(ids().get(3)).isEqualTo(ids().get(1)).hasSize(64);
    assertThat(ids().get(4)).as("both may be meant").isNotEqualTo(ids().get(2));
  }

  @Test
  void equalMessagesOfOneSessionAreAllMeant() throws Exception {
    String session = OPEN + syslog(2, timed("a")) + syslog(3, timed("a")) + syslog(4, timed("a"));
    serve(session);
    List<String> once = List.copyOf(ids());
    assertThat(new HashSet<>(once)).hasSize(3);
    serve(session);
    assertThat(ids().subList(3, 6)).isEqualTo(once);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<13>a: no RELP\n",
        "8 <13>a: b",
        "1 syslog 8 <13>a: b\n",
        "2 open 0\n",
        "1 open 1234567890 x\n",
        "1 open 1\n",
        "1 open 2 ab ",
        "1 op3n 0\n",
        "1  0\n",
        "11111111111 open 0\n",
        "1 open 0\n1 syslog 8 <13>a: b\n",
        "1 open 0\n3 syslog 8 <13>a: b\n",
      })
  void whatIsNoRelpEndsTheSession(String session) {
    assertThatThrownBy(() -> serve(session)).isInstanceOf(Frames.Malformed.class);
    assertThat(appended).isEmpty();
    assertThat(answers.toString(UTF_8)).doesNotContain("200 OK\n2");
  }

  @Test
  void ofALargeMessageTheBeginningIsKeptAndItIsAnswered() throws Exception {
    serve(OPEN + syslog(2, "<13>a: " + "x".repeat(5_000)) + syslog(3, "<13>a: b"));
    assertThat(appended.getFirst().content().path("truncated").asBoolean()).isTrue();
    assertThat(appended.getFirst().content().path("bytes").asInt()).isEqualTo(5_007);
    assertThat(answers.toString(UTF_8)).endsWith("2 rsp 6 200 OK\n3 rsp 6 200 OK\n");
  }

  @Test
  void anUnknownCommandIsAnsweredSo() throws Exception {
    serve(OPEN + "2 rot 1 x\n" + syslog(3, "<13>a: b"));
    assertThat(answers.toString(UTF_8))
        .isEqualTo(OPENED + "2 rsp 19 500 unknown command\n3 rsp 6 200 OK\n");
  }

  /** As many answers as messages, whatever comes, and nothing but a failure of input or output. */
  @Test
  void whateverComesIsAppendedAndAnsweredOrEndsTheSession() throws Exception {
    Random random = new Random(5);
    byte[] good =
        (OPEN
                + syslog(2, timed("a"))
                + syslog(3, "<13>a: b")
                + syslog(4, timed("c"))
                + "5 close 0\n")
            .getBytes(ISO_8859_1);
    int whole = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] session = good.clone();
      for (int j = random.nextInt(3); j > 0; j--) {
        session[random.nextInt(session.length)] = (byte) random.nextInt(256);
      }
      appended.clear();
      answers.reset();
      int length = random.nextInt(4) == 0 ? random.nextInt(session.length) : session.length;
      try {
        serve(new ByteArrayInputStream(session, 0, length));
        whole++;
      } catch (IOException e) {
        assertThat(e).isInstanceOfAny(Frames.Malformed.class, EOFException.class);
      }
      String answered = answers.toString(ISO_8859_1);
      int acknowledged = answered.split("rsp 6 200 OK\n", -1).length - 1;
      boolean closed = answered.endsWith("0 serverclose 0\n");
      assertThat(acknowledged - (closed ? 1 : 0)).isEqualTo(appended.size());
    }
    assertThat(whole).isGreaterThan(INPUTS / 10);
  }
}
