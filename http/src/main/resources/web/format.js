// Times, numbers and texts for people.
import { h } from './preact.js';

const ODD =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

const NAMED = { 0: 'NUL', 7: 'BEL', 8: 'BS', 9: 'TAB', 10: 'LF', 11: 'VT', 12: 'FF', 13: 'CR', 27: 'ESC', 127: 'DEL' };

/** The text with every invisible or direction-changing character shown by its name. */
export function visible(value) {
  const text = String(value ?? '');
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(ODD)) {
    if (found.index > at) parts.push(text.slice(at, found.index));
    const code = found[0].codePointAt(0);
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    parts.push(h('span', { class: 'odd', title: name }, NAMED[code] || name));
    at = found.index + found[0].length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

const two = (n) => String(n).padStart(2, '0');

const localDate = (t) => `${String(t.getFullYear()).padStart(4, '0')}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
const localClock = (t) => `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;

/** What the local clock is ahead of UTC at this time. It tells the two apart when an hour happens twice. */
export function offset(t) {
  const minutes = -t.getTimezoneOffset();
  const abs = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
}

/** Local date, time of day to the millisecond, and UTC offset. */
export function localTime(iso) {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return [String(iso), '', ''];
  return [localDate(t), `${localClock(t)}.${String(t.getMilliseconds()).padStart(3, '0')}`, offset(t)];
}

/** The minute, for times that nobody compares to the second. */
export const localMinute = (iso) => {
  const [date, clock, ahead] = localTime(iso);
  return `${date} ${clock.slice(0, 5)} ${ahead}`;
};

export const utcTime = (iso) => String(iso).replace('T', ' ').replace('Z', ' UTC');

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

const NUMBER = new Intl.NumberFormat('en');
export const count = (n) => (n === null || n === undefined ? '–' : NUMBER.format(n));
export const counted = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export function age(iso) {
  const seconds = Math.max(0, (Date.now() - new Date(iso).getTime()) / 1000);
  if (seconds < 45) return 'just now';
  if (seconds < 5400) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

export function duration(ms) {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

const FILTER_TIME = /^(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?$/i;

/**
 * The instant that the server applies for a since or until: {second, fraction}, the digits of the fraction being exact.
 * Without an offset a time is UTC. A date begins at 00:00 UTC, and an until includes all of its day.
 */
export function applied(text, isEnd) {
  const [, date, clock, fraction, ahead] = FILTER_TIME.exec(text) || [];
  if (!date) return null;
  const second = new Date(clock ? `${date}T${clock}${(ahead || 'Z').toUpperCase()}` : isEnd ? `${date}T23:59:59Z` : `${date}T00:00:00Z`);
  if (Number.isNaN(second.getTime())) return null;
  return { second, fraction: (clock ? fraction || '' : isEnd ? '999999999' : '').replace(/0+$/, '') };
}

const withFraction = (text, digits) => (digits ? `${text}.${digits}` : text);

/** The instant on the local clock, with every digit. */
export const localInstant = ({ second, fraction }) => `${localDate(second)} ${withFraction(localClock(second), fraction)} ${offset(second)}`;

/** The instant in UTC, as the server reads it. */
export const isoInstant = ({ second, fraction }) => `${withFraction(second.toISOString().slice(0, 19), fraction)}Z`;

/** The instant for an input of type datetime-local, which has three digits of the fraction; and back. */
export const toInput = ({ second, fraction }) => `${localDate(second)}T${withFraction(localClock(second), fraction && fraction.slice(0, 3).padEnd(3, '0'))}`;
export const fromInput = (local) => (local ? new Date(local).toISOString().replace('.000Z', 'Z') : '');

/** The instants that look like this one on the local clock: two in an hour that happens twice. */
export const alike = ({ second, fraction }) =>
  [-60, -30, 0, 30, 60]
    .map((minutes) => ({ second: new Date(second.getTime() + minutes * 60_000), fraction }))
    .filter((other) => toInput(other) === toInput({ second, fraction }));

export const short = (hex, n = 8) => (hex && hex.length > 2 * n + 1 ? `${hex.slice(0, n)}…${hex.slice(-n)}` : hex);
