/**
 * What becomes of the fields of other systems' events. A mapping is data, in YAML; its expressions
 * are JSLT, of which {@link io.tallystick.ingest.mapping.Guard} admits what ends soon.
 */
@NullMarked
package io.tallystick.ingest.mapping;

import org.jspecify.annotations.NullMarked;
