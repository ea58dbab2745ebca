package io.tallystick.service.query;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.InvalidEventException;
import io.tallystick.index.AuditQuery;
import io.tallystick.index.text.TextMatch;
import io.tallystick.service.InvalidParameterException;
import io.tallystick.text.IpAddress;
import io.tallystick.tlog.Quoted;
import java.util.List;

/**
 * Queries from the parameters that describe them. Every method throws {@link
 * InvalidParameterException} for a parameter that is unknown or not valid.
 */
public final class QueryParser {
  static final int MAX_LIMIT = 500;
  private static final int DEFAULT_LIMIT = 50;

  private static final List<String> TIMES = List.of("since", "until");
  private static final List<String> CURSORS = List.of("before_id", "after_id", "order");
  private static final List<String> PAGE = List.of("limit", "offset");
  private static final List<String> FILTERS =
      joined(
          List.of(
              List.of("event_type", "actor_ip", "severity_min", "security"),
              AuditQuery.TEXTS.stream().map(EntryField::toString).toList(),
              List.of("occurred_since", "occurred_until", Parameters.DETAILS + "PATH", "q")));
  private static final List<String> ALL = joined(List.of(FILTERS, TIMES, PAGE, CURSORS));

  private QueryParser() {}

  /** The list: every filter, and a page. */
  public static AuditQuery list(Parameters given) {
    given.only(joined(List.of(ALL, List.of(AdminPanelCompat.SECURITY_ONLY))));
    AuditQuery.Builder query = filters(given, "desc");
    if (AdminPanelCompat.isSecurityOnly(given)) {
      query.security(onlySecurity(given));
    }
    return page(given, query).build();
  }

  /** The list, of security events only. */
  public static AuditQuery security(Parameters given) {
    given.only(ALL);
    return page(given, filters(given, "desc")).security(onlySecurity(given)).build();
  }

  private static boolean onlySecurity(Parameters given) {
    if (Boolean.FALSE.equals(given.flag("security"))) {
      throw new InvalidParameterException(
          "security", "security must be true here, where only security events are listed");
    }
    return true;
  }

  /**
   * Entries by a user, or about that user.
   *
   * @param userId the text of an actor's id, be it a number or a text
   */
  public static AuditQuery user(String userId, Parameters given) {
    given.only(joined(List.of(List.of("event_type"), TIMES, PAGE, CURSORS)));
    try {
      ActorId id = ActorId.of(userId);
      return page(given, filters(given, "desc")).userId(id.text()).build();
    } catch (InvalidEventException e) {
      throw new InvalidParameterException(
          "user_id", "user_id is " + Quoted.of(userId) + "; " + e.getMessage());
    }
  }

  /** The filters and {@code after_id} of a stream, oldest first; no page. */
  public static AuditQuery live(Parameters given) {
    given.only(joined(List.of(FILTERS, TIMES, List.of("after_id"))));
    return filters(given, "asc").build();
  }

  /** All matches, oldest first unless {@code order} says otherwise. */
  public static AuditQuery export(Parameters given) {
    given.only(joined(List.of(FILTERS, TIMES, CURSORS, List.of("format", "values"))));
    return filters(given, "asc").build();
  }

  /**
   * Filters that say exactly which entries are meant: no prefix and no range of addresses. {@code
   * ids} is accepted and left to whoever asks.
   */
  public static AuditQuery erasure(Parameters given) {
    given.only(
        joined(
            List.of(
                List.of("ids", "event_type", "actor_ip", Parameters.DETAILS + "PATH"),
                AuditQuery.TEXTS.stream().map(EntryField::toString).toList(),
                TIMES)));
    String address = given.text("actor_ip");
    if (address != null && IpAddress.canonical(address) == null) {
      throw new InvalidParameterException(
          "actor_ip",
          "actor_ip must be one IPv4 or IPv6 address like 203.0.113.9 or 2001:db8::1 here, because an"
              + " erasure can't be undone, but was "
              + Quoted.of(address));
    }
    AuditQuery query = filters(given, "asc").build();
    query.eventTypes().stream()
        .filter(type -> type.endsWith(".*"))
        .findFirst()
        .ifPresent(type -> refusePrefix("event_type"));
    query.texts().forEach((field, text) -> refuse(field.toString(), text));
    query.details().forEach((path, text) -> refuse(Parameters.DETAILS + path, text));
    return query;
  }

  private static void refuse(String name, TextMatch text) {
    if (text.prefix()) {
      refusePrefix(name);
    }
  }

  private static void refusePrefix(String name) {
    throw new InvalidParameterException(
        name,
        name
            + " must be the whole value here, because an erasure can't be undone; write a * that is"
            + " meant at the end twice");
  }

  /** A period and nothing else. */
  public static Period period(Parameters given) {
    return given.only(TIMES).period();
  }

  /** What to verify. */
  public static VerifyQuery verify(Parameters given) {
    given.only(List.of("start_id", "end_id", "strict", "quick"));
    return new VerifyQuery(
        given.number("start_id", 1, Long.MAX_VALUE),
        given.number("end_id", 1, Long.MAX_VALUE),
        Boolean.TRUE.equals(given.flag("strict")),
        Boolean.TRUE.equals(given.flag("quick")));
  }

  /**
   * What to verify for somebody who sees a part of the log: all of it. Whether an entry with some
   * id is there would tell how many there are.
   */
  public static VerifyQuery verdict(Parameters given) {
    for (String name : List.of("start_id", "end_id")) {
      if (given.values().containsKey(name)) {
        throw new InvalidParameterException(
            name,
            name
                + " must be left out with a key that sees a part of the log: it has all of the log"
                + " verified, and gets to know whether that is valid");
      }
    }
    return verify(given.only(List.of("strict", "quick")));
  }

  /** A page of event types. */
  public static TypeQuery types(Parameters given) {
    given.only(List.of("limit", "after"));
    Long limit = given.number("limit", 1, TypeQuery.MAX_LIMIT);
    return new TypeQuery(
        given.eventType("after"), limit == null ? TypeQuery.DEFAULT_LIMIT : limit.intValue());
  }

  /** The sources of entries. */
  public static SourceQuery sources(Parameters given) {
    given.only(joined(List.of(List.of("source"), TIMES)));
    return new SourceQuery(given.text("source"), given.period());
  }

  /** A page of checkpoints. */
  public static CheckpointQuery checkpoints(Parameters given) {
    given.only(joined(List.of(TIMES, List.of("limit", "before_size"))));
    Long limit = given.number("limit", 1, CheckpointQuery.MAX_LIMIT);
    return new CheckpointQuery(
        given.period(),
        given.number("before_size", 0, Long.MAX_VALUE),
        limit == null ? CheckpointQuery.DEFAULT_LIMIT : limit.intValue());
  }

  private static List<String> joined(List<List<String>> lists) {
    return lists.stream().flatMap(List::stream).toList();
  }

  private static AuditQuery.Builder filters(Parameters given, String defaultOrder) {
    String order = given.word("order", List.of("desc", "asc"));
    AuditQuery.Builder query =
        AuditQuery.builder()
            .eventTypes(given.eventTypes("event_type"))
            .severityMin(given.word("severity_min", EntryField.SEVERITY.words()))
            .actorIp(given.addresses("actor_ip"))
            .security(given.flag("security"))
            .recorded(given.period().span())
            .occurred(given.period("occurred_since", "occurred_until").span())
            .beforeId(given.number("before_id", 1, Long.MAX_VALUE))
            .afterId(given.number("after_id", 0, Long.MAX_VALUE))
            .ascending((order == null ? defaultOrder : order).equals("asc"));
    for (EntryField field : AuditQuery.TEXTS) {
      String name = field.toString();
      if (field.words().isEmpty()) {
        query.match(field, given.match(name));
      } else {
        query.text(field, given.word(name, field.words()));
      }
    }
    given.details().forEach(query::detail);
    return query.words(given.words("q"));
  }

  private static AuditQuery.Builder page(Parameters given, AuditQuery.Builder query) {
    Long limit = given.number("limit", 1, MAX_LIMIT);
    Long offset = given.number("offset", 0, Long.MAX_VALUE);
    return query
        .limit(limit == null ? DEFAULT_LIMIT : limit.intValue())
        .offset(offset == null ? 0 : offset);
  }
}
