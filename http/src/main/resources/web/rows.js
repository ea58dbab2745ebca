// The table of entries.
import { useEffect, useRef, useState } from './hooks.js';
import { count, visible } from './format.js';
import { Badge, el, h, icon, Text, Time } from './ui.js';

/** Details in one line. */
function inline(details) {
  if (details === null || details === undefined) return null;
  const parts = Object.entries(details).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return parts.join(' · ');
}

function Actor({ entry }) {
  return el.span(
    { class: 'two' },
    el.span(
      { class: 'one-line' },
      entry.actor_username === null && entry.actor_id === null ? el.span({ class: 'dim' }, '–') : null,
      entry.actor_username !== null ? h(Text, { value: entry.actor_username, clip: true }) : null,
      entry.actor_id !== null ? el.span({ class: 'num dim one-line' }, entry.actor_username === null ? 'id' : null, h(Text, { value: entry.actor_id, clip: true })) : null,
    ),
    entry.actor_ip || entry.actor_host ? el.span({ class: 'mono dim sub one-line' }, h(Text, { value: entry.actor_ip ?? entry.actor_host, clip: true })) : null,
  );
}

function Target({ entry }) {
  if (entry.target_type === null && entry.target_id === null) return el.span({ class: 'dim' }, '–');
  return el.span(
    { class: 'two' },
    el.span({ class: 'one-line' }, h(Text, { value: entry.target_id ?? entry.target_type, clip: true })),
    entry.target_id !== null && entry.target_type !== null ? el.span({ class: 'dim sub one-line' }, h(Text, { value: entry.target_type, clip: true })) : null,
  );
}

const GRAVE = ['high', 'critical', 'fatal'];

/** What stands out about the entry, and who wrote it: a key, or the log itself. */
function Source({ entry }) {
  const { outcome, severity, source } = entry;
  return el.span(
    { class: 'dim sub one-line' },
    outcome === 'failure' ? el.span({ class: 'is-bad' }, 'failure\u00a0·\u00a0') : null,
    GRAVE.includes(severity) ? el.span({ class: 'is-bad' }, `${severity}\u00a0·\u00a0`) : null,
    source === '(log)' ? el.strong({ class: 'by-log' }, 'the log itself') : ['by\u00a0', h(Text, { value: source, clip: true })],
  );
}

function Row({ entry, fresh, focusable, onFocus, go }) {
  const details = inline(entry.details);
  const open = (e) => {
    if (e.target.closest('a') || String(getSelection())) return;
    go(`/entries/${entry.id}`);
  };
  return el.tr(
    { role: 'row', class: fresh ? 'is-fresh' : null, 'data-id': entry.id, onClick: open },
    el.td({ role: 'cell', class: 'c-id' }, el.a({ class: 'num', href: `/entries/${entry.id}`, tabIndex: focusable ? 0 : -1, onFocus }, count(entry.id))),
    el.td({ role: 'cell', class: 'c-time' }, h(Time, { at: entry.timestamp })),
    el.td({ role: 'cell', class: 'c-type' }, el.span({ class: 'two' }, h(Badge, { type: entry.event_type }), h(Source, { entry }))),
    el.td({ role: 'cell', class: 'c-actor' }, h(Actor, { entry })),
    el.td({ role: 'cell', class: 'c-action' }, entry.action === entry.event_type ? el.span({ class: 'dim' }, '–') : el.span({ class: 'one-line' }, h(Text, { value: entry.action, clip: true }))),
    el.td({ role: 'cell', class: 'c-target' }, h(Target, { entry })),
    el.td({ role: 'cell', class: 'c-details' }, details ? el.span({ class: 'clip mono', title: details }, ...visible(details.slice(0, 300))) : el.span({ class: 'dim' }, '–')),
  );
}

const COLUMNS = [
  ['c-id', 'Id'], ['c-time', 'Time'], ['c-type', 'Event'], ['c-actor', 'Actor'],
  ['c-action', 'Action'], ['c-target', 'Target'], ['c-details', 'Details'],
];

/** The rows. One of them is a tab stop; the arrow keys, j and k move the focus. */
export function Rows({ entries, fresh, go, busy }) {
  const [at, setAt] = useState(0);
  const body = useRef(null);
  useEffect(() => setAt((i) => Math.min(i, Math.max(0, entries.length - 1))), [entries.length]);
  const move = (to) => {
    const next = Math.max(0, Math.min(entries.length - 1, to));
    setAt(next);
    const link = body.current.rows[next]?.querySelector('.c-id a');
    link?.focus();
    link?.scrollIntoView({ block: 'nearest' });
  };
  const keys = (e) => {
    const focused = [...body.current.rows].findIndex((row) => row.contains(document.activeElement));
    const from = focused < 0 ? at : focused;
    const to = {
      ArrowDown: from + 1, j: from + 1, ArrowUp: from - 1, k: from - 1, Home: 0, End: entries.length - 1, PageDown: from + 15, PageUp: from - 15,
    }[e.key];
    if (to === undefined || e.altKey || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    move(to);
  };
  // The newest id is the longest.
  const idWidth = `${0.66 * count(entries[0].id).length}rem`;
  return el.table(
    { class: 'entries', style: { '--id-width': idWidth }, role: 'table', 'aria-label': 'Entries', 'aria-busy': String(busy) },
    el.thead({ role: 'rowgroup' }, el.tr({ role: 'row' }, COLUMNS.map(([name, label]) => el.th({ key: name, role: 'columnheader', scope: 'col', class: name }, label)))),
    el.tbody(
      { ref: body, role: 'rowgroup', onKeyDown: keys },
      entries.map((entry, i) => h(Row, { key: entry.id, entry, go, fresh: fresh.has(entry.id), focusable: i === at, onFocus: () => setAt(i) })),
    ),
  );
}

/** Exports every match, not only the rows that are shown. */
export function ExportMenu({ query }) {
  const ref = useRef(null);
  const formats = [
    ['ndjson', 'NDJSON', 'the exact bytes, one entry per line'],
    ['csv', 'CSV', 'for a spreadsheet'],
    ['json', 'JSON', 'one array'],
    ['bundle', 'Evidence bundle', 'with proofs that can be checked anywhere'],
  ];
  const href = (format) => {
    const all = new URLSearchParams(query);
    all.set('format', format);
    return `/api/audit/export?${all}`;
  };
  const close = (e) => {
    if (!ref.current.contains(e.relatedTarget)) ref.current.open = false;
  };
  return el.details(
    { class: 'menu', ref, onFocusOut: close, onKeyDown: (e) => e.key === 'Escape' && (ref.current.open = false, ref.current.querySelector('summary').focus()) },
    el.summary({ id: 'export' }, icon('download'), 'Export', icon('down')),
    el.ul(
      { class: 'popover' },
      formats.map(([format, label, hint]) =>
        el.li(
          { key: format },
          el.a({ href: href(format), download: format === 'bundle' ? 'evidence.zip' : `audit.${format}`, 'data-format': format, onClick: () => (ref.current.open = false) }, el.strong(label), el.span({ class: 'hint' }, hint)),
        ),
      ),
    ),
  );
}
