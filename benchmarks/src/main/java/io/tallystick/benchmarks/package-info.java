/** What things cost, measured side by side with what they build on. Nothing depends on it. */
@NullMarked
package io.tallystick.benchmarks;

import org.jspecify.annotations.NullMarked;
