/**
 * Reads what other systems have logged already: each kind of file is a stream of records with ids
 * of their own, so that a second run, or one that goes on where the first ended, makes no
 * duplicate. Knows no log.
 */
@NullMarked
package io.tallystick.ingest.backfill;

import org.jspecify.annotations.NullMarked;
