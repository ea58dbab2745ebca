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

/** Date and time of day here, to the millisecond. */
export function localTime(iso) {
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return [String(iso), ''];
  return [
    `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`,
    `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}.${String(t.getMilliseconds()).padStart(3, '0')}`,
  ];
}

export const utcTime = (iso) => String(iso).replace('T', ' ').replace('Z', ' UTC');

export const zone = () => {
  const minutes = -new Date().getTimezoneOffset();
  const abs = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(abs / 60))}:${two(abs % 60)}`;
};

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

/** A time for an input of type datetime-local, and back to UTC. */
export function toInput(iso) {
  if (!iso) return '';
  const t = new Date(/T/.test(iso) && !/(Z|[+-]\d\d:\d\d)$/.test(iso) ? `${iso}Z` : iso);
  if (Number.isNaN(t.getTime())) return '';
  return `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}T${two(t.getHours())}:${two(t.getMinutes())}`;
}

export const fromInput = (local) => (local ? new Date(local).toISOString().replace('.000Z', 'Z') : '');

export const short = (hex, n = 8) => (hex && hex.length > 2 * n + 1 ? `${hex.slice(0, n)}…${hex.slice(-n)}` : hex);
