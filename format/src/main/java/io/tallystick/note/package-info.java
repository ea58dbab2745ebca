/**
 * Signed notes, and the checkpoints of a log that are written as such: C2SP signed-note,
 * tlog-checkpoint and tlog-cosignature. Pure functions, with the signatures of Bouncy Castle.
 *
 * <p>A note is a text and the signatures under it. This one is a checkpoint, of an empty log; its
 * key is the one whose seed is the bytes 00 01 … 1f:
 *
 * <pre>
 *   tallystick.example/vectors                          origin: which log
 *   0                                                   how many leaves
 *   47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=        root of the tree over them
 *                                                       empty line: the signed text ends before it
 *   — tallystick.example/vectors FLJ6xatg…Ebi6Ag8=      name, base64(key id ‖ signature)
 *
 *   verifier key   tallystick.example/vectors+14b27ac5+AQOhB7/z…SVTG4
 *                  name + key id in hex + base64(0x01 ‖ public key)
 *   signer key     PRIVATE+KEY+tallystick.example/vectors+14b27ac5+AQAB…
 *                  base64(0x01 ‖ seed)
 *   key id         SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), its first four bytes
 * </pre>
 *
 * <p>Whoever opens a note names the keys that count. Signatures of other keys are passed over; one
 * wrong signature of a known key refuses the note, and so does having none.
 *
 * <p>What came from elsewhere and is wrong raises {@link io.tallystick.note.InvalidNoteException};
 * a wrong key or a caller's mistake raises {@link IllegalArgumentException}.
 */
@NullMarked
package io.tallystick.note;

import org.jspecify.annotations.NullMarked;
