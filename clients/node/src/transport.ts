import { promises as fs } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import { isIPv4 } from "node:net";

export type Key = string | (() => string | Promise<string>);

const MAX_ANSWER_BYTES = 64 << 20;

export interface TransportOptions {
  url: string;
  key?: Key;
  keyFile?: string;
  allowHttp: boolean;
  /** Milliseconds for one answer. */
  timeout: number;
  /** Certificates in PEM that may vouch for the server, instead of the usual ones. */
  ca?: string;
}

export class Answer {
  constructor(
    readonly status: number,
    /** Milliseconds; 0 where the server did not say. */
    readonly retryAfter: number,
    /** RFC 9457: the server's own words, not a proxy's. */
    readonly isProblem: boolean,
    readonly body: any,
  ) {}

  /** Undefined where it is no JSON object. */
  json(): any {
    try {
      const value = JSON.parse(this.body.toString("utf8"));
      return typeof value === "object" && value !== null ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** What the server said, for a person. */
  words(): string {
    const detail = this.json()?.detail;
    return `HTTP ${this.status}${detail === undefined ? "" : `: ${String(detail).slice(0, 500)}`}`;
  }
}

export interface Request {
  method: string;
  path: string;
  body?: any;
  contentType?: string;
  accept?: string;
  /** Does not keep the process alive. */
  background?: boolean;
}

/** HTTP to one server: which addresses are allowed, the key, connections that are used again. */
export class Transport {
  private readonly agent: any;
  private readonly base: string;
  private readonly target: Record<string, unknown>;
  private readonly timeout: number;
  // A function, so that nothing that prints this object shows the key.
  // Asked for each request, so that a new key needs no restart.
  private readonly readKey: () => Promise<string>;

  constructor(options: TransportOptions) {
    let url: URL;
    try {
      url = new URL(options.url);
    } catch {
      throw new TypeError(`url must be that of the server, for instance https://audit.example.com`);
    }
    const isHttps = url.protocol === "https:";
    if ((!isHttps && url.protocol !== "http:") || url.username || url.search || url.hash) {
      throw new TypeError("url must be http:// or https://, a host and perhaps a path, without a user or a query");
    }
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const isLoopback = host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."));
    if (!isHttps && !options.allowHttp && !isLoopback) {
      throw new TypeError(
        `url is plain http to ${host}, where others can read the key; use https, or allowHttp if the network is yours`,
      );
    }
    if (options.key !== undefined && options.keyFile !== undefined) {
      throw new TypeError("key and keyFile exclude each other");
    }
    this.timeout = options.timeout;
    this.readKey = async () => checkedKey(await givenKey(options));
    this.base = url.pathname.replace(/\/+$/, "");
    this.agent = new (isHttps ? https : http).Agent({ keepAlive: true });
    this.target = { protocol: url.protocol, host, port: url.port || undefined, ca: options.ca, agent: this.agent };
  }

  /** The server's answer, whatever its status; rejects if there is none. */
  async send(request: Request): Promise<Answer> {
    const headers: Record<string, string | number> = {
      Accept: request.accept ?? "application/json",
      Authorization: `Bearer ${await this.readKey()}`,
      "User-Agent": "tallystick-node",
    };
    if (request.body !== undefined) {
      headers["Content-Type"] = request.contentType ?? "application/json";
      headers["Content-Length"] = request.body.length;
    }
    try {
      return await this.exchange(request, headers);
    } catch (error) {
      if ((error as any).reusedSocket) {
        // The server closed it while it was idle. To send an event again is safe: it has an event_id.
        return this.exchange(request, headers);
      }
      throw error;
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(request: Request, headers: Record<string, string | number>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { method, path } = request;
      const module = this.target.protocol === "https:" ? https : http;
      const sent = module.request({ ...this.target, method, path: this.base + path, headers });
      const fail = (error: Error): void => {
        clearTimeout(timer);
        sent.destroy();
        const wasClosed = sent.reusedSocket && ["ECONNRESET", "EPIPE"].includes((error as any).code);
        reject(Object.assign(error, { reusedSocket: wasClosed }));
      };
      const timer = setTimeout(() => fail(new Error(`no answer in ${this.timeout} ms`)), this.timeout);
      if (request.background) {
        timer.unref();
        sent.on("socket", (socket: any) => socket.unref());
      }
      sent.on("error", fail);
      sent.on("response", (response: any) => {
        const parts: any[] = [];
        let size = 0;
        response.on("data", (part: any) => {
          parts.push(part);
          size += part.length;
          if (size > MAX_ANSWER_BYTES) {
            fail(new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`));
          }
        });
        response.on("aborted", () => fail(new Error("the connection was cut within the answer")));
        response.on("error", fail);
        response.on("end", () => {
          clearTimeout(timer);
          const isProblem = /^application\/problem\+json\b/.test(response.headers["content-type"] ?? "");
          const retryAfter = milliseconds(response.headers["retry-after"]);
          resolve(new Answer(response.statusCode, retryAfter, isProblem, Buffer.concat(parts)));
        });
      });
      sent.end(request.body);
    });
  }
}

async function givenKey({ key, keyFile }: TransportOptions): Promise<string> {
  if (keyFile !== undefined) {
    return fs.readFile(keyFile, "utf8");
  }
  return typeof key === "function" ? key() : (key ?? process.env.TALLY_API_KEY ?? "");
}

function checkedKey(text: string): string {
  const key = String(text).trim();
  if (!/^[!-~]+$/.test(key)) {
    throw new Error("the API key is missing or malformed; give key, keyFile or the variable TALLY_API_KEY");
  }
  return key;
}

function milliseconds(retryAfter: string | undefined): number {
  if (retryAfter === undefined) {
    return 0;
  }
  const value = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return value > 0 ? value : 0;
}
