import * as fs from "node:fs/promises";
import * as path from "node:path";
import { SEQ_BYTES, withSeq } from "./event";
import type { Encoded } from "./event";
import { ClientUnusable, SpoolDamaged, SpoolError, SpoolFull } from "./errors";
import {
  HEADER_BYTES,
  appendLine,
  createSegment,
  listSegments,
  lock,
  readPosition,
  record,
  records,
  replaceFile,
  segmentName,
  segmentPath,
  syncDirectory,
  writePosition,
} from "./segments";
import type { SpoolLock } from "./segments";
import { Signal } from "./signal";
import type { Batch, Source } from "./sender";

const MAX_BATCH_EVENTS = 1000;
const MAX_BATCH_BYTES = 1 << 20;
const MAX_SEGMENT_BYTES = 8 << 20;
const MIN_SPOOL_BYTES = 1 << 20;

/** Events that are forced together. */
interface Group {
  bodies: string[];
  room: number;
  done: Promise<void>;
}

interface SpoolBatch extends Batch {
  readonly segment: number;
  readonly offset: number;
}

/** Holds events in files until the server has acknowledged them. One directory, one process, one stream. */
export class Spool implements Source {
  private readonly changed = new Signal();
  private gathering: Group | undefined;
  private writing: Promise<void> = Promise.resolve();
  private closed = false;
  private failed: string | undefined;
  private bytes = 0; // what the server has not acknowledged, with what is about to be written
  private left = 0;
  private segment = 0; // the newest file, and up to where it is forced
  private end = 0;
  private seq = 0; // of the last event in it
  private writer: any;
  private readSegment = 0;
  private readAt = 0;
  private first = 0;
  private storing: Promise<void> = Promise.resolve();
  private readonly segmentBytes: number;

  private constructor(
    private readonly directory: string,
    private readonly stream: string,
    private readonly maxBytes: number,
    private readonly blocks: boolean,
    private readonly fileLock: SpoolLock,
  ) {
    this.segmentBytes = Math.min(MAX_SEGMENT_BYTES, maxBytes >> 3);
    void fileLock.lost.then(() => this.fail(`the lock on the spool ${directory} is gone; open a new client`));
  }

  static async open(directory: string, stream: string, maxBytes: number, whenFull: string): Promise<Spool> {
    if (whenFull !== "block" && whenFull !== "raise") {
      throw new RangeError(`whenFull must be "block" or "raise", but was "${whenFull}"`);
    }
    if (!(maxBytes >= MIN_SPOOL_BYTES)) {
      throw new RangeError(`maxSpoolBytes must be at least ${MIN_SPOOL_BYTES}, but was ${maxBytes}`);
    }
    const absolute = path.resolve(directory);
    if (await fs.mkdir(absolute, { recursive: true, mode: 0o700 })) {
      await syncDirectory(path.dirname(absolute));
    }
    const fileLock = await lock(absolute);
    try {
      const spool = new Spool(absolute, stream, maxBytes, whenFull === "block", fileLock);
      await spool.recover();
      return spool;
    } catch (error) {
      await fileLock.release();
      throw error;
    }
  }

  /** Settles when the event is on the device. Calls that come meanwhile share the next force. */
  async append(event: Encoded): Promise<boolean> {
    const room = HEADER_BYTES + SEQ_BYTES + event.bytes;
    const hasRoom = (): boolean => this.bytes + room <= this.maxBytes;
    this.checkUsable();
    while (!hasRoom()) {
      if (!this.blocks) {
        throw new SpoolFull(
          `the spool ${this.directory} is full: ${this.left} events wait for the server, ` +
            `and maxSpoolBytes is ${this.maxBytes}`,
        );
      }
      await this.changed.waitFor(() => hasRoom() || this.closed || this.failed !== undefined);
      this.checkUsable();
    }
    let group = this.gathering;
    if (group === undefined) {
      const fresh: Group = { bodies: [], room: 0, done: Promise.resolve() };
      fresh.done = this.writing.then(() => this.write(fresh));
      this.writing = fresh.done.catch(() => undefined);
      group = this.gathering = fresh;
    }
    group.bodies.push(event.body);
    group.room += room;
    this.bytes += room;
    await group.done;
    return true;
  }

  async take(): Promise<SpoolBatch | undefined> {
    let data = Buffer.alloc(0);
    while (data.length === 0) {
      while (!this.closed && this.failed === undefined && !this.isBehind()) {
        await this.changed.wait();
      }
      if (this.closed || this.failed !== undefined) {
        return undefined;
      }
      const isNewest = this.readSegment === this.segment;
      const limit = 2 * MAX_BATCH_BYTES; // room for a batch, or for the longest event
      const wanted = isNewest ? Math.min(limit, this.end - this.readAt) : limit;
      const file = await fs.open(segmentPath(this.directory, this.readSegment), "r");
      try {
        const buffer = Buffer.alloc(wanted);
        const { bytesRead } = await file.read(buffer, 0, wanted, this.readAt);
        data = buffer.subarray(0, bytesRead);
      } finally {
        await file.close();
      }
      if (data.length === 0 && !isNewest) {
        const numbers = await listSegments(this.directory);
        this.readSegment = Math.min(...numbers.filter((number) => number > this.readSegment));
        this.readAt = 0;
      }
    }
    const { payloads } = records(data);
    if (payloads.length === 0) {
      const where = `${segmentPath(this.directory, this.readSegment)} at offset ${this.readAt}`;
      this.fail(`${where} is damaged; nothing behind it was sent. Close the client and move the spool away`);
      throw new SpoolDamaged(this.failed ?? "");
    }
    let count = 0;
    let size = 0;
    while (count < Math.min(payloads.length, MAX_BATCH_EVENTS)) {
      if (count > 0 && size + payloads[count].length > MAX_BATCH_BYTES) {
        break;
      }
      size += payloads[count++].length;
    }
    this.readAt += size + HEADER_BYTES * count;
    return { payloads: payloads.slice(0, count), segment: this.readSegment, offset: this.readAt };
  }

  /** Stores how far the server has everything, then deletes files that are done with. */
  async acknowledge(batch: Batch): Promise<void> {
    if (this.closed) {
      return; // The next client sends them again, and the server knows them by their event_id.
    }
    const stored = this.store(batch as SpoolBatch);
    this.storing = stored.catch(() => undefined);
    await stored;
    this.bytes -= batch.payloads.reduce((sum, payload) => sum + HEADER_BYTES + payload.length, 0);
    this.left -= batch.payloads.length;
    this.changed.notify();
  }

  /** Keeps an event that the server refused. After a crash one may be there twice, with one event_id. */
  reject(payload: any, reason: Record<string, unknown>): Promise<void> {
    const line = `{"event":${payload},${JSON.stringify(reason).slice(1)}\n`;
    return appendLine(path.join(this.directory, "rejected.ndjson"), line);
  }

  count(): number {
    return this.left;
  }

  async waitUntilEmpty(timeout: number | undefined): Promise<number> {
    await this.changed.waitFor(() => this.left === 0 || this.closed || this.failed !== undefined, timeout);
    return this.left;
  }

  async close(): Promise<number> {
    if (!this.closed) {
      this.closed = true;
      this.changed.notify();
      await this.writing;
      await this.storing;
      await this.writer.close();
      await this.fileLock.release();
    }
    return this.left;
  }

  private isBehind(): boolean {
    return this.readSegment < this.segment || (this.readSegment === this.segment && this.readAt < this.end);
  }

  private checkUsable(): void {
    if (this.closed) {
      throw new ClientUnusable("the client is closed");
    }
    if (this.failed !== undefined) {
      throw new SpoolError(this.failed);
    }
  }

  private fail(why: string): void {
    if (!this.closed) {
      this.failed ??= why;
      this.changed.notify();
    }
  }

  /** Gives events their numbers, writes and forces them. The numbers of a failed write are given again. */
  private async write(group: Group): Promise<void> {
    this.gathering = undefined;
    let written = 0;
    try {
      this.checkUsable();
      if (this.end >= this.segmentBytes) {
        const fresh = await createSegment(this.directory, this.seq + 1);
        const finished = this.writer;
        [this.writer, this.segment, this.end] = [fresh, this.seq + 1, 0];
        await finished.close();
      }
      const data = Buffer.concat(group.bodies.map((body, i) => record(withSeq(body, this.seq + 1 + i))));
      await this.force(data);
      written = data.length;
    } catch (error) {
      throw new SpoolError(`the spool ${this.directory} can't be written: ${(error as Error).message}`);
    } finally {
      this.bytes += written - group.room;
      if (written > 0) {
        this.end += written;
        this.seq += group.bodies.length;
        this.left += group.bodies.length;
      }
      this.changed.notify();
    }
  }

  private async force(data: any): Promise<void> {
    try {
      await this.writer.appendFile(data);
    } catch (error) {
      try {
        await this.writer.truncate(this.end); // a full disk: what was accepted before stays whole
      } catch {
        this.fail(`the spool ${this.directory} can't be written (${error}) nor restored; open a new client`);
      }
      throw error;
    }
    try {
      await this.writer.datasync();
    } catch (error) {
      // The kernel may have dropped the pages; a second attempt would succeed without writing them.
      this.fail(`the spool ${this.directory} could not be forced to the device (${error}); open a new client`);
      throw error;
    }
  }

  private async store(batch: SpoolBatch): Promise<void> {
    const { source_seq } = JSON.parse(String(batch.payloads[batch.payloads.length - 1]));
    const { segment, offset } = batch;
    await writePosition(this.directory, { stream: this.stream, segment, offset, source_seq });
    if (segment !== this.first) {
      await syncDirectory(this.directory); // The position first: without it, deleted files would be missing.
      for (const number of await listSegments(this.directory)) {
        if (number < segment) {
          await fs.unlink(segmentPath(this.directory, number));
        }
      }
      this.first = segment;
    }
  }

  private async recover(): Promise<void> {
    let numbers = await listSegments(this.directory);
    let position = await readPosition(this.directory);
    if (position === undefined) {
      if (numbers.length > 0 && numbers[0] !== 1) {
        throw new SpoolDamaged(`${this.directory} has no position.json; restore it, or move the spool away`);
      }
      position = { stream: this.stream, segment: 1, offset: 0, source_seq: 0 };
      await writePosition(this.directory, position);
    }
    if (position.stream !== this.stream) {
      throw new RangeError(
        `the spool ${this.directory} belongs to the stream "${position.stream}", not to "${this.stream}"; ` +
          "use a spool for each stream",
      );
    }
    this.first = this.readSegment = position.segment;
    this.readAt = position.offset;
    this.seq = Math.max(position.source_seq, position.segment - 1);
    for (const number of numbers.filter((n) => n < this.first)) {
      await fs.unlink(segmentPath(this.directory, number)); // A crash came between the position and the deletion.
    }
    numbers = numbers.filter((n) => n >= this.first);
    if (numbers.length === 0 && position.offset === 0) {
      this.segment = this.first;
      this.writer = await createSegment(this.directory, this.first);
      return;
    }
    if (numbers[0] !== this.first) {
      throw new SpoolDamaged(`${segmentPath(this.directory, this.first)}, which position.json names, is missing`);
    }
    for (const number of numbers) {
      if (number > this.first && number !== this.seq + 1) {
        throw new SpoolDamaged(`a file is missing in ${this.directory} before ${segmentName(number)}`);
      }
      await this.scan(number, number === this.first ? position.offset : 0, number === numbers[numbers.length - 1]);
    }
  }

  private async scan(number: number, sent: number, newest: boolean): Promise<void> {
    const name = segmentPath(this.directory, number);
    const data = await fs.readFile(name);
    const { payloads, length: end } = records(data);
    const rest = records(data.subarray(sent));
    if (sent + rest.length !== end || (end < data.length && !newest)) {
      throw new SpoolDamaged(`${name} is damaged at offset ${end}; move the spool away to go on without it`);
    }
    this.bytes += rest.length;
    this.left += rest.payloads.length;
    if (payloads.length > 0) {
      this.seq = JSON.parse(String(payloads[payloads.length - 1])).source_seq;
    }
    if (newest) {
      [this.segment, this.end] = [number, end];
      this.writer = await fs.open(name, "a", 0o600);
      if (end < data.length) {
        // A crash interrupted a write that no call had returned from. What is cut is kept, in case it was damage.
        const kept = `${name}.torn-${end}`;
        await replaceFile(kept, data.subarray(end));
        await this.writer.truncate(end);
        process.emitWarning(
          `cut ${data.length - end} bytes of an unfinished write off the spool; they are kept in ${kept}`,
          "TallystickWarning",
        );
      }
      await this.writer.datasync(); // what an earlier process wrote and perhaps did not force is sent from now on
    }
  }
}
