package io.tallystick.http.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.tallystick.index.IndexStatus;
import org.jspecify.annotations.Nullable;

/**
 * How the server is, in an answer. What there is nothing to say about is left out.
 *
 * @param status {@code ok}, {@code ready}, or {@code degraded}: ready, but the index is behind
 * @param reason what keeps the index from following the log
 * @param indexedThrough the last entry in the index
 * @param answeredThrough the last entry that lists and counts know
 * @param lastId the log's last entry
 * @param warning what to look after before it becomes a failure
 */
record Health(
    String status,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String reason,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long indexedThrough,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long answeredThrough,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long lastId,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String warning) {

  static Health ok() {
    return new Health("ok", null, null, null, null, null);
  }

  static Health ready(IndexStatus index, @Nullable String warning) {
    return index.isDegraded()
        ? new Health(
            "degraded",
            index.reason(),
            index.indexedThrough(),
            index.answeredThrough(),
            index.lastId(),
            warning)
        : new Health("ready", null, null, null, null, warning);
  }
}
