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
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
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
    CRC32C crc = new CRC32C();
    crc.update(bytes, 4, bytes.length - 4);
    long first = block.getLong(8);
    if ((int) crc.getValue() != block.getInt(0)) {
      result.findings.add("block " + first + ": CRC32C");
    }
    int count = block.getInt(4);
    int at = 16 + 2 * count;
    for (int i = 0; i < count; i++) {
      int length = block.getShort(16 + 2 * i) & 0xFFFF;
      byte[] entry = new byte[length];
      block.get(at, entry);
      at += length;
      entry(first + i, entry);
    }
    if (at != bytes.length) {
      result.findings.add("block " + first + ": length");
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
