/** Where a command's answers come from: a data directory, a server, or an archive. */
@NullMarked
package io.tallystick.cli.source;

import org.jspecify.annotations.NullMarked;
