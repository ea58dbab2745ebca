package io.tallystick.index.text;

/**
 * What a text must be: this text, or one that begins with it.
 *
 * <p>As a person writes it, a {@code *} at the end makes it a prefix. Two of them are one that is
 * meant: {@code a*} is all that begins with {@code a}, {@code a**} is {@code a*}, and {@code a***}
 * is all that begins with {@code a*}. A {@code *} anywhere else is itself.
 *
 * @param text the text, or what it begins with, which may be empty
 * @param prefix whether more may follow
 */
public record TextMatch(String text, boolean prefix) {
  private static final char STAR = '*';

  /** This text and no other. */
  public static TextMatch exactly(String text) {
    return new TextMatch(text, false);
  }

  /** What a person wrote. */
  public static TextMatch parse(String written) {
    int end = beforeStars(written);
    int stars = written.length() - end;
    return new TextMatch(written.substring(0, end + stars / 2), stars % 2 == 1);
  }

  private static int beforeStars(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == STAR) {
      end--;
    }
    return end;
  }

  /** The same for folded texts. */
  public TextMatch folded() {
    return new TextMatch(Folded.of(text), prefix);
  }

  /** As a person writes it. */
  @Override
  public String toString() {
    return text + text.substring(beforeStars(text)) + (prefix ? "*" : "");
  }
}
