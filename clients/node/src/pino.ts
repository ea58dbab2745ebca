// A transport for pino: {target: "tallystick/pino", options: {url, keyFile, mode, spool, eventType}}
import { Writable } from "node:stream";
import { AuditClient, OPTIONS } from "./client";
import type { AuditClientOptions } from "./client";
import { EVENT_FIELDS } from "./event";
import type { AuditEvent } from "./event";
import { warn } from "./sender";

/** The options of a client, and the type of events that do not say theirs; default `app.log`. */
export type PinoOptions = AuditClientOptions & { eventType?: string };

const PINO_OPTIONS: ReadonlySet<string> = new Set(["$context", "pinoWillSendConfig", "dedupe"]);

/** Appends each record: `msg` as `action`, `level` as `severity`, fields of events as they are, the rest as details. */
export default async function transport(options: PinoOptions): Promise<any> {
  const { eventType = "app.log", ...given } = options;
  // pino adds options of its own, and another version may add others: no reason to log nothing.
  const unknown = Object.keys(given).filter((name) => !OPTIONS.has(name) && !PINO_OPTIONS.has(name));
  if (unknown.length > 0) {
    warn(`unknown option ${unknown.join(", ")}`);
  }
  const own = Object.entries(given).filter(([name]) => OPTIONS.has(name));
  const client = await AuditClient.open(Object.fromEntries(own) as unknown as AuditClientOptions);
  let rest = "";
  const append = async (line: string): Promise<void> => {
    try {
      await client.append(toEvent(JSON.parse(line), eventType));
    } catch (error) {
      // An error here would end the transport, and with it every record to come.
      warn(`a record was not appended: ${(error as Error).message}`);
    }
  };
  return new Writable({
    write(chunk: any, _encoding: string, done: () => void) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      void Promise.all(lines.filter(Boolean).map(append)).then(() => done());
    },
    final(done: () => void) {
      void (rest ? append(rest) : Promise.resolve()).then(() => client.close()).then(() => done());
    },
  });
}

// Characters; what is longer than the log's limits is cut there, and named in `altered`.
const LONGEST_TEXT = 4096;
const LONGEST_DETAILS = 48_000;

export function toEvent(record: Record<string, any>, eventType: string): AuditEvent {
  const { level, time, msg, details, ...rest } = record;
  const event: Record<string, unknown> = { event_type: eventType, severity: severity(level) };
  if (typeof time === "number") {
    event.occurred_at = new Date(time).toISOString();
  }
  const message: Record<string, unknown> = {};
  if (typeof msg === "string") {
    event.action = msg.slice(0, 256);
    if (Buffer.byteLength(msg) > 256) {
      message.message = msg.slice(0, LONGEST_TEXT);
    }
  }
  let extra: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(rest)) {
    if (EVENT_FIELDS.has(name)) {
      event[name] = typeof value === "string" ? value.slice(0, LONGEST_TEXT) : value;
    } else {
      extra[name] = value;
    }
  }
  const isObject = typeof details === "object" && details !== null && !Array.isArray(details);
  extra = { ...extra, ...(isObject ? details : details === undefined ? {} : { details }) };
  // Whatever somebody logs is recorded somehow, or who chooses its length could choose not to be logged.
  if (Buffer.byteLength(JSON.stringify(extra)) > LONGEST_DETAILS) {
    extra = {
      left_out: Object.keys(extra)
        .slice(0, 100)
        .map((name) => name.slice(0, 100)),
    };
  }
  event.details = { ...message, ...extra };
  return event as unknown as AuditEvent;
}

function severity(level: unknown): string {
  const number = typeof level === "number" ? level : 30;
  return number >= 60 ? "critical" : number >= 50 ? "high" : number >= 40 ? "medium" : "informational";
}
