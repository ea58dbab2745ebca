// The signed checkpoints, and who else has signed them.
import { useEffect, useState } from './hooks.js';
import { json, text } from './api.js';
import { count, short, visible } from './format.js';
import { canHash, parseKey, pin, pinned, unpin } from './proof.js';
import { Age, cell, CopyButton, el, Empty, Failure, h, icon, Loading, Notice, save, StackTable, Time } from './ui.js';

const PAGE = 100;

function historyPath(beforeSize) {
  const before = beforeSize === undefined ? '' : `&before_size=${beforeSize}`;
  return `/api/audit/checkpoints?limit=${PAGE}${before}`;
}

function Notarised({ checkpoint }) {
  const marks = [];
  const mark = (what) => el.span({ class: 'mark-line' }, el.span({ class: 'is-good' }, icon('check')), what);
  if (checkpoint.timestamped) {
    marks.push(el.li(
      mark(el.span('timestamp ', checkpoint.timestamp ? h(Time, { at: checkpoint.timestamp }) : 'that can’t be read')),
      el.a({ class: 'button quiet', href: `/api/audit/checkpoints/${checkpoint.size}/timestamp`, download: `checkpoint-${checkpoint.size}.tsr`, 'aria-label': `Download the timestamp of checkpoint ${checkpoint.size}` }, icon('download'), '.tsr'),
    ));
  }
  for (const name of checkpoint.cosigners) marks.push(el.li(mark(el.span('cosigned by ', el.bdi(...visible(name))))));
  return marks.length ? el.ul(marks) : el.span({ class: 'dim' }, 'not by others');
}

function NoteText({ size }) {
  const [note, setNote] = useState(null);
  const load = (e) => {
    if (e.target.open && note === null) text(`/api/audit/checkpoints/${size}`).then(setNote, (error) => setNote(error.message));
  };
  return el.details({ onToggle: load }, el.summary('Note'), el.pre({ class: 'bytes', tabIndex: 0 }, note ?? 'Reading …'));
}

function Identity({ log }) {
  const [keys, setKeys] = useState(null);
  const [trusted, setTrusted] = useState(pinned());
  useEffect(() => {
    if (canHash()) Promise.all(log.verifier_keys.map(parseKey)).then(setKeys, () => setKeys([]));
  }, [log]);
  const trust = (vkey) => {
    pin(vkey);
    setTrusted(pinned());
  };
  const forget = () => {
    unpin();
    setTrusted(null);
  };
  const strange = trusted && !log.verifier_keys.some((k) => trusted.keys.includes(k));
  return el.section(
    { class: 'card', 'aria-labelledby': 'identity-title' },
    el.h2({ id: 'identity-title' }, 'This log'),
    strange ? h(Notice, { kind: 'bad', title: 'The log’s verifier key has changed' }, el.p('It is not the one that you trusted in this browser.')) : null,
    el.dl(
      { class: 'facts' },
      el.dt('Origin'), el.dd(el.bdi(log.origin)),
      el.dt('Created'), el.dd(h(Time, { at: log.created_at })),
      (keys ?? []).map((key, i) => [
        el.dt(i ? 'Older key' : 'Verifier key'),
        el.dd(
          { class: 'key-line' },
          el.code({ class: 'fingerprint' }, key.fingerprint),
          el.span({ class: 'key-actions' },
            h(CopyButton, { text: key.vkey, label: 'Copy the key' }),
            trusted?.keys.includes(key.vkey)
              ? [el.span({ class: 'is-good mark-line' }, icon('check'), 'trusted here'), el.button({ type: 'button', class: 'quiet', onClick: forget }, 'Stop trusting it')]
              : i ? null : el.button({ type: 'button', onClick: () => trust(key.vkey) }, 'I compared the fingerprint: trust this key')),
        ),
      ]),
    ),
  );
}

function History({ first }) {
  const [checkpoints, setCheckpoints] = useState(first.checkpoints);
  const [next, setNext] = useState(first.next_before_size);
  const [error, setError] = useState(null);
  const [loading, setLoading] = useState(false);
  const more = async () => {
    setLoading(true);
    setError(null);
    try {
      const page = await json(historyPath(next));
      setCheckpoints([...checkpoints, ...page.checkpoints]);
      setNext(page.next_before_size);
    } catch (e) {
      setError(e);
    }
    setLoading(false);
  };
  return el.section(
    { class: 'card', 'aria-labelledby': 'history-title' },
    el.h2({ id: 'history-title' }, 'History'),
    h(
      StackTable,
      { label: 'Checkpoints', class: 'checkpoints', columns: ['Entries', 'Signed', 'Root', 'Notarised', 'Note'] },
      checkpoints.map((c) =>
        el.tr(
          { role: 'row', key: c.size, 'data-size': c.size },
          cell('Entries', el.strong({ class: 'num' }, count(c.size))),
          cell('Signed', h(Time, { at: c.signed_at }), ' ', el.span({ class: 'dim' }, h(Age, { at: c.signed_at }))),
          cell('Root', el.code({ title: c.root }, short(c.root, 10))),
          cell('Notarised', h(Notarised, { checkpoint: c })),
          cell('Note', el.div({ class: 'note-cell' }, h(NoteText, { size: c.size }), el.a({ class: 'button quiet', href: `/api/audit/checkpoints/${c.size}`, download: `checkpoint-${c.size}.note`, 'aria-label': `Download checkpoint ${c.size}` }, icon('download')))),
        ),
      ),
    ),
    error ? h(Failure, { error, retry: more }) : null,
    next === null ? null : el.p(el.button({ type: 'button', id: 'older', disabled: loading, onClick: more }, 'Show older checkpoints')),
  );
}

export function CheckpointsView() {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0);
  const again = () => setRound((n) => n + 1);
  useEffect(() => {
    setError(null);
    Promise.all([json(historyPath()), json('/api/audit/log')]).then(([history, log]) => setFound({ history, log, round }), setError);
  }, [round]);
  const seal = async () => {
    try {
      save(await text('/api/audit/checkpoints/newest'), 'checkpoint.note');
      again();
    } catch (e) {
      setError(e);
    }
  };
  return el.div(
    { class: 'view' },
    el.div({ class: 'view-head' }, el.h1('Checkpoints'), el.button({ type: 'button', class: 'primary', id: 'seal', onClick: seal }, icon('download'), 'Seal everything and download')),
    el.p({ class: 'lead' }, 'A checkpoint seals every entry before it: a signed root of all their hashes. A copy of one that you keep elsewhere exposes any later change.'),
    error ? h(Failure, { error, retry: again }) : null,
    !found && !error ? h(Loading, { what: 'Reading the history' }) : null,
    found
      ? [
          h(Identity, { log: found.log }),
          found.history.checkpoints.length ? h(History, { first: found.history, key: found.round }) : h(Empty, { title: 'No checkpoint yet' }, el.p('The first one is signed soon after the first entry.')),
        ]
      : null,
  );
}
