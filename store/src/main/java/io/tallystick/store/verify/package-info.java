/**
 * Verification of a log, from the disk up (format.md, Verification). It is given a reader and
 * cannot reach the writer.
 */
@NullMarked
package io.tallystick.store.verify;

import org.jspecify.annotations.NullMarked;
