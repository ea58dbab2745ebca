package io.tallystick.service.query;

import io.tallystick.index.AuditQuery;
import io.tallystick.service.InvalidParameterException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Questions to the index, from the parameters that ask them (api.md, Reading). */
public final class QueryParser {
  static final int MAX_LIMIT = 500;
  private static final int DEFAULT_LIMIT = 50;

  private static final List<String> TIMES = List.of("since", "until");
  private static final List<String> CURSORS = List.of("before_id", "after_id", "order");
  private static final List<String> PAGE = List.of("limit", "offset");
  private static final List<String> FILTERS =
      List.of(
          "event_type",
          "actor_id",
          "actor_username",
          "actor_ip",
          "target_type",
          "target_id",
          "request_id",
          "source",
          "security");
  private static final List<String> ALL = joined(List.of(FILTERS, TIMES, PAGE, CURSORS));

  private QueryParser() {}

  /** The list: every filter, and a page. */
  static AuditQuery list(Parameters given) {
    given.only(ALL);
    return page(given, filters(given, "desc")).build();
  }

  /** The list, of security events only. */
  static AuditQuery security(Parameters given) {
    given.only(ALL);
    if (Boolean.FALSE.equals(given.flag("security"))) {
      throw new InvalidParameterException(
          "security", "security is \"false\"; only security events are asked for here");
    }
    return page(given, filters(given, "desc")).security(true).build();
  }

  /** Entries by a user, or about that user. */
  static AuditQuery user(String userId, Parameters given) {
    given.only(joined(List.of(List.of("event_type"), TIMES, PAGE, CURSORS)));
    return page(given, filters(given, "desc"))
        .userId(Parameters.number("user_id", userId, 0, Long.MAX_VALUE))
        .build();
  }

  /** The filters and {@code after_id} of a stream; no page. */
  public static Parameters live(Parameters given) {
    given.only(joined(List.of(FILTERS, TIMES, List.of("after_id"))));
    filters(given, "asc");
    return given;
  }

  /** What a stream has to send next, oldest first. */
  public static AuditQuery live(Parameters given, long afterId) {
    return filters(given, "asc").afterId(afterId).build();
  }

  /** All matches, oldest first unless asked otherwise. */
  public static AuditQuery export(Parameters given) {
    given.only(joined(List.of(FILTERS, TIMES, CURSORS, List.of("format"))));
    return filters(given, "asc").build();
  }

  /** A range of time and nothing else. */
  public record Period(@Nullable Instant since, @Nullable Instant until) {
    public static Period of(Parameters given) {
      given.only(TIMES);
      return read(given);
    }

    private static Period read(Parameters given) {
      Period period = new Period(given.since("since"), given.until("until"));
      if (period.since != null && period.until != null && !period.since.isBefore(period.until)) {
        throw new InvalidParameterException(
            "since", "since is after until; taken is a since that is not later than until");
      }
      return period;
    }
  }

  private static List<String> joined(List<List<String>> lists) {
    return lists.stream().flatMap(List::stream).toList();
  }

  private static AuditQuery.Builder filters(Parameters given, String defaultOrder) {
    String order = given.word("order", List.of("desc", "asc"));
    Period period = Period.read(given);
    return AuditQuery.builder()
        .eventTypes(given.eventTypes("event_type"))
        .actorId(given.number("actor_id", 0, Long.MAX_VALUE))
        .actorUsername(given.text("actor_username"))
        .actorIp(given.addresses("actor_ip"))
        .targetType(given.text("target_type"))
        .targetId(given.text("target_id"))
        .requestId(given.text("request_id"))
        .source(given.text("source"))
        .security(given.flag("security"))
        .since(period.since())
        .until(period.until())
        .beforeId(given.number("before_id", 1, Long.MAX_VALUE))
        .afterId(given.number("after_id", 0, Long.MAX_VALUE))
        .ascending((order == null ? defaultOrder : order).equals("asc"));
  }

  private static AuditQuery.Builder page(Parameters given, AuditQuery.Builder question) {
    Long limit = given.number("limit", 1, MAX_LIMIT);
    Long offset = given.number("offset", 0, Long.MAX_VALUE);
    return question
        .limit(limit == null ? DEFAULT_LIMIT : limit.intValue())
        .offset(offset == null ? 0 : offset);
  }
}
