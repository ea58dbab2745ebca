/** Files that people write in YAML. */
@NullMarked
package io.tallystick.service.yaml;

import org.jspecify.annotations.NullMarked;
