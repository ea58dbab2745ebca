package io.tallystick.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tallystick.entry.Event;
import io.tallystick.store.AuditLog;
import io.tallystick.store.log.LogConfig;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {
  private static final List<String> ADDRESSES =
      List.of(
          "9.255.255.255",
          "10.0.0.0",
          "10.0.0.1",
          "::ffff:10.0.0.1",
          "10.255.255.255",
          "11.0.0.0",
          "::1",
          "::a00:1",
          "2001:db7:ffff::1",
          "2001:db8::",
          "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
          "2001:db9::");

  @TempDir Path data;

  /** Ranges, and which of the addresses are in them. */
  private static final Map<String, String> RANGES =
      Map.ofEntries(
          Map.entry("10.0.0.0/8", "2 3 4 5"),
          Map.entry("10.77.1.9/8", "2 3 4 5"),
          Map.entry("10.0.0.1", "3 4"),
          Map.entry("::ffff:10.0.0.1", "3 4"),
          Map.entry("::FFFF:a00:1", "3 4"),
          Map.entry("10.0.0.1/32", "3 4"),
          Map.entry("10.0.0.0/31", "2 3 4"),
          Map.entry("0.0.0.0/0", "1 2 3 4 5 6"),
          Map.entry("::ffff:0:0/96", "1 2 3 4 5 6"),
          Map.entry("::ffff:10.0.0.0/104", "2 3 4 5"),
          Map.entry("2001:db8::/32", "10 11"),
          Map.entry("2001:0db8:0000::1/31", "10 11 12"),
          Map.entry("2001:db8::", "10"),
          Map.entry("::/0", "1 2 3 4 5 6 7 8 9 10 11 12"),
          Map.entry("::/96", "7 8"),
          Map.entry("192.0.2.0/24", ""));

  @Test
  void aRangeFindsTheAddressesInIt() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      long before = log.lastId();
      for (String address : ADDRESSES) {
        log.append(Event.builder("auth.logout").actorIp(address).build()).get();
      }
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        for (Map.Entry<String, String> range : RANGES.entrySet()) {
          AddressRange addresses = AddressRange.parse(range.getKey());
          AuditQuery question = AuditQuery.builder().actorIp(addresses).ascending(true).build();
          List<String> found = new ArrayList<>();
          index.search(question).ids().forEach(id -> found.add(Long.toString(id - before)));
          assertThat(String.join(" ", found)).as("%s", range).isEqualTo(range.getValue());
          assertThat(index.count(question)).as("%s", range).isEqualTo(found.size());
        }
      }
    }
  }

  @Test
  void anAddressAndItsMappedFormAreCountedAsOne() throws Exception {
    try (AuditLog log = AuditLog.open(data, LogConfig.defaults())) {
      for (String address : List.of("10.0.0.1", "::ffff:10.0.0.1", "2001:db8::5", "10.0.0.1")) {
        log.append(Event.builder("auth.login.failed").actorIp(address).build()).get();
      }
      try (AuditIndex index = AuditIndex.open(log.reader(), log.reader().directory().index())) {
        AuditQuery all = AuditQuery.builder().since(Instant.EPOCH).build();
        assertThat(index.topActors(all, 5).addresses())
            .containsExactly(
                new TopActors.Address("10.0.0.1", 3), new TopActors.Address("2001:db8::5", 1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/8",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/08",
        "10.0.0.0/8/8",
        "10.0.0/8",
        "10/8",
        "example.com",
        "2001:db8::/129",
        "2001:db8::/٣",
        "fe80::1%eth0",
        "10.0.0.0/255.0.0.0",
        " 10.0.0.1",
        "10.0.0.0 /8"
      })
  void anythingElseIsRefused(String text) {
    assertThatThrownBy(() -> AddressRange.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be");
  }

  @Test
  void addressesKeepTheirTextThroughTheIndex() {
    for (String address : ADDRESSES) {
      String text = AddressRange.text(new BytesRef(AddressRange.bytes(address)));
      assertThat(text).isEqualTo(address.replace("::ffff:10.", "10."));
    }
  }
}
