/** How answers reach a person or a program: tables, CSV, progress, safe text, exit codes. */
@NullMarked
package io.tallystick.cli.terminal;

import org.jspecify.annotations.NullMarked;
