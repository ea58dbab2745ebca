// Where entries are forwarded to: how each sink is, and what its receiver holds.
import { useEffect, useState } from './hooks.js';
import { json } from './api.js';
import { count, counted } from './format.js';
import { Age, cell, Dialog, el, Empty, Failure, h, icon, Loading, Notice, StackTable, Text } from './ui.js';

const PATH = '/api/audit/forwarding';
const GOOD = ['running'];
const of = (sink, action) => `${PATH}/${encodeURIComponent(sink.name)}${action}`;

function Condition({ sink }) {
  const good = GOOD.includes(sink.condition);
  return el.div(
    null,
    el.strong({ class: good ? 'is-good' : 'is-bad' }, icon(good ? 'check' : 'cross'), ' ', sink.condition),
    sink.reason ? el.div({ class: 'dim' }, h(Text, { value: sink.reason })) : null,
  );
}

function Lag({ sink }) {
  return sink.lag_entries ? `${counted(sink.lag_entries, 'entry', 'entries')}, ${counted(sink.lag_seconds, 'second')}` : 'none';
}

function Reconciled({ last }) {
  if (!last) return el.span({ class: 'dim' }, 'never');
  const found = ['missing', 'duplicated', 'altered', 'unknown', 'tampered'].filter((kind) => last[kind] > 0).map((kind) => `${count(last[kind])} ${kind}`);
  return el.div(
    null,
    el.strong({ class: last.complete ? 'is-good' : 'is-bad' }, icon(last.complete ? 'check' : 'cross'), ' ', last.complete ? 'complete' : found.join(', ')),
    el.div({ class: 'dim' }, h(Age, { at: last.at }), ` by ${last.by}`),
  );
}

// Only some receivers can be asked what they hold; of others a person has to bring an export.
function Reconcile({ sink, button }) {
  return sink.queryable
    ? button(sink, 'reconciliation', 'Reconcile')
    : el.span({ class: 'dim' }, 'Its receiver can’t be asked: compare an export with ', el.code(`tally forward reconcile ${sink.name} --export FILE`));
}

function Letters({ sink, onClose, onDrain }) {
  const [page, setPage] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    json(of(sink, '/dead-letters?limit=100')).then(setPage, setError);
  }, []);
  return h(
    Dialog,
    { title: `Dead letters of ${sink.name}`, onClose },
    el.p({ class: 'dim' }, 'Entries that the receiver refused for good. They are in the log.'),
    error ? h(Failure, { error }) : null,
    !page && !error ? h(Loading, { what: 'Reading them' }) : null,
    page
      ? h(
          StackTable,
          { label: 'Dead letters', columns: ['Seq', 'Entry', 'Type', 'Reason'] },
          page.dead_letters.map((letter) =>
            el.tr(
              { role: 'row', key: letter.seq },
              cell('Seq', count(letter.seq)),
              cell('Entry', el.a({ href: `/entries/${letter.id}` }, count(letter.id))),
              cell('Type', h(Text, { value: letter.event_type })),
              cell('Reason', h(Text, { value: letter.reason })),
            ),
          ),
        )
      : null,
    el.div({ class: 'dialog-actions' }, el.button({ type: 'button', onClick: onClose }, 'Close'), el.button({ type: 'button', class: 'primary', onClick: onDrain }, 'Send them again')),
  );
}

function Sinks({ sinks, busy, act, open }) {
  const button = (sink, action, label) =>
    el.button({ type: 'button', class: 'quiet', disabled: Boolean(busy), 'data-action': action, 'aria-label': `${label} ${sink.name}`, onClick: () => act(sink, action) }, label);
  return h(
    StackTable,
    { label: 'Sinks', columns: ['Sink', 'Condition', 'Level', 'Forwarded', 'Lag', 'Errors', 'Dead letters', 'Last reconciliation', ''] },
    sinks.map((sink) =>
      el.tr(
        { role: 'row', key: sink.name, 'data-sink': sink.name },
        cell('Sink', el.strong(sink.name), el.div({ class: 'dim' }, `${sink.type}, ${sink.format}`)),
        cell('Condition', h(Condition, { sink })),
        cell('Level', sink.level || el.span({ class: 'dim' }, 'not reached')),
        cell('Forwarded', count(sink.seq)),
        cell('Lag', h(Lag, { sink })),
        cell('Errors', count(sink.errors)),
        cell('Dead letters', sink.dead_letters ? el.button({ type: 'button', class: 'quiet', 'aria-label': `Dead letters of ${sink.name}`, onClick: () => open(sink) }, count(sink.dead_letters)) : '0'),
        cell('Last reconciliation', h(Reconciled, { last: sink.reconciliation })),
        cell('', ['running', 'retrying'].includes(sink.condition) ? button(sink, 'pause', 'Pause') : button(sink, 'resume', 'Resume'), h(Reconcile, { sink, button })),
      ),
    ),
  );
}

export function ForwardingView() {
  const [sinks, setSinks] = useState(null);
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(null);
  const [report, setReport] = useState(null);
  const [letters, setLetters] = useState(null);
  const load = () => json(PATH).then((answer) => (setSinks(answer.sinks), setError(null)), setError);
  const act = async (sink, action) => {
    setBusy(`${sink.name}/${action}`);
    setError(null);
    try {
      const answer = await json(of(sink, `/${action}`), { method: 'POST', timeout: 0 });
      if (action === 'reconciliation') setReport(answer);
      await load();
    } catch (failed) {
      setError(failed);
    } finally {
      setBusy(null);
    }
  };
  useEffect(() => {
    load();
  }, []);
  return el.div(
    { class: 'view forwarding' },
    el.div({ class: 'view-head' }, el.h1('Forwarding'), el.button({ type: 'button', onClick: load }, 'Look again')),
    el.p({ class: 'lead' }, 'Where entries are sent, how far each sink came, and whether its receiver still holds everything.'),
    report
      ? h(
          Notice,
          { kind: report.complete ? 'good' : 'bad', title: report.complete ? `${report.sink} holds all ${counted(report.expected, 'entry', 'entries')}` : `${report.sink} does not hold what it should` },
          report.complete ? null : el.p(`${count(report.missing)} missing, ${count(report.duplicated)} duplicated, ${count(report.altered)} altered, ${count(report.unknown)} unknown${report.tampered ? `, ${counted(report.tampered, 'object')} tampered with` : ''}. “tally forward reconcile ${report.sink}” names them.`),
        )
      : null,
    error ? h(Failure, { error, retry: load }) : null,
    !sinks && !error ? h(Loading, { what: 'Reading the sinks' }) : null,
    sinks && !sinks.length ? h(Empty, { title: 'Nothing is forwarded' }, el.p('Start the server with --forward and a file that names the sinks.')) : null,
    sinks?.length ? el.div({ class: 'card-frame' }, h(Sinks, { sinks, busy, act, open: setLetters })) : null,
    letters ? h(Letters, { sink: letters, onClose: () => setLetters(null), onDrain: () => (act(letters, 'drain'), setLetters(null)) }) : null,
  );
}
