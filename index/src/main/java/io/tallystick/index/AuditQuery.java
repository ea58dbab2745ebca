package io.tallystick.index;

import io.tallystick.entry.EntryField;
import io.tallystick.index.scope.Scope;
import io.tallystick.index.text.DetailValues;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.index.text.TextMatch;
import io.tallystick.index.text.Words;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A query: which entries, and which page of them. All filters must match; of several event types,
 * one must match. Immutable.
 *
 * @param eventTypes values, or prefixes that end in {@code .*}; empty for all types
 * @param texts what fields among {@link #TEXTS} must hold: {@link #NAMES} in folded form, the
 *     others to the byte; {@code 7} is both the number and the text where it is an {@code actor_id}
 * @param details what the values with these paths must be, see {@link DetailValues}
 * @param words words that must all occur, see {@link Words}
 * @param severityMin a severity that is at least this one
 * @param actorIp the addresses that {@code actor_ip} must be one of
 * @param security {@code true}: security events only; {@code false}: no security events
 * @param userId entries by this actor, and entries whose target is {@code user} with this id
 * @param scope the entries that whoever asks may see
 * @param recorded when the log recorded it
 * @param occurred when it happened: {@code occurred_at}, or where there is none when it was
 *     recorded
 * @param beforeId only ids below this one; a cursor, it does not change the total
 * @param afterId only ids above this one; a cursor, it does not change the total
 * @param ascending oldest first instead of newest first
 * @param limit most ids on the page
 * @param offset ids to skip before the page
 */
public record AuditQuery(
    List<String> eventTypes,
    Map<EntryField, TextMatch> texts,
    Map<String, TextMatch> details,
    @Nullable String words,
    @Nullable String severityMin,
    @Nullable AddressRange actorIp,
    @Nullable Boolean security,
    @Nullable String userId,
    Scope scope,
    Span recorded,
    Span occurred,
    @Nullable Long beforeId,
    @Nullable Long afterId,
    boolean ascending,
    int limit,
    long offset) {
  /** The fields that a question may have a text for, in the order of an entry. */
  public static final List<EntryField> TEXTS =
      List.of(
          EntryField.OUTCOME,
          EntryField.SEVERITY,
          EntryField.TENANT,
          EntryField.ACTOR_TYPE,
          EntryField.ACTOR_ID,
          EntryField.ACTOR_USERNAME,
          EntryField.ACTOR_HOST,
          EntryField.SESSION_ID,
          EntryField.TARGET_TYPE,
          EntryField.TARGET_ID,
          EntryField.TARGET_NAME,
          EntryField.EVENT_ID,
          EntryField.REQUEST_ID,
          EntryField.TRACE_ID,
          EntryField.SOURCE);

  /**
   * Those that people write by hand, each in their own way: case and Unicode form don't count. Ids
   * are made by machines, and two that differ in case are two.
   */
  public static final Set<EntryField> NAMES =
      Collections.unmodifiableSet(
          EnumSet.of(
              EntryField.TENANT,
              EntryField.ACTOR_TYPE,
              EntryField.ACTOR_USERNAME,
              EntryField.ACTOR_HOST,
              EntryField.TARGET_TYPE,
              EntryField.TARGET_ID,
              EntryField.TARGET_NAME));

  /**
   * A span of time.
   *
   * @param since at this time or later
   * @param until before this time
   */
  public record Span(@Nullable Instant since, @Nullable Instant until) {
    /** All of time. */
    public static final Span ALWAYS = new Span(null, null);

    boolean isAlways() {
      return since == null && until == null;
    }
  }

  public AuditQuery {
    eventTypes = List.copyOf(eventTypes);
    texts = Collections.unmodifiableMap(copy(texts));
    details = Collections.unmodifiableMap(new TreeMap<>(details));
    if (!TEXTS.containsAll(texts.keySet())) {
      throw new IllegalArgumentException("the index has no texts of " + texts.keySet());
    }
    if (limit < 1 || offset < 0) {
      throw new IllegalArgumentException(
          "a page has a limit of 1 or more and an offset of 0 or more");
    }
  }

  private static Map<EntryField, TextMatch> copy(Map<EntryField, TextMatch> texts) {
    Map<EntryField, TextMatch> copy = new EnumMap<>(EntryField.class);
    copy.putAll(texts);
    return copy;
  }

  /** Recorded at this time or later. */
  public @Nullable Instant since() {
    return recorded.since();
  }

  /** Recorded before this time. */
  public @Nullable Instant until() {
    return recorded.until();
  }

  /** The same query, limited to entries after this one. */
  public AuditQuery after(long id) {
    return toBuilder().afterId(id).build();
  }

  /** The same query by somebody who sees these entries only. */
  public AuditQuery within(Scope scope) {
    return toBuilder().scope(scope).build();
  }

  /** A builder with the parts of this query. */
  public Builder toBuilder() {
    Builder copy = new Builder();
    copy.eventTypes = eventTypes;
    copy.texts.putAll(texts);
    copy.details.putAll(details);
    copy.words = words;
    copy.severityMin = severityMin;
    copy.actorIp = actorIp;
    copy.security = security;
    copy.userId = userId;
    copy.scope = scope;
    copy.recorded = recorded;
    copy.occurred = occurred;
    copy.beforeId = beforeId;
    copy.afterId = afterId;
    copy.ascending = ascending;
    copy.limit = limit;
    copy.offset = offset;
    return copy;
  }

  /** Everything, newest first, 50 to a page. */
  public static Builder builder() {
    return new Builder();
  }

  /** Whether only times and cursors narrow the query. */
  boolean isUnfiltered() {
    return eventTypes.isEmpty()
        && texts.isEmpty()
        && details.isEmpty()
        && words == null
        && severityMin == null
        && actorIp == null
        && security == null
        && userId == null
        && scope.isAll()
        && occurred.isAlways();
  }

  /** What the index must have to answer it. */
  public IndexedDetails needs() {
    if (words != null) {
      return IndexedDetails.TEXT;
    }
    return details.isEmpty() ? IndexedDetails.NONE : IndexedDetails.VALUES;
  }

  /** Whether it can be answered from the ids alone. */
  public boolean needsNoIndex() {
    return isUnfiltered() && recorded.isAlways();
  }

  /** Collects the parts of a query. Used by one thread. */
  public static final class Builder {
    private List<String> eventTypes = List.of();
    private final Map<EntryField, TextMatch> texts = new EnumMap<>(EntryField.class);
    private final Map<String, TextMatch> details = new TreeMap<>();
    private @Nullable String words;
    private @Nullable String severityMin;
    private @Nullable AddressRange actorIp;
    private @Nullable Boolean security;
    private @Nullable String userId;
    private Scope scope = Scope.ALL;
    private Span recorded = Span.ALWAYS;
    private Span occurred = Span.ALWAYS;
    private @Nullable Long beforeId;
    private @Nullable Long afterId;
    private boolean ascending;
    private int limit = 50;
    private long offset;

    private Builder() {}

    public Builder eventTypes(List<String> eventTypes) {
      this.eventTypes = eventTypes;
      return this;
    }

    /** What a field must hold; {@code null} for anything. */
    public Builder text(EntryField field, @Nullable String text) {
      return match(field, text == null ? null : TextMatch.exactly(text));
    }

    /** What a field must hold; {@code null} for anything. */
    public Builder match(EntryField field, @Nullable TextMatch text) {
      if (text == null) {
        texts.remove(field);
      } else {
        texts.put(field, text);
      }
      return this;
    }

    /** What a value with this path must be. */
    public Builder detail(String path, TextMatch value) {
      details.put(path, value);
      return this;
    }

    /** Words that must all occur; {@code null} for any. */
    public Builder words(@Nullable String words) {
      this.words = words;
      return this;
    }

    public Builder severityMin(@Nullable String severityMin) {
      this.severityMin = severityMin;
      return this;
    }

    public Builder actorIp(@Nullable AddressRange actorIp) {
      this.actorIp = actorIp;
      return this;
    }

    public Builder security(@Nullable Boolean security) {
      this.security = security;
      return this;
    }

    public Builder userId(@Nullable String userId) {
      this.userId = userId;
      return this;
    }

    public Builder scope(Scope scope) {
      this.scope = scope;
      return this;
    }

    public Builder recorded(Span recorded) {
      this.recorded = recorded;
      return this;
    }

    public Builder occurred(Span occurred) {
      this.occurred = occurred;
      return this;
    }

    public Builder since(@Nullable Instant since) {
      return recorded(new Span(since, recorded.until()));
    }

    public Builder until(@Nullable Instant until) {
      return recorded(new Span(recorded.since(), until));
    }

    public Builder beforeId(@Nullable Long beforeId) {
      this.beforeId = beforeId;
      return this;
    }

    public Builder afterId(@Nullable Long afterId) {
      this.afterId = afterId;
      return this;
    }

    public Builder ascending(boolean ascending) {
      this.ascending = ascending;
      return this;
    }

    public Builder limit(int limit) {
      this.limit = limit;
      return this;
    }

    public Builder offset(long offset) {
      this.offset = offset;
      return this;
    }

    public AuditQuery build() {
      return new AuditQuery(
          eventTypes,
          texts,
          details,
          words,
          severityMin,
          actorIp,
          security,
          userId,
          scope,
          recorded,
          occurred,
          beforeId,
          afterId,
          ascending,
          limit,
          offset);
    }
  }
}
