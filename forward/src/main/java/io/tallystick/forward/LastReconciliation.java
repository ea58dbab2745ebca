package io.tallystick.forward;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * The outcome of a reconciliation in short.
 *
 * @param at when it ended, RFC 3339
 * @param by {@code query} or {@code export}
 * @param throughSeq the last {@code seq} that was compared
 * @param tampered objects that are not as the sink created them; left out if there are none
 * @param complete whether the receiver held exactly what it should
 */
public record LastReconciliation(
    @JsonProperty(value = "at", required = true) String at,
    @JsonProperty(value = "by", required = true) String by,
    @JsonProperty(value = "through_seq", required = true) long throughSeq,
    @JsonProperty(value = "complete", required = true) boolean complete,
    @JsonProperty(value = "missing", required = true) long missing,
    @JsonProperty(value = "duplicated", required = true) long duplicated,
    @JsonProperty(value = "altered", required = true) long altered,
    @JsonProperty(value = "unknown", required = true) long unknown,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) @JsonProperty("tampered") long tampered) {}
