package io.tallystick.store.log;

/** When an append is acknowledged. */
public enum Durability {
  /** After the bytes were forced to the device: the entry survives a power cut. The default. */
  FORCED,
  /**
   * After the bytes were handed to the operating system: the entry survives the end of the process
   * but not a power cut.
   */
  ASYNC
}
