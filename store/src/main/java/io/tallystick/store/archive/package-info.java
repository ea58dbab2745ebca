/**
 * Retention: old entries leave the log, into archives that can be verified and read alone, or for
 * good (format.md, Retention and archive).
 */
@NullMarked
package io.tallystick.store.archive;

import org.jspecify.annotations.NullMarked;
