// Verifying the whole log or a range of it, and the result.
import { useEffect, useRef, useState } from './hooks.js';
import { ApiError, events } from './api.js';
import { count, counted, duration, localMinute, short, visible } from './format.js';
import { isLimited } from './session.js';
import { Age, CopyButton, el, Empty, Failure, Field, h, icon, Notice } from './ui.js';

const KINDS = {
  block: 'Damaged block', segment: 'Damaged segment', content: 'Damaged entry', chain: 'Broken chain', sequence: 'Missing entries',
  time: 'Time out of order', tree: 'Differs from the checkpoint', tile: 'Damaged tile', checkpoint: 'Bad checkpoint',
};
const SHOWN = 200;

function Faults({ report }) {
  const [most, setMost] = useState(SHOWN);
  const total = report.faults_total ?? report.broken_links.length;
  return el.section(
    { class: 'card', id: 'faults', 'aria-labelledby': 'faults-title' },
    el.h2({ id: 'faults-title' }, counted(total, 'fault')),
    el.div(
      { class: 'table-frame', tabIndex: 0, role: 'region', 'aria-label': 'Faults' },
      el.table(
        { class: 'faults' },
        el.thead(el.tr(el.th({ scope: 'col' }, 'Entry'), el.th({ scope: 'col' }, 'Kind'), el.th({ scope: 'col' }, 'What is wrong'))),
        el.tbody(
          report.broken_links.slice(0, most).map((fault, i) =>
            el.tr(
              { key: i },
              el.td({ class: 'num' }, fault.id > 0 ? el.a({ href: `/entries/${fault.id}` }, count(fault.id)) : '–'),
              el.td({ class: 'fault-kind' }, icon('cross'), KINDS[fault.kind] || fault.kind),
              el.td(...visible(fault.reason)),
            ),
          ),
        ),
      ),
    ),
    report.broken_links.length > most ? el.p(el.button({ type: 'button', onClick: () => setMost(most + 1_000) }, `Show more of ${count(report.broken_links.length)}`)) : null,
  );
}

export function Result({ finished }) {
  const { report } = finished;
  const checkpoint = report.checkpoint;
  const fact = (label, value) => [el.dt(label), el.dd(value)];
  return el.div(
    { class: 'result', id: 'verify-result', 'data-valid': String(report.valid) },
    el.div(
      { class: `verdict is-${report.valid ? 'good' : 'bad'}`, role: 'status' },
      icon(report.valid ? 'check' : 'cross'),
      el.div(
        el.strong(report.valid ? 'No fault found' : 'The log does not verify'),
        el.p(
          report.valid
            ? `${counted(report.entries_checked, 'entry', 'entries')} checked${checkpoint ? ', and they match the checkpoint' : ''}.`
            : `${counted(report.faults_total ?? report.broken_links.length, 'fault')} in ${counted(report.entries_checked, 'entry', 'entries')} checked.`,
        ),
      ),
    ),
    el.section(
      { class: 'card', 'aria-label': 'What was checked' },
      el.dl(
        { class: 'facts columns' },
        fact('Finished', el.span(localMinute(finished.finished_at), ' · ', h(Age, { at: finished.finished_at }))),
        fact('Requested by', el.bdi(...visible(finished.by))),
        fact('Entries', `${count(report.first_id)} to ${count(report.last_id)}`),
        fact('Checked', count(report.entries_checked)),
        fact('Hashes computed', count(report.hashes_computed)),
        fact('Duration', duration(report.duration_ms)),
        fact('Mode', report.mode === 'quick' ? 'quick: the tree was checked, the entries were not read' : 'full: every entry was read and hashed'),
        checkpoint
          ? [
              fact('Checkpoint', el.span(`${count(checkpoint.size)} entries, signed `, checkpoint.signed_at ? h(Age, { at: checkpoint.signed_at }) : '')),
              fact('Root', el.span(el.code(short(checkpoint.root, 12)), ' ', h(CopyButton, { text: checkpoint.root }))),
            ]
          : fact('Checkpoint', 'none: the chain and the contents were checked, but no signature'),
      ),
    ),
    report.broken_links.length ? h(Faults, { report }) : null,
  );
}

/** All that a key is told that sees a part of the log. */
function Verdict({ valid }) {
  return el.div(
    { class: 'result', id: 'verify-result', 'data-valid': String(valid) },
    el.div(
      { class: `verdict is-${valid ? 'good' : 'bad'}`, role: 'status' },
      icon(valid ? 'check' : 'cross'),
      el.div(el.strong(valid ? 'No fault found' : 'The log does not verify'), el.p('The server checked the whole log. Your key sees a part of it, so you are told no more.')),
    ),
  );
}

export function VerifyView({ session, last, refreshLast }) {
  const limited = isLimited(session);
  const [verdict, setVerdict] = useState(null);
  const [range, setRange] = useState({ start_id: '', end_id: '', quick: false });
  const [progress, setProgress] = useState(null);
  const [error, setError] = useState(null);
  const control = useRef(null);
  useEffect(() => () => control.current?.abort(), []);
  const run = async (e) => {
    e.preventDefault();
    setError(null);
    setProgress({ checked: 0, total: 0 });
    setVerdict(null);
    control.current = new AbortController();
    const query = new URLSearchParams();
    ['start_id', 'end_id'].forEach((name) => range[name] && query.set(name, range[name]));
    if (range.quick) query.set('quick', 'true');
    try {
      let finished = false;
      await events(
        `/api/audit/verify?${query}`,
        (event, data) => {
          if (event === 'progress') setProgress(data);
          if (event === 'result') {
            finished = true;
            if (limited) setVerdict(data);
          }
        },
        { signal: control.current.signal },
      );
      if (!finished) throw new ApiError(0, 'The server ended the verification before it was done.', 'Not finished');
      await refreshLast();
    } catch (failed) {
      if (!control.current.signal.aborted) setError(failed instanceof ApiError ? failed : new ApiError(0, 'The connection broke before the verification was done.', 'Not finished'));
    }
    setProgress(null);
  };
  const part = progress?.total ? progress.checked / progress.total : 0;
  const number = (name, label, placeholder) =>
    h(Field, { label }, el.input({ type: 'text', inputMode: 'numeric', pattern: '[1-9][0-9]*', name, placeholder, value: range[name], disabled: Boolean(progress), onInput: (e) => setRange({ ...range, [name]: e.target.value.trim() }) }));
  return el.div(
    { class: 'view verify' },
    el.h1('Verify'),
    el.form(
      { class: 'card verify-form', onSubmit: run },
      limited ? null : [number('start_id', 'From entry', 'the oldest'), number('end_id', 'To entry', 'the newest')],
      el.label({ class: 'switch' }, el.input({ type: 'checkbox', name: 'quick', checked: range.quick, disabled: Boolean(progress), onChange: (e) => setRange({ ...range, quick: e.target.checked }) }), el.span('Quick')),
      progress
        ? el.button({ type: 'button', id: 'cancel', onClick: () => control.current.abort() }, 'Stop')
        : el.button({ type: 'submit', class: 'primary', id: 'run-verify' }, icon('check'), range.start_id || range.end_id ? 'Verify this range' : 'Verify the whole log'),
      el.p({ class: 'hint' }, 'Verifying reads and hashes every entry again, and compares it with its neighbours and the newest checkpoint. Quick compares only the stored hashes.'),
    ),
    progress
      ? el.div(
          { class: 'card progress-card' },
          el.p({ role: 'status' }, progress.total ? `${count(progress.checked)} of ${count(progress.total)} entries` : 'Verifying …'),
          el.progress({ max: 1, value: progress.total ? part : undefined, 'aria-label': 'Progress' }),
        )
      : null,
    error ? h(Failure, { error }) : null,
    verdict ? h(Verdict, verdict) : null,
    last?.report
      ? el.div({ class: progress ? 'is-past' : null }, el.h2(progress ? 'The last verification' : 'Result'), h(Result, { finished: last }))
      : progress || limited
        ? null
        : h(Empty, { title: 'Nothing has been verified since the server started' }, el.p('The result stays here until the server stops.')),
    last?.report && !last.report.valid ? h(Notice, { kind: 'warn', title: 'What to do' }, el.p('Keep the data directory as it is. Compare it with a backup, and with checkpoints that are kept elsewhere. Nothing here repairs a log.')) : null,
  );
}
