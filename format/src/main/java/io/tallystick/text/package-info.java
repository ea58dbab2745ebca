/**
 * Text as bytes: numbers in ASCII, UTF-8, addresses, and JSON in the one form that entries have.
 * Knows no entries. Pure: no I/O.
 */
@NullMarked
package io.tallystick.text;

import org.jspecify.annotations.NullMarked;
