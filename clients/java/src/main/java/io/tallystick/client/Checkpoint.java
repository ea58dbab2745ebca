package io.tallystick.client;

/**
 * What a log says about all of its entries at one time.
 *
 * @param origin name of the log
 * @param size number of entries
 * @param root of the tree over them
 */
public record Checkpoint(String origin, long size, Hash root) {}
