package io.tallystick.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * Judges fault tests: checks a log directory from the description of the format alone, and shares
 * no code with what it judges. It is slow and simple, and reads each file completely.
 */
public final class LogChecker {
  /**
   * What was found.
   *
   * @param ids of the entries, in the order in which they stand
   * @param entries their bytes
   * @param findings a sentence each
   * @param faultyIds the entries that findings name
   */
  public record Findings(
      List<Long> ids, List<byte[]> entries, List<String> findings, Set<Long> faultyIds) {
    public boolean clean() {
      return findings.isEmpty();
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Findings result =
      new Findings(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new TreeSet<>());
  private long expected = 1;
  private byte[] previous;
  private String lastTime = "";

  private LogChecker(String origin) {
    previous = sha256(("tallystick/genesis/v1\n" + origin + "\n").getBytes(StandardCharsets.UTF_8));
  }

  public static Findings check(Path directory) throws IOException {
    JsonNode identity = JSON.readTree(directory.resolve("log.json").toFile());
    LogChecker checker = new LogChecker(identity.get("origin").asText());
    List<Path> files;
    try (var listing = Files.list(directory.resolve("segments"))) {
      files = listing.filter(f -> f.toString().endsWith(".cq4")).sorted().toList();
    }
    for (Path file : files) {
      checker.segment(file);
    }
    return checker.result;
  }

  private void segment(Path path) throws IOException {
    try (var channel = java.nio.channels.FileChannel.open(path)) {
      ByteBuffer file =
          channel
              .map(java.nio.channels.FileChannel.MapMode.READ_ONLY, 0, channel.size())
              .order(ByteOrder.LITTLE_ENDIAN);
      int at = 0;
      while (at + 4 <= file.limit()) {
        int header = file.getInt(at);
        int length = header & 0x3FFFFFFF;
        if (header == 0 || header < 0) {
          return;
        }
        if (at + 4L + length > file.limit()) {
          result.findings.add(path.getFileName() + ": document at " + at + " passes the end");
          return;
        }
        if ((header & 0x40000000) == 0) {
          byte[] block = new byte[length];
          file.get(at + 4, block);
          block(block);
        }
        at += 4 + (length + 3) / 4 * 4;
      }
    }
  }

  private void block(byte[] bytes) {
    ByteBuffer block = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long first = block.getLong(8);
    int count = block.getInt(4) & 0x7FFFFFFF;
    int at = 16 + 2 * count;
    for (int i = 0; i < count; i++) {
      at += block.getShort(16 + 2 * i) & 0xFFFF;
    }
    Map<Integer, List<byte[]>> values = new TreeMap<>();
    int checked = bytes.length;
    if (block.getInt(4) < 0) {
      checked = at + 4 + 8 * block.getInt(at);
      annex(block, at, values);
    }
    CRC32C crc = new CRC32C();
    crc.update(bytes, 4, checked - 4);
    if ((int) crc.getValue() != block.getInt(0)) {
      result.findings.add("block " + first + ": CRC32C");
    }
    boolean hasAnnex = block.getInt(4) < 0;
    at = 16 + 2 * count;
    for (int i = 0; i < count; i++) {
      int length = block.getShort(16 + 2 * i) & 0xFFFF;
      byte[] entry = new byte[length];
      block.get(at, entry);
      at += length;
      entry(first + i, entry);
      personal(first + i, entry, values.getOrDefault(i, List.of()));
    }
    if (at != bytes.length && !hasAnnex) {
      result.findings.add("block " + first + ": length");
    }
  }

  /** Salt and value of each personal value, by the place of its entry in the block. */
  private static void annex(ByteBuffer block, int at, Map<Integer, List<byte[]>> values) {
    int count = block.getInt(at);
    int payload = at + 4 + 8 * count;
    for (int i = 0; i < count; i++) {
      int directory = at + 4 + 8 * i;
      byte[] value = new byte[16 + block.getInt(directory + 4)];
      block.get(payload, value);
      payload += value.length;
      int entry = block.getShort(directory) & 0xFFFF;
      values.computeIfAbsent(entry, e -> new ArrayList<>()).add(value);
    }
  }

  private void personal(long id, byte[] bytes, List<byte[]> values) {
    List<String> commitments = new ArrayList<>();
    try {
      JSON.readTree(bytes).path("personal").forEach(each -> commitments.add(each.asText()));
    } catch (IOException e) {
      return;
    }
    List<String> found = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      byte[] value = values.get(i);
      byte[] hashed = new byte[value.length + 1];
      hashed[0] = 2;
      System.arraycopy(value, 0, hashed, 1, value.length);
      boolean erased = Arrays.equals(value, new byte[value.length]) && i < commitments.size();
      found.add(
          erased
              ? commitments.get(i)
              : Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(hashed)));
    }
    if (!found.equals(commitments)) {
      fault(id, "personal");
    }
  }

  private void entry(long id, byte[] bytes) {
    if (id != expected) {
      fault(id, "where " + expected + " was due");
      expected = id;
    }
    try {
      JsonNode fields = JSON.readTree(bytes);
      if (!fields.path("id").asText().equals(Long.toString(id))) {
        fault(id, "says " + fields.path("id"));
      }
      if (!fields.path("previous_hash").asText().equals(HexFormat.of().formatHex(previous))) {
        fault(id, "previous_hash");
      }
      String time = fields.path("timestamp").asText();
      if (time.length() != 30 || time.compareTo(lastTime) <= 0) {
        fault(id, "timestamp " + time);
      }
      lastTime = time;
    } catch (IOException e) {
      fault(id, String.valueOf(e.getMessage()));
    }
    byte[] leaf = new byte[bytes.length + 1];
    System.arraycopy(bytes, 0, leaf, 1, bytes.length);
    previous = sha256(leaf);
    result.ids.add(id);
    result.entries.add(bytes);
    expected++;
  }

  private void fault(long id, String what) {
    result.findings.add("entry " + id + ": " + what);
    result.faultyIds.add(id);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
