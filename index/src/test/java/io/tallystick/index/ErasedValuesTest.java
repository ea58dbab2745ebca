package io.tallystick.index;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.tallystick.entry.Details;
import io.tallystick.entry.EntryField;
import io.tallystick.entry.Event;
import io.tallystick.entry.PersonalField;
import io.tallystick.index.scope.Scope;
import io.tallystick.index.text.TextMatch;
import io.tallystick.store.AuditLog;
import io.tallystick.store.Erased;
import io.tallystick.store.log.Erasure;
import io.tallystick.store.log.LogConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValuesType;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SortedDocValues;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What is erased from the log is nowhere in the index, and what is left is counted as before. */
@Timeout(120)
class ErasedValuesTest {
  private static final int EVENTS = 2_500;
  private static final long SHARD_IDS = 1_000;
  private static final String NAME = "zwetschge";
  private static final String MAIL = "zwetschge@example.org";
  private static final String ADDRESS = "203.0.113.77";
  private static final List<PersonalField> PERSONAL =
      PersonalField.of(List.of("actor_username", "actor_ip", "user_agent", "details.email"));

  @TempDir Path data;
  @TempDir Path copies;

  private AuditLog log;

  /** The id of the entry before the first of the events. */
  private long before;

  @BeforeEach
  void open() throws Exception {
    log = AuditLog.open(data, LogConfig.defaults());
    before = log.lastId();
    List<Event> events = new ArrayList<>();
    for (int i = 1; i <= EVENTS; i++) {
      events.add(isHers(i) ? hers(i) : others(i));
    }
    for (int from = 0; from < EVENTS; from += 500) {
      log.append(events.subList(from, from + 500), "app").get();
    }
  }

  @AfterEach
  void close() throws IOException {
    log.close();
  }

  private static boolean isHers(int id) {
    return id % 97 == 0;
  }

  private static Event hers(int i) {
    return Event.builder("auth.login.failed")
        .actorId(7)
        .actorUsername(NAME)
        .actorIp(ADDRESS)
        .userAgent("Browser of " + NAME)
        .details(Details.parse("{\"email\":\"" + MAIL + "\",\"n\":" + i + "}"))
        .personal(PERSONAL)
        .build();
  }

  private static Event others(int i) {
    return Event.builder(i % 3 == 0 ? "auth.login.failed" : "auth.logout")
        .actorUsername("user" + i % 5)
        .actorIp("198.51.100." + i % 9)
        .details(Details.parse("{\"email\":\"user" + i % 5 + "@example.org\"}"))
        .personal(PERSONAL)
        .build();
  }

  private AuditIndex index(Path directory) throws IOException {
    return AuditIndex.open(log.reader(), directory, SHARD_IDS, Shard::directory);
  }

  private Path directory() {
    return log.reader().directory().index();
  }

  private long erase() throws Exception {
    List<Erasure.Ids> ids = new ArrayList<>();
    for (int i = 1; i <= EVENTS; i++) {
      if (isHers(i)) {
        ids.add(new Erasure.Ids(before + i, before + i));
      }
    }
    Erased erased = log.erase(Erasure.events(ids, List.of(), "asked for it", "admin", false));
    assertThat(erased.values()).isEqualTo(4L * ids.size());
    return erased.entries().getLast();
  }

  private static List<AuditQuery> hers() {
    return List.of(
        AuditQuery.builder().text(EntryField.ACTOR_USERNAME, NAME).build(),
        AuditQuery.builder().actorIp(AddressRange.parse(ADDRESS)).build(),
        AuditQuery.builder().words(NAME).build(),
        AuditQuery.builder().detail("email", TextMatch.exactly(MAIL)).build());
  }

  private static void assertCounts(AuditIndex index, boolean erased) throws Exception {
    int hers = EVENTS / 97;
    for (AuditQuery query : hers()) {
      assertThat(index.count(query)).as("%s", query).isEqualTo(erased ? 0 : hers);
      assertThat(index.search(query).total()).isEqualTo(erased ? 0 : hers);
    }
    AuditQuery known = AuditQuery.builder().text(EntryField.ACTOR_ID, "7").build();
    List<Long> found = new ArrayList<>();
    index.forEachMatch(known, found::add);
    assertThat(found).hasSize(hers).isSortedAccordingTo((a, b) -> Long.compare(b, a));
    LogStatistics counts = index.statistics(Scope.ALL, AuditQuery.Span.ALWAYS, Instant.now());
    int failed = 0;
    for (int i = 1; i <= EVENTS; i++) {
      failed += isHers(i) || i % 3 == 0 ? 1 : 0;
    }
    assertThat(counts.byType().of("auth.login.failed")).isEqualTo(failed);
    assertThat(counts.totalEntries()).isGreaterThanOrEqualTo(EVENTS);
    assertThat(counts.topActors().stream().anyMatch(actor -> NAME.equals(actor.actorUsername())))
        .isEqualTo(!erased);
    assertThat(index.topActors(AuditQuery.builder().build(), 100).addresses())
        .extracting(TopActors.Address::actorIp)
        .satisfies(all -> assertThat(all.contains(ADDRESS)).isEqualTo(!erased));
    assertThat(index.count(AuditQuery.builder().text(EntryField.ACTOR_USERNAME, "user3").build()))
        .isPositive();
  }

  /** Everything that Lucene keeps of all documents, deleted ones included. */
  private static Set<String> kept(Path index) throws IOException {
    Set<String> kept = new TreeSet<>();
    try (Stream<Path> shards = Files.list(index)) {
      for (Path shard : shards.filter(Files::isDirectory).toList()) {
        try (DirectoryReader reader = DirectoryReader.open(FSDirectory.open(shard))) {
          assertThat(reader.hasDeletions()).isFalse();
          for (LeafReaderContext leaf : reader.leaves()) {
            add(kept, leaf.reader());
          }
        }
      }
    }
    return kept;
  }

  private static void add(Set<String> kept, LeafReader reader) throws IOException {
    for (FieldInfo field : reader.getFieldInfos()) {
      Terms indexed = reader.terms(field.name);
      if (indexed != null) {
        TermsEnum terms = indexed.iterator();
        for (BytesRef term = terms.next(); term != null; term = terms.next()) {
          kept.add(field.name + "=" + text(field.name, term));
        }
      }
      if (field.getDocValuesType() == DocValuesType.SORTED) {
        SortedDocValues values = reader.getSortedDocValues(field.name);
        for (int i = 0; i < values.getValueCount(); i++) {
          kept.add(field.name + "=" + text(field.name, values.lookupOrd(i)));
        }
      }
    }
    for (int i = 0; i < reader.maxDoc(); i++) {
      assertThat(reader.storedFields().document(i).getFields()).isEmpty();
    }
  }

  private static String text(String field, BytesRef bytes) {
    return field.equals(EntryDocument.ACTOR_IP) ? AddressRange.text(bytes) : bytes.utf8ToString();
  }

  private static void assertKept(Path index, boolean expected) throws IOException {
    Set<String> kept = kept(index);
    assertThat(kept.stream().filter(one -> one.contains(NAME) || one.contains(ADDRESS)).toList())
        .satisfies(found -> assertThat(found.isEmpty()).as("%s", found).isEqualTo(!expected));
    assertThat(kept).contains("actor_username=user3", "actor_ip=198.51.100.3");
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.walk(index)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        if (new String(Files.readAllBytes(file), UTF_8).contains(NAME)) {
          files.add(file);
        }
      }
    }
    assertThat(files.isEmpty()).as("%s", files).isEqualTo(!expected);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : all.toList()) {
        Path target = to.resolve(from.relativize(path).toString());
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target);
        }
      }
    }
  }

  /** A crash came after the entry about the erasure was indexed, and before the index followed. */
  @Test
  void areNotFoundAfterAStartThatAddsNothing() throws Exception {
    try (AuditIndex index = AuditIndex.open(log.reader(), directory())) {
      index.awaitIndexed(log.lastId());
      assertCounts(index, false);
      index.awaitIndexed(erase());
    }
    assertKept(directory(), true);
    try (AuditIndex index = AuditIndex.open(log.reader(), directory())) {
      assertThat(index.indexedThrough()).isEqualTo(log.lastId());
      assertCounts(index, true);
      assertKept(directory(), false);
    }
  }

  @Test
  void leaveNothingInTheIndex() throws Exception {
    try (AuditIndex index = index(directory())) {
      index.awaitIndexed(log.lastId());
      assertCounts(index, false);
    }
    assertKept(directory(), true);
    try (AuditIndex index = index(directory())) {
      index.awaitIndexed(log.lastId());
      index.erase(erase());
      assertCounts(index, true);
      assertKept(directory(), false);
      log.append(List.of(hers(1)), "app").get();
      index.awaitIndexed(log.lastId());
      assertThat(index.count(hers().getFirst())).isEqualTo(1);
    }
  }

  @Test
  void areTakenOutAfterACrashBetweenLogAndIndex() throws Exception {
    Path old = copies.resolve("old");
    try (AuditIndex index = index(directory())) {
      index.awaitIndexed(log.lastId());
    }
    copy(directory(), old);
    long erasure = erase();
    try (AuditIndex beside = AuditIndex.openBeside(log.reader(), old)) {
      assertCounts(beside, true);
    }
    assertKept(old, true);
    try (AuditIndex index = index(old)) {
      assertCounts(index, true);
      assertKept(old, false);
      index.erase(erasure);
    }
    try (AuditIndex beside = AuditIndex.openBeside(log.reader(), old)) {
      assertCounts(beside, true);
      assertThat(beside.inMemory()).isZero();
    }
  }

  @Test
  void areSeenByReadersThatAreOpenBeside() throws Exception {
    try (AuditIndex index = index(directory());
        AuditIndex beside = AuditIndex.openBeside(log.reader(), directory())) {
      index.awaitIndexed(log.lastId());
      assertCounts(beside, false);
      index.erase(erase());
      assertCounts(beside, true);
    }
  }
}
