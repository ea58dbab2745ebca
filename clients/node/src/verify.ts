// Checks that an entry is in the log: RFC 9162 inclusion proofs under a checkpoint that the log signed.
import { createHash, createPublicKey, verify } from "node:crypto";
import { VerificationFailed } from "./errors";

/** What the log has signed: its first `size` entries have this `root`. */
export interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

function hash(...parts: unknown[]): any {
  const sha = createHash("sha256");
  parts.forEach((part) => sha.update(part));
  return sha.digest();
}

export function leafHash(entry: Uint8Array): Uint8Array {
  return hash(Buffer.from([0]), entry);
}

/** RFC 9162 section 2.1.3.2. */
export function verifyInclusion(
  index: number | bigint,
  size: number | bigint,
  leaf: Uint8Array,
  hashes: readonly Uint8Array[],
  root: Uint8Array,
): void {
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  if (fn < 0n || fn > sn || leaf.length !== 32) {
    throw new VerificationFailed(`entry ${fn + 1n} can't be in a tree of ${size} entries, or has no hash of 32 bytes`);
  }
  let node: any = leaf;
  for (const sibling of hashes) {
    if (sn === 0n || sibling.length !== 32) {
      throw new VerificationFailed("the proof has too many hashes, or one that is not 32 bytes long");
    }
    if (fn % 2n === 1n || fn === sn) {
      node = hash(Buffer.from([1]), sibling, node);
      while (fn % 2n === 0n && fn !== 0n) {
        [fn, sn] = [fn >> 1n, sn >> 1n];
      }
    } else {
      node = hash(Buffer.from([1]), node, sibling);
    }
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  if (sn !== 0n || !Buffer.from(node).equals(root)) {
    throw new VerificationFailed("the proof does not lead from the entry to the root that the log signed");
  }
}

/** A checkpoint (C2SP tlog-checkpoint) that one of these keys (C2SP vkey) has signed. */
export function verifyCheckpoint(note: string, verifierKeys: string | string[]): Checkpoint {
  const keys = (typeof verifierKeys === "string" ? [verifierKeys] : verifierKeys).map(verifierKey);
  const end = note.lastIndexOf("\n\n");
  const text = note.slice(0, end + 1);
  const [origin, size, root, ...rest] = text.split("\n");
  if (end < 0 || rest.length !== 1 || !/^(0|[1-9][0-9]{0,14})$/.test(size)) {
    throw new VerificationFailed("this is not a checkpoint: origin, size and root, then signatures");
  }
  const checkpoint = { origin, size: Number(size), root: base64(root) };
  let verified = false;
  for (const line of note
    .slice(end + 2)
    .split("\n")
    .slice(0, -1)) {
    const [dash, name, encoded, ...more] = line.split(" ");
    if (dash !== "—" || encoded === undefined || more.length > 0) {
      throw new VerificationFailed("this is not a signed note: a signature line is malformed");
    }
    const signature = base64(encoded);
    for (const key of keys) {
      if (name === key.name && name === origin && signature.subarray(0, 4).equals(key.id)) {
        if (!verify(null, Buffer.from(text), key.key, signature.subarray(4))) {
          throw new VerificationFailed("the signature of the checkpoint does not verify");
        }
        verified = true;
      }
    }
  }
  if (!verified) {
    throw new VerificationFailed(`none of the keys that you gave has signed the checkpoint of "${origin}"`);
  }
  return checkpoint;
}

/** A tlog-proof (C2SP) for an entry with this hash: the entry's id and the checkpoint that covers it. */
export function verifyProof(
  leaf: Uint8Array,
  proof: string,
  verifierKeys: string | string[],
): { id: number; checkpoint: Checkpoint } {
  const end = proof.indexOf("\n\n");
  const lines = proof.slice(0, Math.max(end, 0)).split("\n");
  if (lines[1]?.startsWith("extra ")) {
    lines.splice(1, 1);
  }
  const index = /^index (0|[1-9][0-9]{0,14})$/.exec(lines[1] ?? "");
  if (lines[0] !== "c2sp.org/tlog-proof@v1" || index === null) {
    throw new VerificationFailed("this is not a tlog-proof");
  }
  const checkpoint = verifyCheckpoint(proof.slice(end + 2), verifierKeys);
  verifyInclusion(Number(index[1]), checkpoint.size, leaf, lines.slice(2).map(base64), checkpoint.root);
  return { id: Number(index[1]) + 1, checkpoint };
}

/** The entry of this id, given by its exact bytes or by the hash in its receipt, is under a signed checkpoint. */
export function verifyEntry(
  id: number,
  entry: Uint8Array | string,
  proof: Uint8Array | string,
  verifierKeys: string | string[],
): Checkpoint {
  const leaf = typeof entry === "string" ? Buffer.from(entry, "hex") : leafHash(entry);
  const proved = verifyProof(leaf, typeof proof === "string" ? proof : Buffer.from(proof).toString(), verifierKeys);
  if (proved.id !== id) {
    throw new VerificationFailed(`the proof is for entry ${proved.id}, not for entry ${id}`);
  }
  return proved.checkpoint;
}

function verifierKey(text: string): { name: string; id: any; key: any } {
  const parts = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})$/.exec(text.trim());
  if (parts === null) {
    throw new TypeError(`a verifier key is name+id+base64, as "tally key" prints it, but was ${JSON.stringify(text)}`);
  }
  const [, name, id] = parts;
  const key = Buffer.from(parts[3], "base64");
  if (hash(name, "\n", key).subarray(0, 4).toString("hex") !== id) {
    throw new TypeError(`the id of the verifier key ${JSON.stringify(text)} is not that of its name and key`);
  }
  if (key[0] !== 1 || key.length !== 33) {
    const quoted = JSON.stringify(text);
    throw new TypeError(`the verifier key ${quoted} is not of type Ed25519 (0x01), which vouches for a log`);
  }
  const jwk = { kty: "OKP", crv: "Ed25519", x: key.subarray(1).toString("base64url") };
  return { name, id: Buffer.from(id, "hex"), key: createPublicKey({ key: jwk, format: "jwk" }) };
}

function base64(text: string): any {
  const decoded = Buffer.from(text, "base64");
  if (decoded.toString("base64") !== text) {
    throw new VerificationFailed(`this is not canonical base64: ${JSON.stringify(text.slice(0, 100))}`);
  }
  return decoded;
}
