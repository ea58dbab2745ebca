// Elements by name, and the small parts that the views share.
import { h, render, Fragment } from './preact.js';
import { toAddress } from './address.js';
import { useEffect, useRef, useState } from './hooks.js';
import { age, localTime, utcTime, visible } from './format.js';

export { h, render, Fragment };

const isProps = (x) => x !== null && typeof x === 'object' && x.constructor === Object;

/** Links and images name paths of this server; a proxy may serve them under another. */
const addressed = (props) => {
  const { href, src } = props;
  return href || src ? { ...props, ...(href && { href: toAddress(href) }), ...(src && { src: toAddress(src) }) } : props;
};

/** el.div({class: 'x'}, child, …) or el.div(child, …). Text is always text. */
export const el = new Proxy(
  {},
  { get: (_, tag) => (...args) => (isProps(args[0]) ? h(tag, addressed(args[0]), ...args.slice(1)) : h(tag, null, ...args)) },
);

const PATHS = {
  auth: 'M8 1.5a3 3 0 0 1 3 3v2H5v-2a3 3 0 0 1 3-3zM3.5 6.5h9v8h-9zM8 9.5v2',
  user: 'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14.5c0-3 2.4-4.5 5.5-4.5s5.5 1.500 5.5 4.5',
  api_key: 'M10.500 2a3.500 3.500 0 1 1-2.800 5.600L2 13.300V14.500h2.500v-2h2v-2M11 5.200v.1',
  credential: 'M1.500 3.500h13v9h-13zM4 7a1.500 1.500 0 1 0 3 0 1.500 1.500 0 0 0-3 0M3.500 10.500h4M10 6.500h2.500M10 9h2.500',
  job: 'M2 5h12v8.500H2zM5.500 5V2.500h5V5M2 9h12',
  quota: 'M2 12a6 6 0 1 1 12 0M8 12l3-4M2 12h2M12 12h2',
  config: 'M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7M9 2.800v3.400h3V2.800zM4 9.800v3.400h3V9.800z',
  provider: 'M4.500 12.500a3 3 0 0 1-.5-6 4 4 0 0 1 7.800-.500A3.300 3.300 0 0 1 12 12.500z',
  security: 'M8 1.500l5.500 2v4.500c0 3.500-2.500 5.500-5.500 6.500-3-1-5.500-3-5.500-6.500V3.500zM8 5v3.500M8 10.600v.1',
  audit: 'M3 2h10v12H3zM5.500 5h5M5.500 8h5M5.500 11h3',
  other: 'M8 2.500l5.500 5.500L8 13.500 2.500 8z',
  check: 'M2.500 8.500l3.500 3.500 7.500-8',
  cross: 'M3.500 3.500l9 9M12.500 3.500l-9 9',
  warn: 'M8 2l6.500 12h-13zM8 6.500v3.500M8 12v.1',
  info: 'M8 14.500a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM8 7.500v4M8 4.700v.1',
  down: 'M3.500 6l4.500 4.500L12.500 6',
  left: 'M10 3.500L5.500 8l4.500 4.500',
  right: 'M6 3.500l4.500 4.500L6 12.500',
  download: 'M8 2v8M4.500 7L8 10.500 11.500 7M2.500 13.500h11',
  copy: 'M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3',
  link: 'M6.500 9.500l3-3M7 4.500l1.500-1.500a2.800 2.800 0 0 1 4 4L11 8.500M9 11.500L7.500 13a2.800 2.800 0 0 1-4-4L5 7.500',
  live: 'M8 9a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM4.800 11.200a4.500 4.500 0 0 1 0-6.400M11.200 4.800a4.500 4.500 0 0 1 0 6.400M2.600 13.400a7.600 7.600 0 0 1 0-10.800M13.400 2.600a7.600 7.600 0 0 1 0 10.800',
  theme: 'M8 14.500a6.500 6.500 0 1 0 0-13zM8 14.500a6.500 6.500 0 0 1 0-13v13z',
  out: 'M6.500 2.500h-4v11h4M10.500 4.500L14 8l-3.500 3.500M14 8H6',
  filter: 'M2 3.500h12L9.500 9v4.500l-3-1.500V9z',
};

export function Icon({ name, label }) {
  return h(
    'svg',
    { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': label ? null : 'true', role: label ? 'img' : null },
    label ? h('title', null, label) : null,
    h('path', { d: PATHS[name] || PATHS.other }),
  );
}

/** A ref that focuses the element as soon as it exists. */
export const focus = (element) => element?.focus();

export const icon = (name, label) => h(Icon, { name, label });

const KNOWN = ['auth', 'user', 'api_key', 'credential', 'job', 'quota', 'config', 'provider', 'security', 'audit'];

export const categoryOf = (type) => String(type ?? '').split('.')[0];
export const categoryClass = (category) => `cat-${KNOWN.includes(category) ? category : 'other'}`;

/** An event type with its category's colour and icon. A failed login is marked as a security event. */
export function Badge({ type }) {
  const category = categoryOf(type);
  const security = type === 'auth.login.failed' || category === 'security';
  return el.span(
    { class: `badge ${categoryClass(category)} ${security ? 'is-security' : ''}`, title: type },
    icon(KNOWN.includes(category) ? category : 'other'),
    el.span({ class: 'badge-text' }, ...visible(type)),
    security && category !== 'security' ? icon('warn', 'security event') : null,
  );
}

/** A time on the local clock with its UTC offset; UTC and every digit on hover. */
export function Time({ at }) {
  if (!at) return el.span({ class: 'dim' }, '–');
  const [date, clock, ahead] = localTime(at);
  return el.time({ datetime: at, title: utcTime(at) }, el.span({ class: 'date' }, date), ' ', el.span({ class: 'clock' }, clock), ' ', el.span({ class: 'offset' }, ahead));
}

/** How long ago, kept up to date. */
export function Age({ at }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 10_000);
    return () => clearInterval(timer);
  }, []);
  return el.time({ datetime: at, title: utcTime(at) }, age(at));
}

/** Text from the log. Its direction can't affect what is around it, and only CSS shortens it. */
export function Text({ value, clip }) {
  if (value === null || value === undefined || value === '') return el.span({ class: 'dim' }, '–');
  const text = String(value);
  return el.bdi({ class: clip ? 'clip' : null, title: clip ? text : null }, ...visible(text));
}

export function Notice({ kind = 'info', title, alert = kind === 'bad', children }) {
  const name = { bad: 'cross', good: 'check', warn: 'warn', info: 'info' }[kind];
  return el.div(
    { class: `notice is-${kind}`, role: alert ? 'alert' : null },
    icon(name),
    el.div({ class: 'notice-text' }, title ? el.strong(title) : null, children),
  );
}

/** What went wrong, in the server's words, and a button to try again. */
export function Failure({ error, retry }) {
  return h(
    Notice,
    { kind: 'bad', title: error.title || 'Something went wrong' },
    el.p(...visible(error.message)),
    retry ? el.p(el.button({ type: 'button', onClick: retry }, 'Try again')) : null,
  );
}

export const Loading = ({ what = 'Loading' }) =>
  el.div({ class: 'loading', role: 'status' }, el.span({ class: 'spinner', 'aria-hidden': 'true' }), `${what} …`);

export function Empty({ title, children }) {
  return el.div({ class: 'empty' }, el.p({ class: 'empty-title' }, title), children);
}

export function CopyButton({ text, label = 'Copy' }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setDone(true);
      setTimeout(() => setDone(false), 2_000);
    } catch {
      setDone(false);
    }
  };
  return el.button({ type: 'button', class: 'quiet copy', onClick: copy }, icon(done ? 'check' : 'copy'), done ? 'Copied' : label);
}

/** Downloads this content as a file. */
export function save(content, name) {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A modal dialog. Escape closes it. */
export function Dialog({ title, onClose, children }) {
  const ref = useRef(null);
  useEffect(() => {
    const dialog = ref.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return el.dialog(
    { ref, 'aria-labelledby': 'dialog-title', onCancel: (e) => (e.preventDefault(), onClose()) },
    el.h2({ id: 'dialog-title' }, title),
    children,
  );
}

/** Closes a popover on Escape, or when the focus or a click goes elsewhere. */
export function useDismiss(ref, open, close) {
  useEffect(() => {
    if (!open) return undefined;
    const away = (e) => !ref.current?.contains(e.target) && close();
    const escape = (e) => e.key === 'Escape' && (close(), ref.current?.querySelector('button, summary')?.focus());
    document.addEventListener('pointerdown', away);
    document.addEventListener('focusin', away);
    document.addEventListener('keydown', escape);
    return () => {
      document.removeEventListener('pointerdown', away);
      document.removeEventListener('focusin', away);
      document.removeEventListener('keydown', escape);
    };
  }, [open]);
}

/** A table whose rows become cards on a phone. Rows need the role “row”; cell() makes their cells. */
export function StackTable({ label, columns, children, class: name }) {
  return el.div(
    { class: 'table-frame', tabIndex: 0, role: 'region', 'aria-label': label },
    el.table(
      { class: `stack ${name || ''}`, role: 'table', 'aria-label': label },
      el.thead({ role: 'rowgroup' }, el.tr({ role: 'row' }, columns.map((c) => el.th({ key: c, role: 'columnheader', scope: 'col' }, c || el.span({ class: 'hidden' }, 'Actions'))))),
      el.tbody({ role: 'rowgroup' }, children),
    ),
  );
}

export const cell = (label, ...content) => el.td({ role: 'cell', 'data-label': label || null }, el.div(content));

/** A label, its control, and a hint. */
export const Field = ({ label, hint, children, class: name }) =>
  el.label({ class: `field ${name || ''}` }, el.span({ class: 'field-label' }, label), children, hint ? el.span({ class: 'hint' }, hint) : null);
