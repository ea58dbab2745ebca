/** Objects of an S3 store: an archive of what was forwarded. */
@NullMarked
package io.tallystick.forward.s3;

import org.jspecify.annotations.NullMarked;
