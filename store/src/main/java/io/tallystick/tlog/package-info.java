/**
 * The Merkle tree of RFC 6962 and RFC 9162 section 2.1: hashes, proofs and tiles. JDK only, no I/O.
 */
@NullMarked
package io.tallystick.tlog;

import org.jspecify.annotations.NullMarked;
