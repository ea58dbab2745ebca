package io.tallystick.index;

import io.tallystick.entry.ActorId;
import io.tallystick.entry.Details;
import io.tallystick.entry.Entry;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.EventType;
import io.tallystick.entry.ReadableEntry;
import io.tallystick.entry.UnknownType;
import io.tallystick.index.scope.Scope;
import io.tallystick.index.text.DetailValues;
import io.tallystick.index.text.Folded;
import io.tallystick.index.text.IndexedDetails;
import io.tallystick.index.text.TextMatch;
import io.tallystick.index.text.Words;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.lucene.document.BinaryPoint;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.SortedDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.AutomatonQuery;
import org.apache.lucene.search.BooleanClause.Occur;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSortSortedNumericDocValuesRangeQuery;
import org.apache.lucene.search.MatchAllDocsQuery;
import org.apache.lucene.search.MatchNoDocsQuery;
import org.apache.lucene.search.PrefixQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.TermInSetQuery;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TermRangeQuery;
import org.apache.lucene.util.BytesRef;
import org.apache.lucene.util.NumericUtils;
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

  /** The tenant to the byte, for scopes; filters know it folded. */
  private static final String EXACT_TENANT = "exact_tenant";

  /** The fields whose values are counted. */
  static final List<String> COUNTED = List.of(EVENT_TYPE, CATEGORY, SECURITY);

  /** Id and name of the actor together, see {@link #actor}. */
  static final String ACTOR = "actor";

  /** The 16 bytes of {@link AddressRange#bytes}, so that a range of addresses is one of terms. */
  static final String ACTOR_IP = "actor_ip";

  /** Seconds since 1970 and nanoseconds of {@code occurred_at}, so that every year has a place. */
  private static final String OCCURRED = "occurred";

  /** Stands in the entries that have an {@code occurred_at}. */
  private static final String HAS_OCCURRED = "has_occurred";

  /** The terms of {@link DetailValues}. */
  private static final String DETAILS = "details";

  /** The words of these fields and of the values in the details. */
  private static final String WORDS = "words";

  private static final List<EntryField> WITH_WORDS =
      List.of(
          EntryField.ACTION,
          EntryField.ACTOR_USERNAME,
          EntryField.ACTOR_HOST,
          EntryField.TARGET_ID,
          EntryField.TARGET_NAME,
          EntryField.USER_AGENT);

  static final String YES = "1";
  private static final String QUOTE = "\"";
  private static final Instant EARLIEST = Instant.ofEpochSecond(0, Long.MIN_VALUE);
  private static final Instant LATEST = Instant.ofEpochSecond(0, Long.MAX_VALUE);

  private EntryDocument() {}

  static Document of(ReadableEntry entry, IndexedDetails level) {
    Event event = entry.event();
    Document document = of(entry.id(), entry.entry().timestamp());
    String type = event.eventType();
    Event sent = UnknownType.original(event);
    String original = sent.eventType();
    add(document, EVENT_TYPE, type);
    add(document, CATEGORY, EventType.of(type).category());
    add(document, ORIGINAL_TYPE, original.equals(type) ? null : original);
    String source = entry.entry().source();
    if (source != null && !EventType.isKnown(type)) {
      add(document, SOURCE_TYPE, typesOf(source) + type);
    }
    for (EntryField field : AuditQuery.TEXTS) {
      add(document, field.toString(), text(entry, field));
    }
    add(document, EXACT_TENANT, entry.text(EntryField.TENANT));
    ActorId actorId = event.actorId();
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
    Instant occurred = event.occurredInstant();
    if (occurred != null) {
      document.add(new BinaryPoint(OCCURRED, sortable(occurred)));
      add(document, HAS_OCCURRED, YES);
    }
    if (EventType.isSecurity(original)) {
      add(document, SECURITY, YES);
    }
    addTexts(document, entry, sent.details(), level);
    return document;
  }

  /**
   * Adds the values in the details and the words. Names come first: an event with very many words
   * must not hide who did what.
   */
  private static void addTexts(
      Document document, ReadableEntry entry, @Nullable Details details, IndexedDetails level) {
    DetailValues values = new DetailValues();
    Words words = new Words();
    boolean hasWords = level == IndexedDetails.TEXT;
    for (EntryField field : WITH_WORDS) {
      String text = hasWords ? entry.text(field) : null;
      if (text != null) {
        words.add(text);
      }
    }
    if (details != null && level != IndexedDetails.NONE) {
      DetailValues.forEach(
          details.toString(),
          (path, value) -> {
            values.add(path, value);
            if (hasWords) {
              words.add(value);
            }
          });
    }
    values.terms().forEach(term -> add(document, DETAILS, term));
    words.all().forEach(word -> add(document, WORDS, word));
  }

  /** What the index knows of an entry that can't be read. */
  static Document of(long id, Instant timestamp) {
    Document document = new Document();
    document.add(NumericDocValuesField.indexedField(ID, id));
    document.add(NumericDocValuesField.indexedField(TIME, nanos(timestamp)));
    return document;
  }

  private static void add(Document document, String field, @Nullable String value) {
    if (value != null) {
      document.add(new StringField(field, value, Field.Store.NO));
    }
  }

  /** What a field of the entry is found by. */
  private static @Nullable String text(ReadableEntry entry, EntryField field) {
    String text = entry.text(field);
    if (text == null) {
      return field == EntryField.SOURCE ? Entry.LOG : null;
    }
    return AuditQuery.NAMES.contains(field) ? Folded.of(text) : text;
  }

  /** What the terms of a source's types begin with: the source and NUL, which is in no source. */
  static String typesOf(String source) {
    return source + "\0";
  }

  /**
   * The term of an actor: id, NUL, name. NUL is in no text. Before an id that is text stands a
   * quote, so that 7 and "7" are two actors.
   */
  private static String actor(@Nullable ActorId id, @Nullable String name) {
    String idTerm = id == null ? "" : id.isNumber() ? id.text() : QUOTE + id.text();
    return idTerm + "\0" + (name == null ? "" : name);
  }

  /** The actor of a term that {@link #of} made. */
  static LogStatistics.Actor actor(BytesRef bytes, long count) {
    String term = bytes.utf8ToString();
    int nul = term.indexOf('\0');
    String id = term.substring(0, nul);
    String name = term.substring(nul + 1);
    ActorId actorId =
        id.isEmpty()
            ? null
            : id.startsWith(QUOTE)
                ? ActorId.of(id.substring(QUOTE.length()))
                : new ActorId(id, true);
    return new LogStatistics.Actor(actorId, name.isEmpty() ? null : name, count);
  }

  /** The filters of a question, without its range of ids. */
  static Query filters(AuditQuery question) {
    BooleanQuery.Builder all = new BooleanQuery.Builder();
    if (!question.eventTypes().isEmpty()) {
      all.add(types(question.eventTypes()), Occur.FILTER);
    }
    List<Query> terms = new ArrayList<>();
    question.texts().forEach((field, text) -> terms.add(match(field, text)));
    question.details().forEach((path, value) -> terms.add(detail(path, value)));
    String words = question.words();
    if (words != null) {
      Words.wanted(words).forEach(word -> terms.add(match(WORDS, word)));
    }
    String severityMin = question.severityMin();
    if (severityMin != null) {
      terms.add(severities(severityMin));
    }
    AddressRange addresses = question.actorIp();
    if (addresses != null) {
      terms.add(addresses(addresses));
    }
    if (!question.occurred().isAlways()) {
      terms.add(occurred(question.occurred()));
    }
    terms.forEach(query -> all.add(query, Occur.FILTER));
    Boolean security = question.security();
    if (security != null) {
      all.add(term(SECURITY, YES), security ? Occur.FILTER : Occur.MUST_NOT);
    }
    String user = question.userId();
    if (user != null) {
      Query target =
          new BooleanQuery.Builder()
              .add(term(EntryField.TARGET_TYPE.toString(), "user"), Occur.FILTER)
              .add(match(EntryField.TARGET_ID, TextMatch.exactly(user)), Occur.FILTER)
              .build();
      all.add(
          new BooleanQuery.Builder()
              .add(term(EntryField.ACTOR_ID.toString(), user), Occur.SHOULD)
              .add(target, Occur.SHOULD)
              .build(),
          Occur.FILTER);
    }
    Query scope = scope(question.scope());
    if (scope != null) {
      all.add(scope, Occur.FILTER);
    }
    all.add(MatchAllDocsQuery.INSTANCE, Occur.FILTER);
    return all.build();
  }

  /** The entries of a scope; {@code null} for all. */
  static @Nullable Query scope(Scope scope) {
    if (scope.isAll()) {
      return null;
    }
    BooleanQuery.Builder all = new BooleanQuery.Builder();
    scope
        .only()
        .forEach((field, values) -> {
          String name = field == EntryField.TENANT ? EXACT_TENANT : field.toString();
          all.add(
              values.size() == 1
                  ? term(name, values.first())
                  : new TermInSetQuery(name, values.stream().map(BytesRef::new).toList()),
              Occur.FILTER);
        });
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

  private static Query match(EntryField field, TextMatch match) {
    return match(field.toString(), AuditQuery.NAMES.contains(field) ? match.folded() : match);
  }

  private static Query detail(String path, TextMatch value) {
    return match(DETAILS, DetailValues.term(path, value));
  }

  private static Query match(String field, TextMatch match) {
    Term term = new Term(field, match.text());
    return match.prefix() ? new PrefixQuery(term) : new TermQuery(term);
  }

  private static Query addresses(AddressRange range) {
    return range.isOne()
        ? new TermQuery(new Term(ACTOR_IP, range.low()))
        : new TermRangeQuery(ACTOR_IP, range.low(), range.high(), true, true);
  }

  private static Query severities(String least) {
    List<String> all = EntryField.SEVERITY.words();
    List<BytesRef> enough =
        all.subList(Math.max(0, all.indexOf(least)), all.size()).stream()
            .map(BytesRef::new)
            .toList();
    return new TermInSetQuery(EntryField.SEVERITY.toString(), enough);
  }

  /** An entry that does not say when it happened was recorded when it did. */
  private static Query occurred(AuditQuery.Span span) {
    Instant since = span.since() == null ? Instant.MIN : span.since();
    Instant until = span.until() == null ? Instant.MAX : span.until();
    if (!since.isBefore(until)) {
      return MatchNoDocsQuery.INSTANCE;
    }
    Instant last = until.minusNanos(1);
    Query said =
        BinaryPoint.newRangeQuery(
            OCCURRED, new byte[][] {sortable(since)}, new byte[][] {sortable(last)});
    Query recorded =
        new BooleanQuery.Builder()
            .add(
                NumericDocValuesField.newSlowRangeQuery(TIME, nanos(since), nanos(last)),
                Occur.FILTER)
            .add(term(HAS_OCCURRED, YES), Occur.MUST_NOT)
            .build();
    return new BooleanQuery.Builder().add(said, Occur.SHOULD).add(recorded, Occur.SHOULD).build();
  }

  /** Twelve bytes that sort as the times do. */
  private static byte[] sortable(Instant time) {
    byte[] bytes = new byte[Long.BYTES + Integer.BYTES];
    NumericUtils.longToSortableBytes(time.getEpochSecond(), bytes, 0);
    NumericUtils.intToSortableBytes(time.getNano(), bytes, Long.BYTES);
    return bytes;
  }

  /** Entries by this source, {@code null} for any, with any of these event ids. */
  static Query events(@Nullable String source, Collection<String> eventIds) {
    List<BytesRef> terms = eventIds.stream().map(BytesRef::new).toList();
    BooleanQuery.Builder all =
        new BooleanQuery.Builder()
            .add(new TermInSetQuery(EntryField.EVENT_ID.toString(), terms), Occur.FILTER);
    if (source != null) {
      all.add(term(EntryField.SOURCE.toString(), source), Occur.FILTER);
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
                ID, fromId, toId, NumericDocValuesField.newSlowRangeQuery(ID, fromId, toId)),
            Occur.FILTER)
        .build();
  }

  static Query term(String field, String value) {
    return new TermQuery(new Term(field, value));
  }
}
