/** Questions to a log and their answers: lists, statistics, verification, proofs. */
@NullMarked
package io.tallystick.service.query;

import org.jspecify.annotations.NullMarked;
