/** Long work: who computes when, on how many threads, and how it ends early. */
@NullMarked
package io.tallystick.service.work;

import org.jspecify.annotations.NullMarked;
