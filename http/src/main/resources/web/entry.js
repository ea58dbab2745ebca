// One entry: every field, its details, its exact bytes, its chain and its proof.
import { useEffect, useMemo, useRef, useState } from './hooks.js';
import { bytes } from './api.js';
import { Chain } from './chain.js';
import { lines, parseExact } from './exact.js';
import { REMOVED } from './filters.js';
import { count, localTime, utcTime, visible } from './format.js';
import { Gone, withPersonal } from './personal.js';
import { canHash, hex, leafHash } from './proof.js';
import { ProofPanel } from './proofpanel.js';
import { isLimited } from './session.js';
import { Badge, CopyButton, el, Empty, Failure, h, icon, Loading, Notice, save, Text } from './ui.js';

const FIELDS = [
  ['event_type', 'Event'], ['outcome', 'Outcome'], ['severity', 'Severity'], ['timestamp', 'Logged'], ['occurred_at', 'Occurred'], ['tenant', 'Tenant'],
  ['actor_type', 'Actor type'], ['actor_username', 'Actor name'], ['actor_id', 'Actor id'], ['actor_ip', 'Address'], ['actor_host', 'Host'], ['user_agent', 'User agent'],
  ['session_id', 'Session id'], ['action', 'Action'], ['target_type', 'Target type'], ['target_id', 'Target id'], ['target_name', 'Target name'],
  ['event_id', 'Event id'], ['request_id', 'Request id'], ['trace_id', 'Trace id'], ['source', 'Source'], ['source_seq', 'Sequence'], ['altered', 'Altered on the way in'],
];
// What filters call the source of the log's own entries, which have none.
const BY_LOG = '(log)';
// Most entries have none of these, so that they are only shown where they are set.
const SPARSE = ['outcome', 'severity', 'tenant', 'actor_type', 'actor_host', 'session_id', 'target_name', 'event_id', 'trace_id', 'source_seq', 'altered'];
const NOT_FILTERED = ['timestamp', 'occurred_at', 'user_agent', 'action', 'source_seq', 'altered'];

function Value({ name, value, erased }) {
  if (erased) return el.span({ class: 'tag is-erased' }, 'erased');
  if (name === 'source') return value === undefined ? el.strong({ class: 'by-log' }, 'the log itself') : h(Text, { value });
  if (value === undefined) return el.span({ class: 'dim' }, '–');
  if (name === 'event_type') return h(Badge, { type: value });
  if (name === 'timestamp' || name === 'occurred_at') {
    return el.span({ class: 'two' }, el.span(localTime(value).join(' ')), el.span({ class: 'dim sub mono' }, utcTime(value)));
  }
  return h(Text, { value: Array.isArray(value) ? value.join(', ') : value });
}

function Fields({ entry, erased }) {
  return el.dl(
    { class: 'facts fields' },
    FIELDS.filter(([name]) => entry[name] !== undefined || erased[name] || !SPARSE.includes(name)).map(([name, label]) => [
      el.dt({ key: `t${name}` }, label),
      el.dd(
        { key: `d${name}`, 'data-field': name },
        h(Value, { name, value: entry[name], erased: erased[name] }),
        !NOT_FILTERED.includes(name) && (entry[name] !== undefined || name === 'source')
          ? el.a({ class: 'quiet button same', href: `/?${new URLSearchParams({ [name]: String(entry[name] ?? BY_LOG) })}`, title: `Entries with the same ${label.toLowerCase()}`, 'aria-label': `Entries with the same ${label.toLowerCase()}` }, icon('filter'))
          : null,
      ),
    ]),
  );
}

/** The text with every match of the search marked. */
function marked(text, search) {
  if (!search) return visible(text);
  const parts = [];
  const low = text.toLowerCase();
  let at = 0;
  for (let i = low.indexOf(search); i >= 0 && low.length === text.length; i = low.indexOf(search, at)) {
    parts.push(...visible(text.slice(at, i)), el.mark(...visible(text.slice(i, i + search.length))));
    at = i + search.length;
  }
  return [...parts, ...visible(text.slice(at))];
}

function Details({ details }) {
  const [search, setSearch] = useState('');
  const all = useMemo(() => lines(details), [details]);
  const wanted = search.trim().toLowerCase();
  const hits = wanted ? all.filter((l) => l.parts.some((p) => p.kind !== 'mark' && p.text.toLowerCase().includes(wanted))).length : 0;
  return el.section(
    { class: 'card', id: 'details', 'aria-labelledby': 'details-title' },
    el.div(
      { class: 'card-head' },
      el.h2({ id: 'details-title' }, 'Details'),
      el.span({ class: 'dim', role: 'status' }, wanted ? `${hits} of ${all.length} lines` : ''),
      el.input({ type: 'search', placeholder: 'Find in details', 'aria-label': 'Find in details', value: search, onInput: (e) => setSearch(e.target.value) }),
    ),
    el.div(
      { class: 'json', tabIndex: 0, role: 'region', 'aria-label': 'Details' },
      all.map((line, i) =>
        el.div({ class: 'json-line', key: i, style: { paddingInlineStart: `${line.depth * 1.5}em` } }, line.parts.map((p) => el.span({ class: `j-${p.kind}` }, p.kind === 'mark' ? p.text : el.bdi(...marked(p.text, wanted))))),
      ),
    ),
  );
}

function dump(raw) {
  const rows = [];
  for (let at = 0; at < raw.length; at += 16) {
    const part = raw.slice(at, at + 16);
    const codes = Array.from(part, (b) => b.toString(16).padStart(2, '0'));
    const chars = Array.from(part, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : '·')).join('');
    rows.push(`${at.toString(16).padStart(6, '0')}  ${codes.slice(0, 8).join(' ').padEnd(23)}  ${codes.slice(8).join(' ').padEnd(23)}  ${chars}`);
  }
  return rows.join('\n');
}

function Exact({ id, raw, text }) {
  const [mode, setMode] = useState('text');
  return el.section(
    { class: 'card', id: 'exact', 'aria-labelledby': 'exact-title' },
    el.div(
      { class: 'card-head' },
      el.h2({ id: 'exact-title' }, 'Exact bytes'),
      el.span({ class: 'dim' }, `${count(raw.length)} bytes`),
      el.div(
        { class: 'segmented', role: 'group', 'aria-label': 'Shown as' },
        [['text', 'Text'], ['hex', 'Hex']].map(([key, label]) => el.button({ type: 'button', key, 'aria-pressed': String(mode === key), onClick: () => setMode(key) }, label)),
      ),
      h(CopyButton, { text }),
      el.button({ type: 'button', class: 'quiet', onClick: () => save(raw, `entry-${id}.json`) }, icon('download'), 'Save'),
    ),
    el.pre({ class: `bytes is-${mode}`, tabIndex: 0, role: 'region', 'aria-label': 'Exact bytes' }, mode === 'text' ? el.bdi(...visible(text)) : dump(raw)),
  );
}

function Hashes({ entry, hash }) {
  const row = (label, value) => [
    el.dt(label),
    el.dd(value ? el.code({ class: 'hash' }, value) : el.span({ class: 'dim' }, 'this browser can’t compute it'), value ? h(CopyButton, { text: value }) : null),
  ];
  return el.dl({ class: 'facts hashes' }, row('Hash', hash && hex(hash)), row('Previous hash', entry.previous_hash));
}

async function read(id) {
  const raw = await bytes(`/api/audit/entries/${id}`);
  const text = new TextDecoder('utf-8', { fatal: true }).decode(raw);
  return { raw, text, ...(await withPersonal(parseExact(text))), hash: canHash() ? await leafHash(raw) : null };
}

function backTo() {
  const url = sessionStorage.getItem('tallystick.list');
  return url?.startsWith('/') && !url.startsWith('//') ? url : '/';
}

export function EntryView({ session, id, go }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0);
  const title = useRef(null);
  useEffect(() => {
    setError(null);
    read(id).then(setFound, setError);
  }, [id, round]);
  useEffect(() => {
    const shortcut = (e) => {
      if (e.target.closest('input, textarea, dialog') || e.ctrlKey || e.metaKey || e.altKey) return;
      // Only while the entry has the focus: elsewhere a screen reader or browser may use the letter.
      const link = e.target.closest('.entry-view') && { p: '[rel=prev]', n: '[rel=next]' }[e.key];
      if (link) document.querySelector(link)?.click();
      if (e.key === 'Escape') go(backTo());
    };
    addEventListener('keydown', shortcut);
    return () => removeEventListener('keydown', shortcut);
  }, []);
  useEffect(() => title.current?.focus(), [found]);
  const head = el.div(
    { class: 'entry-head' },
    el.a({ href: backTo(), class: 'back' }, icon('left'), 'Entries'),
    el.h1({ tabIndex: -1, ref: title }, 'Entry ', el.span({ class: 'num' }, count(Number(id)))),
    found ? h(Badge, { type: found.entry.event_type }) : null,
    el.span({ class: 'dim wide-only keys-hint' }, isLimited(session) ? null : [el.kbd('p'), ' previous · ', el.kbd('n'), ' next · '], el.kbd('Esc'), ' back'),
  );
  if (error?.status === 404) return el.div({ class: 'view' }, head, h(Empty, { title: `There is no entry ${id}` }, el.p(isLimited(session) ? 'None of the entries that your key sees has this id.' : 'The newest entry of the log has a lower id.')));
  if (error?.status === 410) {
    return el.div(
      { class: 'view' },
      head,
      h(Empty, { title: `Entry ${count(Number(id))} was removed by retention` }, el.p({ class: 'lead' }, ...visible(error.message)), el.p(el.a({ href: REMOVED }, 'Show what retention removed'))),
    );
  }
  if (error) return el.div({ class: 'view' }, head, h(Failure, { error, retry: () => setRound(round + 1) }));
  if (!found) return el.div({ class: 'view' }, head, h(Loading, { what: 'Reading the entry' }));
  const { entry, erased, damaged, raw, text, hash } = found;
  return el.div(
    { class: 'view entry-view' },
    head,
    String(entry.id) === id ? null : h(Notice, { kind: 'bad', title: `The server sent entry ${String(entry.id)} instead` }),
    h(Gone, { erased, damaged }),
    el.div(
      { class: 'entry-grid' },
      el.div(
        { class: 'column' },
        el.section({ class: 'card', 'aria-label': 'Fields' }, h(Fields, { entry, erased }), h(Hashes, { entry, hash })),
        entry.details === undefined ? null : h(Details, { details: entry.details }),
        h(Exact, { id, raw, text }),
      ),
      el.div({ class: 'column' }, h(ProofPanel, { id, raw }), hash && !isLimited(session) ? h(Chain, { id, entry, hash }) : null),
    ),
  );
}
