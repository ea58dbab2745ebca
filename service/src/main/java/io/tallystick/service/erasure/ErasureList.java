package io.tallystick.service.erasure;

import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import io.tallystick.service.answer.ShortTime;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the erasures of a log, newest first.
 *
 * @param nextBeforeId the next page is before this one; {@code null} on the last
 */
public record ErasureList(List<Recorded> erasures, @Nullable Long nextBeforeId) {
  public ErasureList {
    erasures = List.copyOf(erasures);
  }

  /**
   * An erasure, as its entry says. One of very many entries has several.
   *
   * @param id of the entry
   * @param by name of the key, or of the account that ran a command on the data directory
   * @param fields only these values of the entries; empty for all that are personal
   * @param entries how many entries it names
   */
  public record Recorded(
      long id,
      @JsonSerialize(using = ShortTime.class) Instant erasedAt,
      @Nullable String by,
      boolean local,
      String reason,
      List<String> fields,
      long entries) {
    public Recorded {
      fields = List.copyOf(fields);
    }
  }
}
