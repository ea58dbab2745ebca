// Erasing personal values: what was erased, and erasing more after a look at what that would be.
import { useEffect, useState } from './hooks.js';
import { json } from './api.js';
import { count, counted } from './format.js';
import { may } from './session.js';
import { cell, Dialog, el, Empty, Failure, Field, h, icon, Loading, Notice, StackTable, Text, Time } from './ui.js';

const FILTERS = [
  ['actor_username', 'Actor name'], ['actor_id', 'Actor id'], ['actor_ip', 'Address'], ['actor_host', 'Host'], ['session_id', 'Session id'],
  ['target_type', 'Target type'], ['target_id', 'Target id'], ['target_name', 'Target name'], ['ids', 'Entry ids, such as 17,20-29'],
];
const names = (text) => text.split(',').map((name) => name.trim()).filter(Boolean);

function Held({ holds }) {
  return h(
    Notice,
    { kind: 'bad', title: `${counted(holds.length, 'legal hold')} ${holds.length === 1 ? 'stands' : 'stand'} against it` },
    el.ul(holds.map((hold) => el.li({ key: hold.id }, `Hold ${hold.id}, entries ${count(hold.first_id)} to ${count(hold.last_id)}: `, h(Text, { value: hold.reason })))),
  );
}

function Preview({ report }) {
  return el.div(
    { id: 'erasure-preview' },
    el.p({ class: 'lead' }, report.entries ? `${counted(report.values, 'value')} of ${counted(report.entries, 'entry', 'entries')} would be erased, for good.` : 'There is nothing to erase.'),
    Object.keys(report.fields).length ? el.dl({ class: 'facts' }, Object.entries(report.fields).map(([field, n]) => [el.dt({ key: `t${field}` }, h(Text, { value: field })), el.dd({ key: `d${field}` }, count(n))])) : null,
    Object.keys(report.wider).length ? h(Notice, { kind: 'warn', title: 'More goes than you named' }, el.p('You named a part of these values, and a personal value is erased as a whole: ', h(Text, { value: Object.keys(report.wider).join(', ') }), '.')) : null,
    report.holds.length ? h(Held, { holds: report.holds }) : null,
    report.without_personal ? h(Notice, { kind: 'warn', title: `${counted(report.without_personal, 'entry', 'entries')} can’t be erased` }, el.p('They match, but nothing in them was said to be personal when they were written.')) : null,
    report.other_spellings ? h(Notice, { kind: 'warn', title: `${counted(report.other_spellings, 'entry', 'entries')} with another spelling` }, el.p('Their names differ in case or Unicode form. They stay; erase them by that spelling.')) : null,
    report.unreadable ? h(Notice, { kind: 'warn', title: `${counted(report.unreadable, 'entry', 'entries')} with damaged values` }, el.p('They may be meant as well. Verify the log.')) : null,
    report.missing_archives.length ? h(Notice, { kind: 'warn', title: 'Archives that are not here' }, el.p(`Nothing is erased in ${report.missing_archives.join(', ')}.`)) : null,
  );
}

function Erase({ onClose, onDone }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const [wanted, setWanted] = useState(null);
  const [report, setReport] = useState(null);
  const ask = async (body) => {
    setBusy(true);
    setError(null);
    try {
      return await json('/api/audit/erasures', { method: 'POST', body, timeout: 0 });
    } catch (failed) {
      setError(failed);
      return null;
    } finally {
      setBusy(false);
    }
  };
  const preview = async (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    const body = { reason: form.get('reason') };
    FILTERS.forEach(([name]) => {
      if (form.get(name)) body[name] = form.get(name);
    });
    if (form.get('detail_path')) body[`details.${form.get('detail_path')}`] = form.get('detail_value');
    if (names(form.get('fields')).length) body.fields = names(form.get('fields'));
    const found = await ask({ ...body, dry_run: true });
    if (found) {
      setWanted(body);
      setReport(found);
    }
  };
  const erase = async () => {
    const done = await ask(wanted);
    if (done) onDone(done);
  };
  const back = () => (setReport(null), setError(null));
  return h(
    Dialog,
    { title: report ? 'Erase these values?' : 'Erase personal values', onClose },
    el.form(
      { onSubmit: preview, id: 'erase-form', hidden: Boolean(report) },
      el.p({ class: 'dim' }, 'All that you fill in must match to the letter. The entries themselves stay, and so do their proofs.'),
      FILTERS.map(([name, label]) => h(Field, { label, key: name }, el.input({ name, autocomplete: 'off' }))),
      el.div({ class: 'pair' }, h(Field, { label: 'Path in details' }, el.input({ name: 'detail_path', autocomplete: 'off' })), h(Field, { label: 'Value there' }, el.input({ name: 'detail_value', autocomplete: 'off' }))),
      h(Field, { label: 'Only these fields', hint: 'With commas, such as actor_ip, details.email. Empty: every personal value of the entries.' }, el.input({ name: 'fields', autocomplete: 'off' })),
      h(Field, { label: 'Reason', hint: 'The log keeps it for ever: a number of the request, no name.' }, el.textarea({ name: 'reason', required: true, rows: 2, maxLength: 1000 })),
      error && !report ? h(Failure, { error }) : null,
      el.div({ class: 'dialog-actions' }, el.button({ type: 'button', onClick: onClose }, 'Cancel'), el.button({ type: 'submit', class: 'primary', id: 'preview-erasure', disabled: busy }, 'Show what would be erased')),
    ),
    report ? h(Preview, { report }) : null,
    error && report ? h(Failure, { error }) : null,
    report
      ? el.div(
          { class: 'dialog-actions' },
          el.button({ type: 'button', onClick: back }, 'Back'),
          el.button({ type: 'button', class: 'danger', id: 'confirm-erasure', disabled: busy || !report.entries || report.holds.length > 0, onClick: erase }, 'Erase for good'),
        )
      : null,
  );
}

function Erasures({ erasures, reads }) {
  if (!erasures.length) return h(Empty, { title: 'Nothing was erased' }, el.p('Every personal value is where it was written.'));
  return h(
    StackTable,
    { label: 'Erasures', columns: ['Entries', 'Fields', 'Reason', 'When', 'By'] },
    erasures.map((one) =>
      el.tr(
        { role: 'row', key: one.id, 'data-erasure': one.id },
        cell('Entries', count(one.entries)),
        cell('Fields', one.fields.length ? h(Text, { value: one.fields.join(', ') }) : 'all personal ones'),
        cell('Reason', h(Text, { value: one.reason })),
        cell('When', h(Time, { at: one.erased_at }), reads ? el.a({ class: 'quiet button same', href: `/entries/${one.id}`, 'aria-label': `The entry that records erasure ${one.id}` }, icon('link')) : null),
        cell('By', h(Text, { value: one.by })),
      ),
    ),
  );
}

export function ErasuresView({ session }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [open, setOpen] = useState(false);
  const [done, setDone] = useState(null);
  const load = () => json('/api/audit/erasures').then((answer) => (setFound(answer), setError(null)), setError);
  const more = () => json(`/api/audit/erasures?before_id=${found.next_before_id}`).then((answer) => setFound({ ...answer, erasures: [...found.erasures, ...answer.erasures] }), setError);
  useEffect(() => {
    load();
  }, []);
  return el.div(
    { class: 'view erasures' },
    el.div({ class: 'view-head' }, el.h1('Erasures'), el.button({ type: 'button', class: 'danger', id: 'erase', onClick: () => setOpen(true) }, icon('cross'), 'Erase values')),
    el.p({ class: 'lead' }, 'Erasing takes personal values out of entries, archives and the index. Nobody can undo it.'),
    done ? h(Notice, { kind: 'good', title: `${counted(done.values, 'value')} of ${counted(done.entries, 'entry', 'entries')} ${done.values === 1 ? 'is' : 'are'} erased` }) : null,
    error ? h(Failure, { error, retry: load }) : null,
    !found && !error ? h(Loading, { what: 'Reading the erasures' }) : null,
    found ? el.div({ class: 'card-frame' }, h(Erasures, { erasures: found.erasures, reads: may(session, 'admin.audit') })) : null,
    found?.next_before_id ? el.button({ type: 'button', onClick: more }, 'Show older ones') : null,
    open ? h(Erase, { onClose: () => setOpen(false), onDone: (report) => (setOpen(false), setDone(report), load()) }) : null,
  );
}
