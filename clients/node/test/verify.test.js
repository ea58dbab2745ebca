"use strict";
const assert = require("node:assert/strict");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { test } = require("node:test");
const { VECTORS } = require("./support");
const { VerificationFailed, leafHash, verifyCheckpoint, verifyEntry, verifyInclusion } = require("..");

const text = (name) => fs.readFileSync(path.join(VECTORS, name), "utf8");
const sha = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();
const node = (left, right) => sha(Buffer.from([1]), left, right);
const decode = (base64) => Buffer.from(base64, "base64");
const flipped = (bytes, i) => {
  const copy = Buffer.from(bytes);
  copy[i] ^= 1;
  return copy;
};

const log = JSON.parse(text("log.json"));
const key = log.verifier_key;
const entries = log.entries.map((entry) => Buffer.from(entry.text));
const h = entries.map(leafHash);
const note = log.checkpoints[5].note;
const hashes = [h[3], node(h[0], h[1]), h[4]]; // of entry 3 of 5
const proof = (list = hashes, checkpoint = note, index = 2) =>
  ["c2sp.org/tlog-proof@v1", `index ${index}`, ...list.map((one) => one.toString("base64"))].join("\n") +
  "\n\n" +
  checkpoint;
const refused = (message, { id = 3, entry = entries[2], evidence = proof(), known = key } = {}) =>
  assert.throws(
    () => verifyEntry(id, entry, evidence, known),
    (error) => error instanceof VerificationFailed && message.test(error.message),
  );

test("published vectors", () => {
  // Numbers of 2^53 and more, which JSON.parse would round.
  const vectors = JSON.parse(text("inclusion.json").replace(/"(index|size)": (\d+)/g, '"$1": "$2"'));
  let good = 0;
  for (const vector of vectors) {
    const run = () =>
      verifyInclusion(
        BigInt(vector.index),
        BigInt(vector.size),
        decode(vector.leaf),
        vector.proof.map(decode),
        decode(vector.root),
      );
    if (vector.valid) {
      run();
      good++;
    } else {
      assert.throws(run, VerificationFailed, vector.name);
    }
  }
  assert.equal(good, 5);
});

test("the hashes and checkpoints of the log, and an entry by its bytes or its hash", () => {
  log.entries.forEach((entry, i) => assert.equal(h[i].toString("hex"), entry.hash));
  for (const { note: one, size, root } of log.checkpoints) {
    const checkpoint = verifyCheckpoint(one, key);
    assert.deepEqual([checkpoint.size, checkpoint.root.toString("hex")], [size, root]);
  }
  assert.equal(verifyEntry(3, entries[2], proof(), key).size, 5);
  assert.equal(verifyEntry(3, log.entries[2].hash, proof().replace("\nindex", "\nextra AAAA\nindex"), key).size, 5);
  const stranger = `— other.example ${Buffer.alloc(68, 1).toString("base64")}\n`;
  assert.equal(verifyCheckpoint(note + stranger, key).size, 5);
});

test("another entry or id is refused", () => {
  refused(/does not lead/, { entry: flipped(entries[2], 5) });
  refused(/does not lead/, { entry: entries[1] });
  refused(/32 bytes/, { entry: "00" });
  refused(/is for entry 3, not for entry 2/, { id: 2 });
});

test("a flipped bit in any byte of the proof is refused, and so is another length or place", () => {
  hashes.forEach((hash, i) => {
    for (let byte = 0; byte < 32; byte++) {
      refused(/does not lead/, { evidence: proof(hashes.map((one, j) => (i === j ? flipped(hash, byte) : one))) });
    }
  });
  for (const list of [hashes.slice(0, -1), [...hashes, hashes[0]], []]) {
    refused(/proof/, { evidence: proof(list) });
  }
  for (const index of [0, 1, 3, 4, 5, "+2", "x", "02", "18446744073709551615"]) {
    refused(/./, { evidence: proof(hashes, note, index) });
  }
});

test("a flipped bit in root, size, origin or signature is refused", () => {
  const lines = note.split("\n");
  const encoded = lines[4].split(" ")[2];
  for (let byte = 0; byte < 32; byte++) {
    const changed = note.replace(lines[2], flipped(decode(lines[2]), byte).toString("base64"));
    refused(/signature/, { evidence: proof(hashes, changed) });
  }
  for (let byte = 4; byte < 68; byte++) {
    const changed = note.replace(encoded, flipped(decode(encoded), byte).toString("base64"));
    refused(/signature/, { evidence: proof(hashes, changed) });
  }
  refused(/signature/, { evidence: proof(hashes, note.replace("\n5\n", "\n6\n")) });
  refused(/none of the keys/, { evidence: proof(hashes, note.replace("example/v", "example/w")) });
  refused(/malformed/, { evidence: proof(hashes, note.replace("\n— ", "\n- ")) });
  refused(/tlog-proof/, { evidence: note });
});

test("another key is refused, and a malformed one is the caller's error", () => {
  const [name, , encoded] = key.split(/\+([0-9a-f]{8})\+/);
  const make = (who, bytes) =>
    `${who}+${sha(who, "\n", bytes).subarray(0, 4).toString("hex")}+${bytes.toString("base64")}`;
  const other = make(name, flipped(decode(encoded), 32));
  refused(/none of the keys/, { known: other });
  refused(/none of the keys/, { known: make("other.example", decode(encoded)) });
  refused(/none of the keys/, { known: [] });
  assert.equal(verifyCheckpoint(note, [other, key]).size, 5);
  for (const wrong of ["", "name", "name+00000000+AAAA", key.slice(0, -4), key.replace("+14b27ac5+", "+14b27ac6+")]) {
    assert.throws(() => verifyCheckpoint(note, wrong), TypeError);
  }
});
