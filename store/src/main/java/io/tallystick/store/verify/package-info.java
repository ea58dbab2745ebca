/**
 * Verification of a log, from the bytes on disk up (format.md, Verification). It uses a reader and
 * cannot reach the writer.
 */
@NullMarked
package io.tallystick.store.verify;

import org.jspecify.annotations.NullMarked;
