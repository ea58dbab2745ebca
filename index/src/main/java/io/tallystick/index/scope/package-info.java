/** Which part of a log somebody sees. */
@NullMarked
package io.tallystick.index.scope;

import org.jspecify.annotations.NullMarked;
