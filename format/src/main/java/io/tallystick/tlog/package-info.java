/**
 * The Merkle tree of a transparency log: hashes, proofs and tiles. JDK only, no I/O.
 *
 * <p>The tree is that of RFC 6962 and RFC 9162 section 2.1 with SHA-256. Leaves count from 0;
 * {@code D[a:b]} are the leaves a, a+1, … b-1, and
 *
 * <pre>
 *   MTH(D[a:a])   = SHA-256()                                      the empty tree
 *   MTH(D[a:a+1]) = SHA-256(0x00 ‖ leaf a)
 *   MTH(D[a:b])   = SHA-256(0x01 ‖ MTH(D[a:a+k]) ‖ MTH(D[a+k:b]))  k: largest power of two &lt; b - a
 * </pre>
 *
 * <p>For five leaves, with (level,index) at each {@link io.tallystick.tlog.Node}:
 *
 * <pre>
 *                root
 *             /       \
 *         (2,0)        \
 *        /     \        \
 *    (1,0)     (1,1)     \
 *    /  \      /  \       \
 *  (0,0)(0,1)(0,2)(0,3)  (0,4)
 * </pre>
 *
 * <p>Every other hash, the root among them, is folded from such complete subtrees: here from (2,0)
 * and (0,4). So {@link io.tallystick.tlog.HashReader}, which reads nodes, is all that this package
 * knows of storage.
 *
 * <ul>
 *   <li>{@link io.tallystick.tlog.CompactRange} folds hashes to a root, one at a time.
 *   <li>{@link io.tallystick.tlog.ProofBuilder} makes proofs, {@link
 *       io.tallystick.tlog.ProofVerifier} checks them, {@link io.tallystick.tlog.TlogProof} is the
 *       file that carries one.
 *   <li>{@link io.tallystick.tlog.RangeProof} ties a whole range of entries to a root.
 *   <li>{@link io.tallystick.tlog.TilePath} names what a log publishes, {@link
 *       io.tallystick.tlog.TileHashReader} reads it and believes none of it unproved.
 * </ul>
 *
 * <p>What came from elsewhere and is wrong raises a checked exception; a caller's mistake raises
 * {@link IllegalArgumentException}.
 */
@NullMarked
package io.tallystick.tlog;

import org.jspecify.annotations.NullMarked;
