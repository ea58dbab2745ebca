package io.tallystick.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/**
 * Judges checkpoints and tiles: computes every root again from the entries, the slow way, and
 * checks signatures with the JDK. Shares no code with what it judges.
 */
public final class TreeChecker {
  private static final byte[] X509_ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

  private TreeChecker() {}

  /** What is wrong with the tree over these entries; also how far it is sealed. */
  public record Findings(List<String> findings, long sealed) {}

  public static Findings check(Path data, List<byte[]> entries) throws Exception {
    List<String> findings = new ArrayList<>();
    List<byte[]> leaves = entries.stream().map(e -> hash(0, e)).toList();
    JsonNode identity = new ObjectMapper().readTree(data.resolve("log.json").toFile());
    long sealed = 0;
    for (Path file : notes(data)) {
      String note = Files.readString(file);
      String text = note.substring(0, note.lastIndexOf("\n\n") + 1);
      String[] lines = text.split("\n", -1);
      int size = Integer.parseInt(lines[1]);
      sealed = Math.max(sealed, size);
      if (!signed(note, text, lines[0], identity)) {
        findings.add(file.getFileName() + " is not signed by a key of log.json");
      }
      if (size > leaves.size()) {
        findings.add(file.getFileName() + " covers " + size + " of " + leaves.size());
      } else if (!Base64.getEncoder()
          .encodeToString(root(leaves.subList(0, size)))
          .equals(lines[2])) {
        findings.add(file.getFileName() + " has another root");
      }
    }
    tiles(data, leaves, sealed, findings);
    return new Findings(findings, sealed);
  }

  private static List<Path> notes(Path data) throws IOException {
    List<Path> notes = new ArrayList<>();
    if (Files.exists(data.resolve("checkpoint"))) {
      notes.add(data.resolve("checkpoint"));
    }
    if (Files.exists(data.resolve("checkpoints"))) {
      try (var kept = Files.newDirectoryStream(data.resolve("checkpoints"), "*.note")) {
        kept.forEach(notes::add);
      }
    }
    return notes;
  }

  private static boolean signed(String note, String text, String origin, JsonNode identity)
      throws GeneralSecurityException {
    for (JsonNode key : identity.get("verifier_keys")) {
      byte[] typed =
          Base64.getDecoder().decode(key.asText().substring(origin.length() + 1 + 8 + 1));
      if (typed[0] != 1) {
        continue;
      }
      byte[] id =
          MessageDigest.getInstance("SHA-256")
              .digest(join((origin + "\n").getBytes(StandardCharsets.UTF_8), typed));
      for (String line : note.substring(note.lastIndexOf("\n\n") + 2).split("\n", -1)) {
        if (line.isEmpty()) {
          continue;
        }
        byte[] signature = Base64.getDecoder().decode(line.substring(line.lastIndexOf(' ') + 1));
        if (Arrays.equals(signature, 0, 4, id, 0, 4) && line.startsWith("— " + origin + " ")) {
          PublicKey publicKey =
              KeyFactory.getInstance("Ed25519")
                  .generatePublic(
                      new X509EncodedKeySpec(
                          join(X509_ED25519, Arrays.copyOfRange(typed, 1, typed.length))));
          Signature verifier = Signature.getInstance("Ed25519");
          verifier.initVerify(publicKey);
          verifier.update(text.getBytes(StandardCharsets.UTF_8));
          if (verifier.verify(signature, 4, signature.length - 4)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  private static void tiles(Path data, List<byte[]> leaves, long sealed, List<String> findings)
      throws IOException {
    List<byte[]> row = leaves;
    long covered = 256;
    for (int level = 0; row.size() >= 256; level++, covered *= 256) {
      List<byte[]> above = new ArrayList<>();
      for (int n = 0; n < row.size() / 256; n++) {
        List<byte[]> tile = row.subList(n * 256, n * 256 + 256);
        if ((n + 1) * covered <= sealed) {
          String name = n < 1000 ? "%03d".formatted(n) : "x%03d/%03d".formatted(n / 1000, n % 1000);
          Path file = data.resolve("tiles/" + level + "/" + name);
          if (!Files.exists(file)) {
            findings.add("tile " + level + "/" + name + " is missing");
          } else if (!Arrays.equals(Files.readAllBytes(file), join(tile.toArray(byte[][]::new)))) {
            findings.add("tile " + level + "/" + name + " differs");
          }
        }
        above.add(root(tile));
      }
      row = above;
    }
  }

  private static byte[] root(List<byte[]> hashes) {
    if (hashes.size() <= 1) {
      return hashes.isEmpty() ? sha256() : hashes.getFirst();
    }
    int split = Integer.highestOneBit(hashes.size() - 1);
    return hash(1, root(hashes.subList(0, split)), root(hashes.subList(split, hashes.size())));
  }

  private static byte[] hash(int prefix, byte[]... parts) {
    return sha256(new byte[] {(byte) prefix}, join(parts));
  }

  private static byte[] sha256(byte[]... parts) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(join(parts));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] join(byte[]... parts) {
    ByteBuffer all = ByteBuffer.allocate(Arrays.stream(parts).mapToInt(p -> p.length).sum());
    Arrays.stream(parts).forEach(all::put);
    return all.array();
  }
}
