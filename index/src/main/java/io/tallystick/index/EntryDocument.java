package io.tallystick.index;

import io.tallystick.entry.Entry;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.entry.UnknownType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.AutomatonQuery;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSortSortedNumericDocValuesRangeQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermRangeQuery;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.automaton.Automaton;
import org.apache.lucene.util.automaton.Operations;
import org.jspecify.annotations.Nullable;

/** How an entry is indexed, and how queries are built. Only the id is stored. */
final class EntryDocument {
  static final String ID = "id";

  /** Nanoseconds since 1970; see {@link #nanos}. */
  static final String TIME = "time";

  static final String EVENT_TYPE = "event_type";

  /** What stands before the first dot of the event type. */
  static final String CATEGORY = "category";

  /** Of an entry that {@link UnknownType} keeps another type in, that one. Never counted. */
  static final String ORIGINAL_TYPE = "original_type";

  /** Source and event type together, of types that are not known; see {@link #typesOf}. */
  static final String SOURCE_TYPE = "source_type";

  static final String SECURITY = "security";

  /** The fields whose values are counted. */
  static final List<String> COUNTED = List.of(EVENT_TYPE, CATEGORY, SECURITY);

  /** Id and name of the actor together, see {@link #actor}. */
  static final String ACTOR = "actor";

  /** The 16 bytes of {@link AddressRange#bytes}, so that a range of addresses is one of terms. */
  static final String ACTOR_IP = "actor_ip";

  private static final String ACTOR_ID = "actor_id";
  private static final String ACTOR_USERNAME = "actor_username";
  private static final String TARGET_TYPE = "target_type";
  private static final String TARGET_ID = "target_id";
  private static final String REQUEST_ID = "request_id";
  private static final String SOURCE = "source";
  static final String YES = "1";
  private static final Instant EARLIEST = Instant.ofEpochSecond(0, Long.MIN_VALUE);
  private static final Instant LATEST = Instant.ofEpochSecond(0, Long.MAX_VALUE);

  private EntryDocument() {}

  static Document of(Entry entry) {
    Event event = entry.event();
    Document document = of(entry.id(), entry.timestamp());
    String type = event.eventType();
    String original = UnknownType.original(event).eventType();
    add(document, EVENT_TYPE, type);
    add(document, CATEGORY, EventType.of(type).category());
    add(document, ORIGINAL_TYPE, original.equals(type) ? null : original);
    String source = entry.source();
    if (source != null && !EventType.isKnown(type)) {
      add(document, SOURCE_TYPE, typesOf(source) + type);
    }
    Long actorId = event.actorId();
    add(document, ACTOR_ID, actorId == null ? null : Long.toString(actorId));
    add(document, ACTOR_USERNAME, event.actorUsername());
    if (actorId != null || event.actorUsername() != null) {
      String actor = actor(actorId, event.actorUsername());
      document.add(new StringField(ACTOR, actor, Field.Store.NO));
      document.add(new SortedDocValuesField(ACTOR, new BytesRef(actor)));
    }
    String address = event.actorIp();
    if (address != null) {
      BytesRef bytes = new BytesRef(AddressRange.bytes(address));
      document.add(new StringField(ACTOR_IP, bytes, Field.Store.NO));
      document.add(new SortedDocValuesField(ACTOR_IP, bytes));
    }
    add(document, TARGET_TYPE, event.targetType());
    add(document, TARGET_ID, event.targetId());
    add(document, REQUEST_ID, event.requestId());
    add(document, SOURCE, source == null ? Entry.LOG : source);
    if (EventType.isSecurity(original)) {
      add(document, SECURITY, YES);
    }
    return document;
  }

  /** What the index knows of an entry that can't be read. */
  static Document of(long id, Instant timestamp) {
    Document document = new Document();
    document.add(new LongPoint(ID, id));
    document.add(new NumericDocValuesField(ID, id));
    document.add(new LongPoint(TIME, nanos(timestamp)));
    return document;
  }

  private static void add(Document document, String field, @Nullable String value) {
    if (value != null) {
      document.add(new StringField(field, value, Field.Store.NO));
    }
  }

  /** What the terms of a source's types begin with: the source and NUL, which is in no source. */
  static String typesOf(String source) {
    return source + "\0";
  }

  /** The term of an actor: id, NUL, name. NUL is in no name. */
  private static String actor(@Nullable Long id, @Nullable String name) {
    return (id == null ? "" : id) + "\0" + (name == null ? "" : name);
  }

  /** The actor of a term that {@link #of} made. */
  static LogStatistics.Actor actor(BytesRef bytes, long count) {
    String term = bytes.utf8ToString();
    int nul = term.indexOf('\0');
    String name = term.substring(nul + 1);
    return new LogStatistics.Actor(
        nul == 0 ? null : Long.valueOf(term.substring(0, nul)),
        name.isEmpty() ? null : name,
        count);
  }

  /** The filters of a question, without its range of ids. */
  static Query filters(AuditQuery question) {
    BooleanQuery.Builder all = new BooleanQuery.Builder();
    if (!question.eventTypes().isEmpty()) {
      all.add(types(question.eventTypes()), Occur.FILTER);
    }
    List<Query> terms = new ArrayList<>();
    Long actorId = question.actorId();
    addTerm(terms, ACTOR_ID, actorId == null ? null : Long.toString(actorId));
    addTerm(terms, ACTOR_USERNAME, question.actorUsername());
    AddressRange addresses = question.actorIp();
    if (addresses != null) {
      terms.add(addresses(addresses));
    }
    addTerm(terms, TARGET_TYPE, question.targetType());
    addTerm(terms, TARGET_ID, question.targetId());
    addTerm(terms, REQUEST_ID, question.requestId());
    addTerm(terms, SOURCE, question.source());
    terms.forEach(query -> all.add(query, Occur.FILTER));
    Boolean security = question.security();
    if (security != null) {
      all.add(term(SECURITY, YES), security ? Occur.FILTER : Occur.MUST_NOT);
    }
    Long userId = question.userId();
    if (userId != null) {
      String user = Long.toString(userId);
      Query target =
          new BooleanQuery.Builder()
              .add(term(TARGET_TYPE, "user"), Occur.FILTER)
              .add(term(TARGET_ID, user), Occur.FILTER)
              .build();
      all.add(
          new BooleanQuery.Builder()
              .add(term(ACTOR_ID, user), Occur.SHOULD)
              .add(target, Occur.SHOULD)
              .build(),
          Occur.FILTER);
    }
    all.add(MatchAllDocsQuery.INSTANCE, Occur.FILTER);
    return all.build();
  }

  /**
   * Entries of any of these types, as they were sent or as they are stored; there may be more than
   * a query may have clauses.
   */
  private static Query types(List<String> types) {
    List<BytesRef> values = new ArrayList<>();
    List<Automaton> beginnings = new ArrayList<>();
    for (String type : types) {
      if (type.endsWith(".*")) {
        BytesRef beginning = new BytesRef(type.substring(0, type.length() - 1));
        beginnings.add(PrefixQuery.toAutomaton(beginning));
      } else {
        values.add(new BytesRef(type));
      }
    }
    BooleanQuery.Builder any = new BooleanQuery.Builder();
    for (String field : List.of(EVENT_TYPE, ORIGINAL_TYPE)) {
      if (types.size() == 1 && beginnings.isEmpty()) {
        any.add(term(field, types.getFirst()), Occur.SHOULD);
      } else if (!values.isEmpty()) {
        any.add(new TermInSetQuery(field, values), Occur.SHOULD);
      }
      if (!beginnings.isEmpty()) {
        Automaton all = Operations.determinize(Operations.union(beginnings), Integer.MAX_VALUE);
        any.add(new AutomatonQuery(new Term(field), all, true), Occur.SHOULD);
      }
    }
    return any.build();
  }

  private static Query addresses(AddressRange range) {
    return range.isOne()
        ? new TermQuery(new Term(ACTOR_IP, range.low()))
        : new TermRangeQuery(ACTOR_IP, range.low(), range.high(), true, true);
  }

  /** Entries by this source, {@code null} for any, with any of these request ids. */
  static Query requests(@Nullable String source, Collection<String> requestIds) {
    List<BytesRef> terms = requestIds.stream().map(BytesRef::new).toList();
    BooleanQuery.Builder all =
        new BooleanQuery.Builder().add(new TermInSetQuery(REQUEST_ID, terms), Occur.FILTER);
    if (source != null) {
      all.add(term(SOURCE, source), Occur.FILTER);
    }
    return all.build();
  }

  /**
   * A time as the index has it; what is too early or too late for that is the earliest or latest.
   */
  static long nanos(Instant time) {
    if (time.isBefore(EARLIEST)) {
      return Long.MIN_VALUE;
    }
    return time.isAfter(LATEST)
        ? Long.MAX_VALUE
        : time.getEpochSecond() * 1_000_000_000L + time.getNano();
  }

  /**
   * The filters and the range of ids, both ends included. A segment that is sorted by id, as all
   * are, answers the range with its first and last document.
   */
  static Query filtersWithin(Query filters, long fromId, long toId) {
    return new BooleanQuery.Builder()
        .add(filters, Occur.FILTER)
        .add(
            new IndexSortSortedNumericDocValuesRangeQuery(
                ID, fromId, toId, LongPoint.newRangeQuery(ID, fromId, toId)),
            Occur.FILTER)
        .build();
  }

  static Query term(String field, String value) {
    return new TermQuery(new Term(field, value));
  }

  private static void addTerm(List<Query> terms, String field, @Nullable String value) {
    if (value != null) {
      terms.add(term(field, value));
    }
  }
}
