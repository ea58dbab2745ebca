package io.tallystick.index.text;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.jspecify.annotations.Nullable;

/**
 * The words of texts, folded, as Unicode's rules for word boundaries (UAX 29) divide them: {@code
 * alice@example.com} is {@code alice} and {@code example.com}. What is longer than 255 characters
 * is several. Used by one thread.
 */
public final class Words {
  /** Most different words of one entry ... */
  public static final int MAX_WORDS = 5_000;

  /** ... and most characters of all of them together. */
  public static final int MAX_CHARACTERS = 64 << 10;

  /**
   * Splits texts, and remembers those that it split last: user agents, actions and names come again
   * and again. Making one costs more than splitting the texts of an entry. Used by one thread.
   */
  private static final class Splitter {
    private static final int BITS = 10;
    private static final int LONGEST = 256;

    private final StandardTokenizer tokenizer = new StandardTokenizer();
    private final @Nullable Remembered[] lately = new @Nullable Remembered[1 << BITS];

    private record Remembered(String text, List<String> words) {}

    List<String> split(String text) {
      if (text.length() > LONGEST) {
        return tokens(text);
      }
      int place = (text.hashCode() * 0x9e3779b9) >>> (Integer.SIZE - BITS);
      Remembered last = lately[place];
      if (last == null || !last.text.equals(text)) {
        last = new Remembered(text, tokens(text));
        lately[place] = last;
      }
      return last.words;
    }

    private List<String> tokens(String text) {
      List<String> words = new ArrayList<>();
      try (tokenizer) {
        tokenizer.setReader(new StringReader(Folded.of(text)));
        CharTermAttribute word = tokenizer.getAttribute(CharTermAttribute.class);
        tokenizer.reset();
        while (tokenizer.incrementToken()) {
          words.add(word.toString());
        }
        tokenizer.end();
      } catch (IOException e) {
        throw new UncheckedIOException("reading from memory does not fail", e);
      }
      return words;
    }
  }

  private static final ThreadLocal<Splitter> SPLITTER = ThreadLocal.withInitial(Splitter::new);

  private final Set<String> words = new LinkedHashSet<>();
  private int characters;

  /** Adds the words of a text, as long as they are not too many. */
  public void add(String text) {
    if (!isFull()) {
      for (String word : SPLITTER.get().split(text)) {
        if (!isFull() && words.add(word)) {
          characters += word.length();
        }
      }
    }
  }

  private boolean isFull() {
    return words.size() >= MAX_WORDS || characters >= MAX_CHARACTERS;
  }

  /** The different words, in the order in which they came. */
  public Set<String> all() {
    return words;
  }

  /**
   * The words that somebody looks for: those of the text; one before a {@code *} at the end of what
   * stands between spaces may go on.
   */
  public static List<TextMatch> wanted(String text) {
    List<TextMatch> wanted = new ArrayList<>();
    for (String part : text.split("\\s+", -1)) {
      TextMatch match = TextMatch.parse(part);
      List<String> words = SPLITTER.get().split(match.text());
      for (int i = 0; i < words.size(); i++) {
        wanted.add(new TextMatch(words.get(i), match.prefix() && i == words.size() - 1));
      }
    }
    return wanted;
  }
}
