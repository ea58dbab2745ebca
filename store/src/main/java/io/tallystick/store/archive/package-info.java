/**
 * Retention: removes old entries from the log, either into archives that can be verified and read
 * by themselves or for good (format.md, Retention and archive).
 */
@NullMarked
package io.tallystick.store.archive;

import org.jspecify.annotations.NullMarked;
