package io.tallystick.forward.reconcile;

/**
 * Something about the place where records are kept that is not as the sink left it.
 *
 * @param name of the object or file
 * @param what became of it
 */
public record Finding(String name, String what) {}
