// Requests to the server: time-outs, problems as errors, the end of the session, and event streams.
import { toAddress } from './address.js';
import { parseExact } from './exact.js';

const TIMEOUT_MS = 30_000;

let csrfToken = '';
let onSignedOut = () => {};

export const setCsrf = (token) => (csrfToken = token);
export const whenSignedOut = (listener) => (onSignedOut = listener);

/** A request that failed: the server's message, or why there is none. */
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
    // A proxy's answer, for instance, is no problem document.
  }
  const titles = { 403: 'Not permitted', 404: 'Not found', 410: 'No longer in the log', 422: 'Invalid input', 429: 'Too many attempts', 503: 'Not available now' };
  return new ApiError(response.status, detail, titles[response.status]);
}

/** Sends a request. Throws an ApiError unless the answer is 2xx. */
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

/** An answer from the index, and if that is behind the log the last entry that it covers, '' if that is not told; otherwise null. */
export async function indexed(path, options) {
  const response = await send(path, options);
  const notice = response.headers.get('Tallystick-Index');
  const behind = /answered-through=(\d+)/.exec(notice ?? '');
  return { answer: parseExact(await response.text()), covers: behind ? Number(behind[1]) : notice && '' };
}
export const text = async (path, options) => (await send(path, { accept: 'text/plain, */*', ...options })).text();
export const bytes = async (path, options) =>
  new Uint8Array(await (await send(path, { accept: 'application/octet-stream', ...options })).arrayBuffer());

/** The answer to a request, or null if what it asks for does not exist or was removed. */
export async function orNull(request) {
  try {
    return await request;
  } catch (e) {
    if (e instanceof ApiError && [404, 410].includes(e.status)) return null;
    throw e;
  }
}

/** Reads server-sent events until the stream ends, and calls on(event, data) for each. */
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
