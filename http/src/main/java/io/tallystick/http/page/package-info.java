/** The page: the Audit tab's files. */
@NullMarked
package io.tallystick.http.page;

import org.jspecify.annotations.NullMarked;
