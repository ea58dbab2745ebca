// Asking the server: time-outs, problems as errors, the session's end, and streams of events.
import { toAddress } from './address.js';
import { parseExact } from './exact.js';

const TIMEOUT_MS = 30_000;

let csrfToken = '';
let onSignedOut = () => {};

export const setCsrf = (token) => (csrfToken = token);
export const whenSignedOut = (listener) => (onSignedOut = listener);

/** A request that was not answered as hoped: the server's sentence, or the reason there is none. */
export class ApiError extends Error {
  constructor(status, message, title) {
    super(message);
    this.status = status;
    this.title = title;
  }
}

async function problem(response) {
  let detail = `The server answered ${response.status}.`;
  try {
    detail = JSON.parse(await response.text()).detail || detail;
  } catch {
    // No problem document, so the status is all there is to say.
  }
  const titles = { 403: 'Not permitted', 404: 'Not found', 410: 'Not here any more', 422: 'Not taken', 429: 'Too many attempts', 503: 'Not now' };
  return new ApiError(response.status, detail, titles[response.status]);
}

/** Sends a request; an answer that is not 2xx is thrown. */
export async function send(path, { method = 'GET', body, accept, signal, background, timeout = TIMEOUT_MS } = {}) {
  const headers = { Accept: accept || 'application/json' };
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  if (background) headers['X-Tally-Background'] = '1';
  const late = timeout ? AbortSignal.timeout(timeout) : null;
  const signals = [signal, late].filter(Boolean);
  let response;
  try {
    response = await fetch(toAddress(path), {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signals.length ? AbortSignal.any(signals) : undefined,
      credentials: 'same-origin',
    });
  } catch (e) {
    if (signal?.aborted) throw e;
    if (late?.aborted) throw new ApiError(0, 'The server did not answer in time.', 'No answer');
    throw new ApiError(0, 'The server can’t be reached. Is it running, and are you connected?', 'No connection');
  }
  if (response.ok) return response;
  const error = await problem(response);
  if (response.status === 401 && path !== '/api/session') onSignedOut();
  throw error;
}

export const json = async (path, options) => parseExact(await (await send(path, options)).text());
export const text = async (path, options) => (await send(path, { accept: 'text/plain, */*', ...options })).text();
export const bytes = async (path, options) =>
  new Uint8Array(await (await send(path, { accept: 'application/octet-stream', ...options })).arrayBuffer());

/** What a request answers, or null where there is no such thing, or none any more. */
export async function orNull(request) {
  try {
    return await request;
  } catch (e) {
    if (e instanceof ApiError && [404, 410].includes(e.status)) return null;
    throw e;
  }
}

/** Reads server-sent events until the stream ends; on(event, data) gets each. */
export async function events(path, on, { signal, background } = {}) {
  const response = await send(path, { accept: 'text/event-stream', signal, background, timeout: 0 });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      const fields = {};
      for (const line of block.split('\n')) {
        const colon = line.indexOf(':');
        if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart();
      }
      if (fields.event) on(fields.event, parseExact(fields.data));
    }
  }
}
