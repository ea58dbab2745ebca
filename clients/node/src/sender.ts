import type { Answer, Transport } from "./transport";

// Too long fields are cut by the server and named in the entry's `altered`; one bad event does not hold up the others.
const PATH = "/api/audit/events?partial=true&oversize=truncate";
const LONGEST_RETRY_AFTER = 300_000;

// Here the server speaks of the event. Any other answer is about the request, the key or the server: the event is kept.
const REFUSALS = [400, 409, 413, 422];

/** Milliseconds between attempts; tests make them shorter. */
export const delays = { first: 100, longest: 30_000 };

export interface Rejection {
  status: number;
  reason: string;
  errors: { field?: string; message: string }[];
}

export type OnRejected = (event: Record<string, unknown>, rejection: Rejection) => void;

/** Events that are sent together. */
export interface Batch {
  readonly payloads: any[];
}

/** Where events wait: a spool or a buffer. */
export interface Source {
  take(): Promise<Batch | undefined>;
  acknowledge(batch: Batch): Promise<void>;
  reject(payload: any, rejection: any): Promise<void>;
  count(): number;
  waitUntilEmpty(timeout: number | undefined): Promise<number>;
  close(): Promise<number>;
}

/** Sends batches in the background, one request at a time and in order, until the server has acknowledged them. */
export class Sender {
  private stopped = false;
  private warned = false;
  private wake: () => void = () => undefined;

  constructor(
    private readonly source: Source,
    private readonly transport: Transport,
    private readonly onRejected: OnRejected | undefined,
  ) {}

  async run(): Promise<void> {
    try {
      for (;;) {
        const batch = await this.source.take();
        if (batch === undefined || !(await this.deliver(batch.payloads))) {
          return;
        }
        await this.insist(() => this.source.acknowledge(batch));
      }
    } catch (error) {
      warn(`sending audit events has stopped: ${(error as Error).message}`);
    }
  }

  stop(): void {
    this.stopped = true;
    this.wake();
  }

  /** True when the server has acknowledged or refused each of them; false when stopped before. */
  private async deliver(payloads: any[]): Promise<boolean> {
    for (let delay = delays.first; ; delay = Math.min(2 * delay, delays.longest)) {
      const answer = await this.post(payloads);
      if (typeof answer !== "string" && answer.isProblem && REFUSALS.includes(answer.status)) {
        if (payloads.length === 1) {
          const { detail = "", errors = [] } = answer.json() ?? {};
          await this.reject(payloads[0], { status: answer.status, reason: detail, errors });
          return true;
        }
        const half = payloads.length >> 1;
        return (await this.deliver(payloads.slice(0, half))) && (await this.deliver(payloads.slice(half)));
      }
      const rejected = typeof answer === "string" ? undefined : rejections(answer, payloads.length);
      if (rejected !== undefined) {
        for (const [index, errors] of rejected) {
          await this.reject(payloads[index], { status: 422, reason: errors[0].message, errors });
        }
        if (this.warned) {
          this.warned = false;
          warn("the audit server accepts events again");
        }
        return true;
      }
      if (!this.warned) {
        this.warned = true;
        warn(`audit events are kept and sent later: ${typeof answer === "string" ? answer : answer.words()}`);
      }
      const wished = typeof answer === "string" ? 0 : Math.min(answer.retryAfter, LONGEST_RETRY_AFTER);
      if (await this.pause(Math.max(wished, delay * (0.5 + Math.random() / 2)))) {
        return false;
      }
    }
  }

  /** The answer, or why there is none. */
  private async post(payloads: any[]): Promise<Answer | string> {
    const newline = Buffer.from("\n");
    const body = Buffer.concat(payloads.flatMap((payload) => [payload, newline]));
    try {
      const contentType = "application/x-ndjson";
      return await this.transport.send({ method: "POST", path: PATH, body, contentType, background: true });
    } catch (error) {
      return (error as Error).message || String((error as any).code);
    }
  }

  private async reject(payload: any, rejection: Rejection): Promise<void> {
    await this.insist(() => this.source.reject(payload, rejection));
    const event = JSON.parse(String(payload));
    warn(`the audit server refused the event ${event.event_id}: ${rejection.reason}`);
    try {
      this.onRejected?.(event, rejection);
    } catch (error) {
      warn(`onRejected failed: ${error}`);
    }
  }

  /** Waits out a full disk. */
  private async insist(write: () => Promise<void>): Promise<void> {
    for (let delay = delays.first; ; delay = Math.min(2 * delay, delays.longest)) {
      try {
        return await write();
      } catch (error) {
        warn(`the spool can't be written, which holds up sending: ${(error as Error).message}`);
        if (await this.pause(delay)) {
          return;
        }
      }
    }
  }

  /** True if stopped meanwhile. */
  private async pause(milliseconds: number): Promise<boolean> {
    if (!this.stopped) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        timer.unref(); // The end of the process does not wait for a server that is down.
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.stopped;
  }
}

/**
 * Which events the server left out, with its errors; undefined where this is no acknowledgement of them all.
 * A 200 alone says nothing: a proxy or a login page answers that too.
 */
function rejections(answer: Answer, count: number): [number, Rejection["errors"]][] | undefined {
  const content = answer.json();
  if (![200, 201, 207].includes(answer.status) || !Array.isArray(content?.entries)) {
    return undefined;
  }
  const rejected = content.rejected ?? [];
  if (!Array.isArray(rejected) || content.entries.length + rejected.length !== count) {
    return undefined;
  }
  const isRight = (one: any): boolean =>
    Number.isInteger(one?.index) && one.index >= 0 && one.index < count && Boolean(one.errors?.[0]?.message);
  return rejected.every(isRight) ? rejected.map((one: any) => [one.index, one.errors]) : undefined;
}

export function warn(message: string): void {
  process.emitWarning(message, "TallystickWarning");
}
