// Checks in the browser: entry hashes, inclusion proofs, signed checkpoints.
// Nothing the server claims is believed; everything is computed from the bytes it sends.

import { BASE } from './address.js';

const UTF8 = new TextEncoder();

export const canHash = () => Boolean(globalThis.crypto?.subtle);

export const concat = (...parts) => {
  const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
};

export const sha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
export const leafHash = (bytes) => sha256(concat([0], bytes));
const nodeHash = (left, right) => sha256(concat([1], left, right));
export const genesisHash = (origin) => sha256(UTF8.encode(`tallystick/genesis/v1\n${origin}\n`));

export const hex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
export const equal = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

/** Standard base64 with padding; refuses any other spelling of the same bytes. */
export function fromBase64(text) {
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new Error('a part of the proof is not valid base64');
  }
  if (btoa(binary) !== text) throw new Error('a part of the proof is not valid base64');
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}

function decimal(text, what) {
  if (!/^(0|[1-9]\d{0,18})$/.test(text)) throw new Error(`${what} is not a number: “${text.slice(0, 30)}”`);
  return BigInt(text);
}

function hash32(text) {
  const bytes = fromBase64(text);
  if (bytes.length !== 32) throw new Error('a hash in the proof does not have 32 bytes');
  return bytes;
}

/** A .tlog-proof file: {index, hashes, note}. */
export function parseProof(text) {
  const blank = text.indexOf('\n\n');
  if (blank < 0) throw new Error('the proof has no checkpoint');
  const head = text.slice(0, blank).split('\n');
  if (head.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('this is not a tlog-proof');
  if (head[0]?.startsWith('extra ')) head.shift();
  const line = head.shift();
  if (!line?.startsWith('index ')) throw new Error('the proof names no index');
  if (head.length > 63) throw new Error('the proof has more than 63 hashes');
  return { index: decimal(line.slice(6), 'the index'), hashes: head.map(hash32), note: text.slice(blank + 2) };
}

/** A signed checkpoint: {text, origin, size, root, signatures}. */
export function parseNote(note) {
  const blank = note.lastIndexOf('\n\n');
  if (blank < 0 || !note.endsWith('\n')) throw new Error('the checkpoint is not a signed note');
  const text = note.slice(0, blank + 1);
  const lines = text.split('\n');
  if (lines.length !== 4 || lines[3] !== '' || !lines[0]) throw new Error('the checkpoint is not origin, size and root');
  const signatures = note.slice(blank + 2).split('\n').slice(0, -1).map((line) => {
    const parts = line.split(' ');
    if (parts.length !== 3 || parts[0] !== '—') throw new Error('a line of the checkpoint is not a signature');
    const bytes = fromBase64(parts[2]);
    if (bytes.length < 5) throw new Error('a signature of the checkpoint is too short');
    return { name: parts[1], id: hex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
  });
  return { text, origin: lines[0], size: decimal(lines[1], 'the size'), root: hash32(lines[2]), signatures };
}

/** A verifier key, name+id+base64: {name, id, type, publicKey, fingerprint}. Throws if its id is not that of its public key. */
export async function parseKey(vkey) {
  const first = vkey.indexOf('+');
  const second = vkey.indexOf('+', first + 1);
  if (first < 1 || second < 0) throw new Error('a verifier key is name+id+base64');
  const name = vkey.slice(0, first);
  const encoded = fromBase64(vkey.slice(second + 1));
  const id = hex((await sha256(concat(UTF8.encode(`${name}\n`), encoded))).slice(0, 4));
  if (id !== vkey.slice(first + 1, second)) throw new Error('the verifier key’s id is not that of its public key');
  const fingerprint = hex(await sha256(encoded)).match(/.{4}/g).join(' ');
  return { vkey, name, id, type: encoded[0], publicKey: encoded.slice(1), fingerprint };
}

/**
 * Folds a leaf up to the root (RFC 9162, 2.1.3.2). Returns the root and each step on the way:
 * {sibling, siblingIsLeft, result}. Throws if the proof is malformed.
 */
export async function fold(leaf, index, size, hashes) {
  if (index >= size) throw new Error(`the checkpoint covers ${size} entries, and this is not one of them`);
  let fn = index;
  let sn = size - 1n;
  let result = leaf;
  const steps = [];
  for (const sibling of hashes) {
    if (sn === 0n) throw new Error('the proof has more steps than the tree has levels');
    const siblingIsLeft = (fn & 1n) === 1n || fn === sn;
    if (siblingIsLeft) {
      result = await nodeHash(sibling, result);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      result = await nodeHash(result, sibling);
    }
    fn >>= 1n;
    sn >>= 1n;
    steps.push({ sibling, siblingIsLeft, result });
  }
  if (sn !== 0n) throw new Error('the proof ends below the root');
  return { root: result, steps };
}

/** Checks the log's own Ed25519 signature: 'good', 'bad', 'absent', or 'unsupported' by this browser. */
export async function checkSignature(note, key) {
  if (key.type !== 1 || key.publicKey.length !== 32) return 'unsupported';
  if (note.origin !== key.name) return 'absent';
  const own = note.signatures.filter((s) => s.name === key.name && s.id === key.id);
  if (!own.length) return 'absent';
  let publicKey;
  try {
    publicKey = await crypto.subtle.importKey('raw', key.publicKey, { name: 'Ed25519' }, false, ['verify']);
  } catch {
    return 'unsupported';
  }
  for (const { bytes } of own) {
    if (bytes.length !== 64 || !(await crypto.subtle.verify({ name: 'Ed25519' }, publicKey, bytes, UTF8.encode(note.text)))) return 'bad';
  }
  return 'good';
}

// Another log of the same host has another base path, and another key.
const PIN = `tallystick.pin${BASE}`;

/** The verifier keys that the user trusts in this browser, or null. */
export function pinned() {
  try {
    const pin = JSON.parse(localStorage.getItem(PIN));
    return pin && Array.isArray(pin.keys) && pin.keys.every((k) => typeof k === 'string') ? pin : null;
  } catch {
    return null;
  }
}

export const pin = (vkey) => localStorage.setItem(PIN, JSON.stringify({ keys: [vkey], at: new Date().toISOString() }));
export const unpin = () => localStorage.removeItem(PIN);
