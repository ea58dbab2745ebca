/**
 * What a log offers to whoever asks: queries, proofs, exports, access keys, retention, witnesses.
 * Knows neither HTTP nor the command line, which both call it.
 */
@NullMarked
package io.tallystick.service;

import org.jspecify.annotations.NullMarked;
