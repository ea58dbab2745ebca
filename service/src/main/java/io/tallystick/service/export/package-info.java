/** Exports of all matching entries, and bundles of evidence that verify without the log. */
@NullMarked
package io.tallystick.service.export;

import org.jspecify.annotations.NullMarked;
