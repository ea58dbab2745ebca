/** Elasticsearch, OpenSearch, and VictoriaLogs: whatever has a {@code _bulk}. */
@NullMarked
package io.tallystick.forward.elastic;

import org.jspecify.annotations.NullMarked;
