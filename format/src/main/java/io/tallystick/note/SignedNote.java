package io.tallystick.note;

import io.tallystick.tlog.Canonical;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A text and the signatures under it: C2SP signed-note, "Format". The text is worth nothing until
 * {@link #verify} has returned.
 *
 * @param text ends with a newline, which is signed
 * @param signatures 1 to {@value #MAX_SIGNATURES}, as they stand in the note
 */
public record SignedNote(String text, List<NoteSignature> signatures) {
  /** The largest note that is read or written, in bytes. */
  public static final int MAX_BYTES = 1_000_000;

  /** The most signatures that are read or written. */
  public static final int MAX_SIGNATURES = 100;

  /** Refuses what is not a note. */
  public SignedNote {
    signatures = List.copyOf(signatures);
    if (!text.endsWith("\n") || text.chars().anyMatch(c -> c < ' ' && c != '\n')) {
      throw new IllegalArgumentException(
          "a note's text ends with a newline and has no other control characters");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw new IllegalArgumentException("a note's text has no lone surrogates");
    }
    if (signatures.isEmpty() || signatures.size() > MAX_SIGNATURES) {
      throw new IllegalArgumentException(
          "a note has 1 to " + MAX_SIGNATURES + " signatures, not " + signatures.size());
    }
  }

  /** Signs a text with each of these keys, at this time where a signature has one. */
  public static SignedNote sign(String text, List<SignerKey> keys, Instant time) {
    return new SignedNote(text, keys.stream().map(key -> key.sign(text, time)).toList());
  }

  /**
   * Reads a note, and verifies nothing of it.
   *
   * @throws InvalidNoteException if it is not exactly what {@link #toBytes} would write
   */
  public static SignedNote parse(byte[] note) throws InvalidNoteException {
    if (note.length > MAX_BYTES) {
      throw new InvalidNoteException(
          "a note has at most " + MAX_BYTES + " bytes, not " + note.length);
    }
    try {
      return parse(Canonical.utf8(note));
    } catch (IllegalArgumentException e) {
      throw new InvalidNoteException("this is not a signed note: " + e.getMessage(), e);
    }
  }

  private static SignedNote parse(String note) throws InvalidNoteException {
    // The text may have empty lines itself: the last one parts it from the signatures.
    int blank = note.lastIndexOf("\n\n");
    if (blank < 0 || !note.endsWith("\n")) {
      throw new InvalidNoteException(
          "a note has an empty line before its signatures and a newline at its end");
    }
    String[] lines = note.substring(blank + 2).split("\n", MAX_SIGNATURES + 2);
    List<NoteSignature> signatures = new ArrayList<>();
    for (String line : List.of(lines).subList(0, lines.length - 1)) {
      signatures.add(NoteSignature.parse(line));
    }
    return new SignedNote(note.substring(0, blank + 1), signatures);
  }

  /**
   * The signatures of known keys, all of which verified: one for each key that signed, in the order
   * of the note. Signatures of other keys are passed over (C2SP signed-note, "Signatures").
   *
   * @throws InvalidNoteException if a signature of a known key is wrong, or none has signed
   * @throws IllegalArgumentException if two different known keys have the same name and id
   */
  public List<VerifiedSignature> verify(Collection<VerifierKey> known) throws InvalidNoteException {
    Map<VerifierKey, VerifiedSignature> verified = new LinkedHashMap<>();
    for (NoteSignature signature : signatures) {
      Optional<VerifierKey> key = find(known, signature);
      if (key.isPresent()) {
        VerifiedSignature good =
            key.get()
                .verify(text, signature)
                .orElseThrow(() ->
                    new InvalidNoteException(
                        "the signature of " + key.get().label() + " does not verify"));
        verified.putIfAbsent(good.key(), good);
      }
    }
    if (verified.isEmpty()) {
      throw new InvalidNoteException(
          "no known key has signed: known are "
              + known.stream().map(VerifierKey::label).toList()
              + ", signed has "
              + signatures.stream().map(NoteSignature::name).distinct().toList());
    }
    return List.copyOf(verified.values());
  }

  private static Optional<VerifierKey> find(
      Collection<VerifierKey> known, NoteSignature signature) {
    List<VerifierKey> keys =
        known.stream().filter(key -> key.isNamedBy(signature)).distinct().toList();
    if (keys.size() > 1) {
      throw new IllegalArgumentException(
          "two different keys share name and id: " + keys.getFirst().label());
    }
    return keys.stream().findFirst();
  }

  /** This note with more signatures under it; those it has already are left out. */
  public SignedNote with(Collection<NoteSignature> more) {
    List<NoteSignature> all = new ArrayList<>(signatures);
    more.stream().filter(signature -> !all.contains(signature)).forEach(all::add);
    return new SignedNote(text, all);
  }

  /** The note, in UTF-8. */
  public byte[] toBytes() {
    return toString().getBytes(StandardCharsets.UTF_8);
  }

  /** The note. */
  @Override
  public String toString() {
    return signatures.stream()
        .map(signature -> signature.line() + "\n")
        .collect(Collectors.joining("", text + "\n", ""));
  }
}
