// Legal holds, and what retention removed.
import { useEffect, useState } from './hooks.js';
import { json, send } from './api.js';
import { count, counted } from './format.js';
import { may } from './session.js';
import { Age, cell, Dialog, el, Empty, Failure, Field, h, icon, Loading, StackTable, Text, Time } from './ui.js';

const range = (from, to) => (from === to ? `entry ${count(from)}` : `entries ${count(from)} to ${count(to)}`);

function Place({ onClose, onDone }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    setBusy(true);
    setError(null);
    try {
      await json('/api/audit/holds', {
        method: 'POST',
        body: { first_id: Number(form.get('first_id')), last_id: Number(form.get('last_id')), reason: form.get('reason') },
      });
      onDone();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const id = (name, label) => h(Field, { label }, el.input({ name, required: true, inputMode: 'numeric', pattern: '[1-9][0-9]*', autocomplete: 'off' }));
  return h(
    Dialog,
    { title: 'Place a legal hold', onClose },
    el.form(
      { onSubmit: submit, id: 'hold-form' },
      el.div({ class: 'pair' }, id('first_id', 'From entry'), id('last_id', 'To entry')),
      h(Field, { label: 'Reason', hint: 'The log records it with the name of your key.' }, el.textarea({ name: 'reason', required: true, rows: 3, maxLength: 1000 })),
      error ? h(Failure, { error }) : null,
      el.div({ class: 'dialog-actions' }, el.button({ type: 'button', onClick: onClose }, 'Cancel'), el.button({ type: 'submit', class: 'primary', disabled: busy }, 'Place the hold')),
    ),
  );
}

function Release({ hold, onClose, onDone }) {
  const [error, setError] = useState(null);
  const release = async () => {
    try {
      await send(`/api/audit/holds/${hold.id}`, { method: 'DELETE' });
      onDone();
    } catch (failed) {
      setError(failed);
    }
  };
  return h(
    Dialog,
    { title: 'Release this hold?', onClose },
    el.p(`The next retention run may then remove ${range(hold.first_id, hold.last_id)}, unless another hold covers them. The log records the release.`),
    el.blockquote(h(Text, { value: hold.reason })),
    error ? h(Failure, { error }) : null,
    el.div({ class: 'dialog-actions' }, el.button({ type: 'button', onClick: onClose }, 'Keep the hold'), el.button({ type: 'button', class: 'danger', id: 'confirm-release', onClick: release }, 'Release')),
  );
}

function Holds({ holds, reads, onRelease }) {
  if (!holds.length) return h(Empty, { title: 'No hold is in force' }, el.p('Retention removes every entry that is old enough.'));
  return h(
    StackTable,
    { label: 'Legal holds', columns: ['Entries', 'Reason', 'Placed', 'By', ''] },
    holds.map((hold) =>
      el.tr(
        { role: 'row', key: hold.id, 'data-hold': hold.id },
        cell('Entries', `${count(hold.first_id)} – ${count(hold.last_id)}`),
        cell('Reason', h(Text, { value: hold.reason })),
        cell('Placed', h(Time, { at: hold.placed_at }), reads ? el.a({ class: 'quiet button same', href: `/entries/${hold.id}`, 'aria-label': `The entry that records hold ${hold.id}` }, icon('link')) : null),
        cell('By', h(Text, { value: hold.placed_by })),
        cell('', el.button({ type: 'button', class: 'danger quiet', 'aria-label': `Release hold ${hold.id}`, onClick: () => onRelease(hold) }, 'Release')),
      ),
    ),
  );
}

function Removed({ horizon }) {
  return el.section(
    { class: 'card', id: 'horizon', 'aria-labelledby': 'horizon-title' },
    el.h2({ id: 'horizon-title' }, 'Removed'),
    horizon.removed.length
      ? [
          el.p({ class: 'dim' }, `The log begins with entry ${count(horizon.first_id)}. The entries that are left can still be proven.`),
          h(
            StackTable,
            { label: 'Removed entries', columns: ['Entries', 'Where it went', 'SHA-256', 'Recorded as'] },
            [...horizon.removed].reverse().map((r) =>
              el.tr(
                { role: 'row', key: r.first_id },
                cell('Entries', `${count(r.first_id)} – ${count(r.last_id)}`),
                cell('Where it went', r.archive ? el.code(`archive/${r.archive}`) : el.span({ class: 'dim' }, 'purged')),
                cell('SHA-256', r.archive_sha256 ? el.code({ class: 'hash' }, r.archive_sha256) : '–'),
                cell('Recorded as', el.a({ class: 'num', href: `/entries/${r.recorded_as}` }, count(r.recorded_as))),
              ),
            ),
          ),
        ]
      : el.p({ class: 'dim' }, horizon.first_id > 1 ? `This log was restored from archives, from entry ${count(horizon.first_id)} on.` : 'Nothing yet: the log has every entry that was ever written.'),
  );
}

export function RetentionView({ session }) {
  const reads = may(session, 'admin.audit');
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [open, setOpen] = useState(null);
  const load = () =>
    Promise.all([json('/api/audit/holds'), reads ? json('/api/audit/horizon') : null])
      .then(([{ holds }, horizon]) => (setFound({ holds, horizon }), setError(null)), setError);
  useEffect(() => {
    load();
  }, []);
  const close = () => setOpen(null);
  const done = () => (close(), load());
  return el.div(
    { class: 'view retention' },
    el.div({ class: 'view-head' }, el.h1('Retention'), el.button({ type: 'button', class: 'primary', id: 'place-hold', onClick: () => setOpen({ place: true }) }, icon('auth'), 'Place a hold')),
    el.p({ class: 'lead' }, 'A legal hold keeps its entries and all newer ones in the log, however old they get.'),
    error ? h(Failure, { error, retry: load }) : null,
    !found && !error ? h(Loading, { what: 'Reading the holds' }) : null,
    found
      ? [
          el.section({ class: 'card', 'aria-labelledby': 'holds-title' }, el.h2({ id: 'holds-title' }, found.holds.length ? counted(found.holds.length, 'legal hold') : 'Legal holds'), h(Holds, { holds: found.holds, reads, onRelease: (hold) => setOpen({ release: hold }) })),
          found.horizon ? h(Removed, { horizon: found.horizon }) : null,
        ]
      : null,
    open?.place ? h(Place, { onClose: close, onDone: done }) : null,
    open?.release ? h(Release, { hold: open.release, onClose: close, onDone: done }) : null,
  );
}
