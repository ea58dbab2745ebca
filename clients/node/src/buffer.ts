import { encode, withSeq } from "./event";
import type { Encoded } from "./event";
import type { Batch, Source } from "./sender";
import { Signal } from "./signal";

const MAX_BATCH_EVENTS = 1000;
const MAX_BATCH_BYTES = 1 << 20;
const MAX_BUFFER_BYTES = 64 << 20;

/** A queue in memory of at most `capacity` events and 64 MiB. What finds no room is counted, and the log is told. */
export class EventBuffer implements Source {
  private readonly changed = new Signal();
  private waiting: any[] = [];
  private left = 0;
  private bytes = 0;
  private seq = 0;
  private dropped = 0;
  private closed = false;

  constructor(
    private readonly stream: string,
    private readonly capacity: number,
  ) {
    if (!(capacity >= 1)) {
      throw new RangeError(`capacity must be at least 1, but was ${capacity}`);
    }
  }

  /** False if it was dropped. Its number in the sequence stays unused then, which the log shows as a gap. */
  async append(event: Encoded): Promise<boolean> {
    this.seq++;
    if (this.closed || this.left >= this.capacity || this.bytes + event.bytes > MAX_BUFFER_BYTES) {
      this.dropped++;
      return false;
    }
    this.add(event.body);
    return true;
  }

  async take(): Promise<Batch | undefined> {
    while (this.waiting.length === 0 && !this.closed) {
      await this.changed.wait();
    }
    if (this.closed) {
      return undefined;
    }
    let count = 0;
    let size = 0;
    while (count < Math.min(this.waiting.length, MAX_BATCH_EVENTS) && size < MAX_BATCH_BYTES) {
      size += this.waiting[count++].length;
    }
    return { payloads: this.waiting.splice(0, count) };
  }

  async acknowledge(batch: Batch): Promise<void> {
    this.left -= batch.payloads.length;
    this.bytes -= batch.payloads.reduce((sum, payload) => sum + payload.length, 0);
    if (this.dropped > 0) {
      const details = { count: this.dropped };
      this.dropped = 0;
      this.seq++;
      this.add(encode({ event_type: "client.events_dropped", details }, this.stream, true).body);
    }
    this.changed.notify();
  }

  /** Nothing is kept of it here; the client tells its callback. */
  async reject(): Promise<void> {}

  count(): number {
    return this.left;
  }

  async waitUntilEmpty(timeout: number | undefined): Promise<number> {
    await this.changed.waitFor(() => this.left === 0 || this.closed, timeout);
    return this.left;
  }

  /** How many events are not in the log: those left, and dropped ones that the log was not told of. */
  async close(): Promise<number> {
    this.closed = true;
    this.changed.notify();
    return this.left + this.dropped;
  }

  private add(body: string): void {
    const payload = withSeq(body, this.seq);
    this.waiting.push(payload);
    this.left++;
    this.bytes += payload.length;
    this.changed.notify();
  }
}
