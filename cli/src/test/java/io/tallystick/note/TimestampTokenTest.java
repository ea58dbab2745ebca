package io.tallystick.note;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.Test;

/** Timestamps of an authority that the test starts, and what is wrong with others. */
class TimestampTokenTest {
  private static final byte[] CONTENT = "a checkpoint".getBytes(UTF_8);

  private static byte[] answer(TestAuthority authority) throws Exception {
    return authority.answer(TimestampToken.request(CONTENT));
  }

  @Test
  void aGoodAnswerVerifiesAtOnceAndLater() throws Exception {
    TestAuthority authority = TestAuthority.good();
    byte[] request = TimestampToken.request(CONTENT);
    byte[] answer = authority.answer(request);
    List<X509Certificate> roots = List.of(authority.root());
    TimestampToken.Verified verified =
        TimestampToken.answer(request, answer).verify(CONTENT, roots);
    assertThat(verified.trusted()).isTrue();
    assertThat(verified.authority()).isEqualTo("CN=Test Timestamps");
    assertThat(verified.time()).isBetween(Instant.now().minusSeconds(60), Instant.now());
    assertThat(TimestampToken.parse(answer).verify(CONTENT, roots)).isEqualTo(verified);
    assertThat(TimestampToken.parse(answer).verify(CONTENT, List.of()).trusted()).isFalse();
  }

  @Test
  void anAnswerToAnotherRequestIsRefused() throws Exception {
    TestAuthority authority = TestAuthority.good();
    byte[] first = TimestampToken.request(CONTENT);
    byte[] second = TimestampToken.request(CONTENT);
    assertThatThrownBy(() -> TimestampToken.answer(first, authority.answer(second)))
        .isInstanceOf(InvalidNoteException.class);
    assertThatThrownBy(() ->
            TimestampToken.parse(answer(authority)).verify("other".getBytes(UTF_8), List.of()))
        .hasMessageContaining("something else");
  }

  @Test
  void theCertificateMustBeForTimestampsAndValidAndTrusted() throws Exception {
    Instant now = Instant.now();
    TestAuthority web = new TestAuthority(KeyPurposeId.id_kp_serverAuth, true, now, now);
    TestAuthority lax = new TestAuthority(KeyPurposeId.id_kp_timeStamping, false, now, now);
    for (TestAuthority authority : List.of(web, lax)) {
      assertThatThrownBy(() ->
              TimestampToken.parse(answer(authority)).verify(CONTENT, List.of(authority.root())))
          .isInstanceOfAny(
              InvalidNoteException.class,
              IllegalArgumentException.class,
              org.bouncycastle.tsp.TSPException.class);
    }
    TestAuthority expired =
        new TestAuthority(
            KeyPurposeId.id_kp_timeStamping, true, now.minus(Duration.ofDays(9)), now);
    assertThatThrownBy(
            () -> TimestampToken.parse(answer(expired)).verify(CONTENT, List.of(expired.root())))
        .isInstanceOf(InvalidNoteException.class);
    TestAuthority other = TestAuthority.good();
    assertThatThrownBy(() ->
            TimestampToken.parse(answer(TestAuthority.good()))
                .verify(CONTENT, List.of(other.root())))
        .isInstanceOf(InvalidNoteException.class);
  }

  @Test
  void noDamagedAnswerVerifies() throws Exception {
    TestAuthority authority = TestAuthority.good();
    byte[] answer = answer(authority);
    TimestampToken.Verified good =
        TimestampToken.parse(answer).verify(CONTENT, List.of(authority.root()));
    Random random = new Random(3);
    for (int i = 0; i < 400; i++) {
      byte[] damaged = answer.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      try {
        // What is not signed (an unused certificate) may change; what is said may not.
        assertThat(TimestampToken.parse(damaged).verify(CONTENT, List.of(authority.root())))
            .isEqualTo(good);
      } catch (InvalidNoteException e) {
        assertThat(e).hasMessageNotContaining("null");
      }
    }
    for (int length = 0; length < answer.length; length += 37) {
      byte[] cut = java.util.Arrays.copyOf(answer, length);
      assertThatThrownBy(() -> TimestampToken.parse(cut)).isInstanceOf(InvalidNoteException.class);
    }
  }
}
