// Personal values of an entry: put back into its fields, said where they were erased, and checked against its commitments.
import { useEffect, useState } from './hooks.js';
import { json, text } from './api.js';
import { concat, sha256 } from './proof.js';
import { el, h, icon, Notice, Text, Time } from './ui.js';

/** The entry with its values in their fields, and what became of the others. */
export async function withPersonal(entry) {
  if (!entry.personal) return { entry, erased: {}, damaged: {} };
  const view = await json(`/api/audit/entries/${entry.id}`);
  const whole = { ...entry };
  for (const name of Object.keys(view.personal ?? {})) {
    if (!name.startsWith('details')) whole[name] = view[name];
  }
  if (view.details) whole.details = view.details;
  return { entry: whole, erased: view.erased ?? {}, damaged: view.damaged ?? {} };
}

const fromBase64url = (value) => Uint8Array.from(atob(value.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const toBase64url = (raw) => btoa(String.fromCharCode(...raw)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

/** Whether each value that the server has is the one that the entry commits to: {good, bad, without}. */
export async function checkCommitments(entry) {
  const commitments = Object.entries(entry.personal ?? {});
  const result = { good: [], bad: [], without: [] };
  if (!commitments.length) return result;
  const opened = JSON.parse(await text(`/api/audit/entries/${entry.id}/personal`));
  for (const [name, commitment] of commitments) {
    const one = opened[name];
    if (!one) {
      result.without.push(name);
    } else {
      const computed = await sha256(concat([2], fromBase64url(one.salt), new TextEncoder().encode(one.json)));
      result[toBase64url(computed) === commitment ? 'good' : 'bad'].push(name);
    }
  }
  return result;
}

function Erasure({ id, fields }) {
  const [record, setRecord] = useState(null);
  useEffect(() => {
    if (id) json(`/api/audit/entries/${id}`).then(setRecord, () => {});
  }, [id]);
  return el.li(
    el.strong(h(Text, { value: fields.join(', ') })),
    record ? [' by ', h(Text, { value: record.actor_username }), ', ', h(Time, { at: record.timestamp }), ': ', h(Text, { value: record.details?.reason })] : null,
    id ? el.a({ class: 'quiet button same', href: `/entries/${id}`, 'aria-label': `The entry that records erasure ${id}` }, icon('link')) : null,
  );
}

/** Who erased what, when and why; and what is damaged. */
export function Gone({ erased, damaged }) {
  const byErasure = Map.groupBy(Object.entries(erased), ([, one]) => one.erasure);
  return [
    byErasure.size
      ? h(
          Notice,
          { kind: 'info', title: 'Personal values of this entry were erased' },
          el.ul({ id: 'erased' }, [...byErasure].map(([id, all]) => h(Erasure, { key: id, id, fields: all.map(([name]) => name) }))),
        )
      : null,
    Object.keys(damaged).length
      ? h(Notice, { kind: 'bad', title: 'Personal values of this entry are damaged' }, el.p(h(Text, { value: Object.keys(damaged).join(', ') }), ': what is stored is not what was written, and nobody erased it. Verify the log.'))
      : null,
  ];
}
