/**
 * What a log offers to its users: queries, proofs, exports, access keys, retention, witnesses.
 * Knows neither HTTP nor the command line; both call it.
 */
@NullMarked
package io.tallystick.service;

import org.jspecify.annotations.NullMarked;
