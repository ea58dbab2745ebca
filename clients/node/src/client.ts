import { EventBuffer } from "./buffer";
import { AppendFailed, ClientUnusable, VerificationFailed } from "./errors";
import { DEFAULT_STREAM, encode, withSeq } from "./event";
import type { AuditEvent } from "./event";
import { Sender, warn } from "./sender";
import type { OnRejected, Source } from "./sender";
import { Spool } from "./spool";
import { Transport } from "./transport";
import type { Key } from "./transport";
import { verifyEntry } from "./verify";
import type { Checkpoint } from "./verify";

const MODES = `mode must be one of
  "sync"         append returns the receipt of the log, or rejects
  "spooled"      append returns when the event is on this machine's disk; it is sent in the background, never dropped
  "best_effort"  append returns at once; what finds no room in memory is dropped and counted
but was `;

export interface AuditClientOptions {
  /** Default: the variable TALLY_URL. */
  url?: string;
  /** A key, or a function that is asked for each request. Default: the variable TALLY_API_KEY. */
  key?: Key;
  /** A file that is read for each request. */
  keyFile?: string;
  /** Has no default, because each gives up something. */
  mode: "sync" | "spooled" | "best_effort";
  /** Numbers are counted for each key and stream; give each process that shares a key its own. Default "default". */
  stream?: string;
  /** A directory on a local disk, for one process and one stream: for mode `spooled`. */
  spool?: string;
  /** How much may wait for the server; default 1 GiB. */
  maxSpoolBytes?: number;
  /** What append does when the spool is full; default "block". */
  whenFull?: "block" | "raise";
  /** Events in memory, in mode `best_effort`; default 10,000, and at most 64 MiB in any case. */
  capacity?: number;
  /** Called when the server refuses an event; must not wait for flush or close. */
  onRejected?: OnRejected;
  /** Milliseconds for one answer; default 35,000. */
  timeout?: number;
  /** Allows plain HTTP to another machine. */
  allowHttp?: boolean;
  /** Certificates in PEM that may vouch for the server, instead of the usual ones. */
  ca?: string;
}

/** What is known of an event when its append returned. Only mode `sync` knows its `id` and `hash`. */
export interface Receipt {
  readonly event_id: string;
  readonly id?: number;
  readonly hash?: string;
  readonly timestamp?: string;
  readonly replayed?: boolean;
}

/** The names of the options, each once: the compiler checks that none is missing. */
const NAMES: Record<keyof AuditClientOptions, true> = {
  url: true,
  key: true,
  keyFile: true,
  mode: true,
  stream: true,
  spool: true,
  maxSpoolBytes: true,
  whenFull: true,
  capacity: true,
  onRejected: true,
  timeout: true,
  allowHttp: true,
  ca: true,
};
export const OPTIONS: ReadonlySet<string> = new Set(Object.keys(NAMES));

/** Node's timers count in 32 bits; what is more would be 1 ms. */
const MAX_TIMEOUT = 2 ** 31 - 1;

const open = new Set<AuditClient>();

/** Appends events to a Tallystick log. */
export class AuditClient {
  private closing = false;
  private seq = 0;

  private constructor(
    readonly mode: AuditClientOptions["mode"],
    private readonly stream: string,
    private readonly transport: Transport,
    private readonly source: Source | undefined,
    private readonly sender: Sender | undefined,
  ) {}

  static async open(options: AuditClientOptions): Promise<AuditClient> {
    const unknown = Object.keys(options ?? {}).filter((name) => !OPTIONS.has(name));
    if (unknown.length > 0) {
      throw new TypeError(`unknown option ${unknown.join(", ")}; there are ${[...OPTIONS].join(", ")}`);
    }
    const { mode, spool, stream = DEFAULT_STREAM, maxSpoolBytes = 2 ** 30, whenFull = "block" } = options ?? {};
    if (mode !== "sync" && mode !== "spooled" && mode !== "best_effort") {
      throw new TypeError(`${MODES}${JSON.stringify(mode)}`);
    }
    if ((spool === undefined) === (mode === "spooled")) {
      throw new TypeError('spool is the directory for mode "spooled": needed there, and only there');
    }
    for (const name of ["url", "key", "keyFile"] as const) {
      const given = options[name];
      if (typeof given === "string" && given.trim() === "") {
        // An empty variable of the caller's would silently mean another server, or another key.
        throw new TypeError(`${name} is empty; give it a value, or leave it out`);
      }
    }
    const url = options.url ?? process.env.TALLY_URL;
    if (!url) {
      throw new TypeError("url is missing; give it, or set the variable TALLY_URL");
    }
    if (Buffer.byteLength(stream) > 128) {
      throw new RangeError(`stream must have at most 128 bytes, but had ${Buffer.byteLength(stream)}`);
    }
    const { key, keyFile, ca, allowHttp = false, timeout = 35_000 } = options;
    if (typeof timeout !== "number" || !(timeout > 0 && timeout <= MAX_TIMEOUT)) {
      throw new RangeError(`timeout must be 1 to ${MAX_TIMEOUT} milliseconds, but was ${String(timeout)}`);
    }
    const transport = new Transport({ url, key, keyFile, ca, allowHttp, timeout });
    let source: Source | undefined;
    if (spool !== undefined) {
      source = await Spool.open(spool, stream, maxSpoolBytes, whenFull);
    } else if (mode === "best_effort") {
      source = new EventBuffer(stream, options.capacity ?? 10_000);
    }
    const sender = source && new Sender(source, transport, options.onRejected);
    const client = new AuditClient(mode, stream, transport, source, sender);
    open.add(client);
    void sender?.run();
    return client;
  }

  /**
   * Appends an event. Mode `sync` resolves to the log's receipt or rejects with AppendFailed. Mode `spooled` resolves
   * when the event is on the disk, or rejects with SpoolError. Mode `best_effort` resolves to undefined if the event
   * was dropped.
   */
  async append(event: AuditEvent): Promise<Receipt | undefined> {
    if (this.closing) {
      throw new ClientUnusable("the client is closed");
    }
    if (typeof event !== "object" || event === null || Array.isArray(event)) {
      throw new TypeError(`an event must be an object of fields, but was ${what(event)}`);
    }
    if (this.source === undefined) {
      return this.appendNow(event);
    }
    const encoded = encode(event, this.stream, true);
    const kept = await (this.source as Spool | EventBuffer).append(encoded);
    return kept ? { event_id: encoded.eventId } : undefined;
  }

  /** Waits until the log has everything, at most so many milliseconds. Resolves to how many events are left. */
  async flush(timeout?: number): Promise<number> {
    return this.source === undefined || this.closing ? 0 : this.source.waitUntilEmpty(timeout);
  }

  /** Flushes and closes. Resolves to how many events are left: in the spool for the next client, or lost. */
  async close(timeout = 5_000): Promise<number> {
    if (this.closing) {
      return 0;
    }
    await this.flush(timeout);
    this.closing = true;
    open.delete(this);
    this.sender?.stop();
    const left = (await this.source?.close()) ?? 0;
    this.transport.close();
    if (left > 0 && this.mode === "best_effort") {
      warn(`${left} audit events are lost: the client was closed before the server had them`);
    }
    return left;
  }

  /**
   * Proves that an entry, given by its receipt or id, is in the log, by a proof that the server sends.
   * `verifierKeys` are the log's keys that you know (`tally key`), never ones that this server gave you.
   * Rejects with VerificationFailed, also where the server does not send what proves it; its `cause` says why then.
   * Needs a key with `admin.audit`.
   */
  async verifyReceipt(receipt: Receipt | number, verifierKeys: string | string[]): Promise<Checkpoint> {
    if (typeof receipt !== "number" && (typeof receipt !== "object" || receipt === null)) {
      throw new TypeError(`receipt must be what append resolved to, or the id of an entry, but was ${what(receipt)}`);
    }
    const keys = typeof verifierKeys === "string" ? [verifierKeys] : verifierKeys;
    if (!Array.isArray(keys) || keys.length === 0 || keys.some((one) => typeof one !== "string")) {
      throw new TypeError(
        `verifierKeys must be a key that "tally key" prints, or an array of them, but was ${what(verifierKeys)}`,
      );
    }
    const { id, hash } = typeof receipt === "number" ? { id: receipt, hash: undefined } : receipt;
    if (id === undefined) {
      throw new TypeError("the receipt has no id, because the log had not answered; look its event_id up first");
    }
    let proof;
    let entry;
    try {
      proof = await this.get(`/api/audit/entries/${id}/proof`, "text/plain");
      entry = hash ?? (await this.get(`/api/audit/entries/${id}`, "application/octet-stream"));
    } catch (error) {
      const why = (error as Error).message || String((error as any).code);
      const failed = new VerificationFailed(`the server did not send what proves entry ${id}: ${why}`);
      throw Object.assign(failed, { cause: error });
    }
    return verifyEntry(id, entry, proof, keys);
  }

  private async get(path: string, accept: string): Promise<any> {
    const answer = await this.transport.send({ method: "GET", path, accept });
    if (answer.status !== 200) {
      throw new Error(answer.words());
    }
    return answer.body;
  }

  private async appendNow(event: AuditEvent & { source_seq?: number }): Promise<Receipt> {
    // The event of an AppendFailed has its number already.
    const { source_seq: given, ...rest } = event;
    const isAgain = given !== undefined && event.event_id != null;
    const { eventId, body } = encode(isAgain ? rest : event, isAgain ? DEFAULT_STREAM : this.stream, false);
    const payload = withSeq(body, isAgain ? given : ++this.seq);
    let status: number | undefined;
    let why: string;
    try {
      const path = "/api/audit/events?oversize=truncate";
      const answer = await this.transport.send({ method: "POST", path, body: payload });
      status = answer.status;
      why = answer.words();
      const content = answer.json();
      if ((status === 200 || status === 201) && content?.hash !== undefined) {
        const { id, hash, timestamp, replayed = false } = content;
        return { event_id: eventId, id, hash, timestamp, replayed };
      }
    } catch (error) {
      why = (error as Error).message || String((error as any).code);
    }
    const mayBeWritten = status === undefined || !((status >= 400 && status < 500) || status === 507);
    throw new AppendFailed(`the event is not acknowledged: ${why}`, status, JSON.parse(String(payload)), mayBeWritten);
  }
}

/** What somebody gave in place of something else, for a message. */
function what(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "an array" : typeof value;
}

// When there is nothing else to do: sends what it can in two seconds.
process.on("beforeExit", () => {
  for (const client of [...open]) {
    void client.close(2_000);
  }
});
