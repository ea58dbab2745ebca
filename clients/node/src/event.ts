import { randomBytes } from "node:crypto";

/** The fields are in docs/http-api.md; only `event_type` is required. */
export interface AuditEvent {
  event_type: string;
  outcome?: "success" | "failure" | "unknown" | null;
  severity?: "informational" | "low" | "medium" | "high" | "critical" | "fatal" | null;
  tenant?: string | null;
  actor_type?: string | null;
  actor_id?: string | number | null;
  actor_username?: string | null;
  actor_ip?: string | null;
  user_agent?: string | null;
  actor_host?: string | null;
  session_id?: string | null;
  target_type?: string | null;
  target_id?: string | null;
  action?: string | null;
  target_name?: string | null;
  occurred_at?: string | null;
  event_id?: string | null;
  request_id?: string | null;
  trace_id?: string | null;
  details?: Record<string, unknown> | null;
}

export const EVENT_FIELDS: ReadonlySet<string> = new Set(
  (
    "event_type outcome severity tenant actor_type actor_id actor_username actor_ip user_agent actor_host session_id " +
    "target_type target_id action target_name occurred_at event_id request_id trace_id"
  ).split(" "),
);

export const DEFAULT_STREAM = "default";
/** More than any entry can have, so that what is too long is cut or refused by the server. */
export const MAX_EVENT_BYTES = 128 << 10;
export const SEQ_BYTES = '"source_seq":9223372036854775807,'.length;

/** A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then random bits. */
export function uuid7(): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

export interface Encoded {
  readonly eventId: string;
  /** JSON without `source_seq`, which is known only when the event gets its place. */
  readonly body: string;
  readonly bytes: number;
}

/** `dated` says when it happened, for an event that the log may get much later. */
export function encode(event: AuditEvent, stream: string, dated: boolean): Encoded {
  if (typeof event !== "object" || event === null || typeof event.event_type !== "string") {
    throw new TypeError('an event must have a string event_type, for instance {event_type: "auth.login.failed"}');
  }
  const fields: Record<string, unknown> = { ...event };
  if (fields.source_seq !== undefined) {
    throw new TypeError("source_seq is counted by the client; leave it out");
  }
  fields.event_id = event.event_id ?? uuid7();
  if (dated) {
    fields.occurred_at = event.occurred_at ?? new Date().toISOString();
  }
  if (stream !== DEFAULT_STREAM) {
    const details = event.details ?? {};
    if ("stream" in details) {
      throw new TypeError('details must not have "stream", which is where the client puts its stream');
    }
    fields.details = { ...details, stream };
  }
  const body = JSON.stringify(fields, refuseNonFinite);
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_EVENT_BYTES - SEQ_BYTES) {
    throw new RangeError(`an event must have at most ${MAX_EVENT_BYTES - SEQ_BYTES} bytes as JSON, but had ${bytes}`);
  }
  return { eventId: String(fields.event_id), body, bytes };
}

/** JSON.stringify would write null, and the log would say that there was no value. */
function refuseNonFinite(name: string, value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`${name} must be a finite number, but was ${value}`);
  }
  return value;
}

export function withSeq(body: string, seq: number): any {
  return Buffer.from(`{"source_seq":${seq},${body.slice(1)}`);
}
