// The files of a spool, byte for byte: docs/decisions/0036-clients.md. Every language's client uses the same.
import { spawn } from "node:child_process";
import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as zlib from "node:zlib";
import { MAX_EVENT_BYTES } from "./event";
import { SpoolDamaged, SpoolError, SpoolInUse } from "./errors";

export const HEADER_BYTES = 8;
const POSITION = "position.json";
const SEGMENT = /^[0-9]{20}\.events$/;

/** Up to where the server has acknowledged. */
export interface Position {
  stream: string;
  segment: number; // the number of its first event
  offset: number;
  source_seq: number; // of the last event before the position
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) {
    n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  }
  return n;
});

/** CRC-32 (IEEE). Node has one since 20.15. */
export function crc32(data: any): number {
  if (zlib.crc32) {
    return zlib.crc32(data);
  }
  let crc = ~0;
  for (const byte of data) {
    crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

export function record(payload: any): any {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([header, payload]);
}

/** The payloads of all whole records from the beginning, and how many bytes they take. */
export function records(data: any): { payloads: any[]; length: number } {
  const payloads: any[] = [];
  let offset = 0;
  while (offset + HEADER_BYTES <= data.length) {
    const length = data.readUInt32LE(offset);
    const end = offset + HEADER_BYTES + length;
    if (length === 0 || length > MAX_EVENT_BYTES || end > data.length) {
      break;
    }
    const payload = data.subarray(offset + HEADER_BYTES, end);
    if (crc32(payload) !== data.readUInt32LE(offset + 4)) {
      break;
    }
    payloads.push(payload);
    offset = end;
  }
  return { payloads, length: offset };
}

export function segmentName(firstSeq: number): string {
  return `${String(firstSeq).padStart(20, "0")}.events`;
}

export function segmentPath(directory: string, firstSeq: number): string {
  return path.join(directory, segmentName(firstSeq));
}

export async function listSegments(directory: string): Promise<number[]> {
  const names: string[] = await fs.readdir(directory);
  return names
    .filter((name) => SEGMENT.test(name))
    .map((name) => Number(name.slice(0, 20)))
    .sort((a, b) => a - b);
}

export async function syncDirectory(directory: string): Promise<void> {
  const handle = await fs.open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The name is on the device before anything is written. */
export async function createSegment(directory: string, firstSeq: number): Promise<any> {
  const name = segmentPath(directory, firstSeq);
  const handle = await fs.open(name, "ax", 0o600);
  try {
    await syncDirectory(directory);
  } catch (error) {
    await handle.close();
    await fs.unlink(name);
    throw error;
  }
  return handle;
}

/** Replaces a file as a whole: after a crash there is the old content or the new one. */
export async function replaceFile(name: string, data: any): Promise<void> {
  const handle = await fs.open(`${name}.tmp`, "w", 0o600);
  try {
    await handle.writeFile(data);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await fs.rename(`${name}.tmp`, name);
}

export async function appendLine(name: string, line: any): Promise<void> {
  const handle = await fs.open(name, "a", 0o600);
  try {
    await handle.writeFile(line);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await syncDirectory(path.dirname(name));
}

/** Undefined where there is none yet. */
export async function readPosition(directory: string): Promise<Position | undefined> {
  const name = path.join(directory, POSITION);
  let text: string;
  try {
    text = await fs.readFile(name, "utf8");
  } catch (error) {
    if ((error as any).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  try {
    const { stream, segment, offset, source_seq } = JSON.parse(text);
    const position = { stream, segment: Number(segment.slice(0, 20)), offset, source_seq };
    if (SEGMENT.test(segment) && position.segment > 0 && offset >= 0 && source_seq >= 0) {
      return position;
    }
  } catch {
    // said below
  }
  throw new SpoolDamaged(`${name} is not what a client writes; restore it, or move the spool away`);
}

export function writePosition(directory: string, position: Position): Promise<void> {
  const text = JSON.stringify({ ...position, segment: segmentName(position.segment) });
  return replaceFile(path.join(directory, POSITION), `${text}\n`);
}

/** A lock on the spool, held by a small process that ends with this one. */
export interface SpoolLock {
  /** Settles when the lock is gone. */
  readonly lost: Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the same file lock as the clients in other languages. Node has no call for that, so the command `flock`
 * holds it, until its standard input ends: with `release` or with this process, however that dies.
 */
export async function lock(directory: string): Promise<SpoolLock> {
  const name = path.join(directory, "lock");
  for (let attempt = 0; ; attempt++) {
    const script = `echo ${process.pid} > "$0"; echo locked; exec cat`;
    const child = spawn("flock", ["-n", "-E", "75", name, "sh", "-c", script, name], {
      stdio: ["pipe", "pipe", "ignore"],
      detached: true, // Ctrl-C is for this process, which may still have something to write
    });
    const ended: Promise<number> = new Promise((resolve) => {
      child.once("error", () => resolve(-1));
      child.once("exit", (code: number | null) => resolve(code ?? -2));
    });
    const locked: Promise<string> = new Promise((resolve) => child.stdout.once("data", () => resolve("locked")));
    child.stdin.on("error", () => undefined);
    const outcome = await Promise.race([locked, ended]);
    if (outcome === "locked") {
      child.unref();
      child.stdin.unref?.();
      child.stdout.unref?.();
      return {
        lost: ended.then(() => undefined),
        release: async () => {
          child.ref();
          child.stdin.end();
          await ended;
        },
      };
    }
    if (outcome === -1) {
      throw new SpoolError('mode "spooled" needs the command flock (util-linux), which could not be run');
    }
    if (outcome !== 75) {
      throw new SpoolError(`the spool ${directory} can't be locked: flock ended with ${outcome}`);
    }
    if (attempt === 5) {
      const owner = (await fs.readFile(name, "utf8").catch(() => "")).trim() || "unknown";
      throw new SpoolInUse(
        `the spool ${directory} is in use by process ${owner}; a spool serves one client in one process, ` +
          "so give each a directory of its own",
      );
    }
    // A process that was just killed: its lock goes a moment after it.
    await new Promise<void>((resolve) => setTimeout(resolve, 50));
  }
}
