/**
 * What a log is, without how it is written: its directory, identity, configuration and horizon, its
 * entries, receipts and errors. Every other package of the store builds on these.
 */
@NullMarked
package io.tallystick.store.log;

import org.jspecify.annotations.NullMarked;
