/**
 * Reads tables of SQLite's database files (https://sqlite.org/fileformat2.html), and what is still
 * in the write-ahead log beside one. Never writes, and needs no native library.
 */
@NullMarked
package io.tallystick.ingest.sqlite;

import org.jspecify.annotations.NullMarked;
