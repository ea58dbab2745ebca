/**
 * Files and directories that survive a crash: replaced as a whole, forced to the device, locked,
 * and readable by their owner only. Knows nothing of logs.
 */
@NullMarked
package io.tallystick.store.files;

import org.jspecify.annotations.NullMarked;
