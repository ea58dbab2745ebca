import type { AuditClient } from "./client";
import type { AuditEvent } from "./event";

export interface ExpressOptions {
  /** Makes the event of a request, or undefined for none. `status` is undefined where the client went away before. */
  describe?: (request: any, status: number | undefined, milliseconds: number) => AuditEvent | undefined;
}

// Characters; what is longer than the log's limits is cut there, and named in `altered`.
const LONGEST_TEXT = 4096;

/**
 * The default: every request that is not GET, HEAD or OPTIONS, and every one that was refused or failed.
 * The query string is left out, since it may hold secrets.
 */
export function describeRequest(
  request: any,
  status: number | undefined,
  milliseconds: number,
): AuditEvent | undefined {
  const failed = status === undefined || status >= 400;
  if (["GET", "HEAD", "OPTIONS"].includes(request.method) && !failed) {
    return undefined;
  }
  const path = String(request.originalUrl ?? request.url)
    .split("?", 1)[0]
    .slice(0, LONGEST_TEXT);
  return {
    event_type: "http.request",
    outcome: status === undefined ? "unknown" : failed ? "failure" : "success",
    actor_ip: request.ip ?? request.socket?.remoteAddress,
    actor_username: request.user?.username,
    user_agent: request.headers["user-agent"]?.slice(0, LONGEST_TEXT),
    action: `${request.method} ${path}`,
    details: { method: request.method, path, status: status ?? null, duration_ms: Math.round(milliseconds) },
  };
}

/**
 * Middleware for Express, or for anything that calls with Node's request, response and `next`. The event is appended
 * before the response ends, so whoever has the whole response knows that it was accepted as the client's mode says.
 * If the append fails, the response is cut.
 */
export function auditMiddleware(client: AuditClient, options: ExpressOptions = {}) {
  const describe = options.describe ?? describeRequest;
  return (request: any, response: any, next: (error?: unknown) => void): void => {
    const begun = Date.now();
    const end = response.end;
    let recorded = false;
    const record = async (status: number | undefined): Promise<void> => {
      recorded = true;
      const event = describe(request, status, Date.now() - begun);
      if (event !== undefined) {
        await client.append(event);
      }
    };
    response.end = (...parts: unknown[]): unknown => {
      if (recorded) {
        return end.apply(response, parts);
      }
      record(response.statusCode).then(
        () => end.apply(response, parts),
        (error) => response.destroy(error),
      );
      return response;
    };
    response.once("close", () => {
      if (!recorded) {
        record(undefined).catch((error) => process.emitWarning(`a request is not recorded: ${error.message}`));
      }
    });
    next();
  };
}
