package io.tallystick.service.query;

import io.tallystick.entry.EntryField;
import io.tallystick.index.AuditQuery;
import org.jspecify.annotations.Nullable;

/**
 * Of which entries the sources are asked for.
 *
 * @param source the only source; {@code null} for all
 * @param period when their entries were recorded
 */
public record SourceQuery(@Nullable String source, Period period) {
  /** The entries, oldest first. */
  AuditQuery entries() {
    AuditQuery.Builder query = AuditQuery.builder().recorded(period.span()).ascending(true);
    return (source == null ? query : query.text(EntryField.SOURCE, source)).build();
  }
}
