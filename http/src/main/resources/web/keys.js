// API keys: the list, creating one, revoking one.
import { useEffect, useState } from './hooks.js';
import { json, send } from './api.js';
import { visible } from './format.js';
import { limits } from './session.js';
import { Age, cell, CopyButton, Dialog, el, Failure, Field, h, icon, Loading, Notice, StackTable, Text, Time } from './ui.js';

const PERMISSIONS = [
  ['audit.append', 'append events'], ['admin.audit', 'read everything'], ['admin.keys', 'create and revoke keys'], ['admin.retention', 'retention and legal holds'],
  ['admin.erasure', 'erase personal values, for good'], ['admin.forwarding', 'look after forwarding'],
];

const stateOf = (key) => (key.revoked_at ? 'revoked' : key.expires_at && new Date(key.expires_at) <= new Date() ? 'expired' : 'good');

function Secret({ made, onClose }) {
  return h(
    Dialog,
    { title: 'The new key', onClose },
    h(Notice, { kind: 'warn', title: 'This key is shown only once' }, el.p('The server keeps only its hash. Copy it now.')),
    el.p({ class: 'secret' }, el.code({ id: 'new-key' }, made.key)),
    el.div({ class: 'dialog-actions' }, h(CopyButton, { text: made.key, label: 'Copy the key' }), el.button({ type: 'button', class: 'primary', id: 'secret-done', onClick: onClose }, 'I have copied it')),
  );
}

function Create({ onMade, onClose }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (e) => {
    e.preventDefault();
    const form = new FormData(e.target);
    const expires = form.get('expires');
    setBusy(true);
    setError(null);
    try {
      onMade(
        await json('/api/audit/keys', {
          method: 'POST',
          body: { name: form.get('name'), permissions: form.getAll('permission'), expires_at: expires ? new Date(`${expires}T23:59:59`).toISOString() : null },
        }),
      );
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  return h(
    Dialog,
    { title: 'Create a key', onClose },
    el.form(
      { onSubmit: submit, id: 'create-form' },
      h(Field, { label: 'Name', hint: 'Every entry that the key writes has this name as its source. A name can’t be used twice.' }, el.input({ name: 'name', required: true, maxLength: 64, autocomplete: 'off' })),
      el.fieldset(
        el.legend({ class: 'field-label' }, 'Permissions'),
        PERMISSIONS.map(([name, what]) => el.label({ class: 'option', key: name }, el.input({ type: 'checkbox', name: 'permission', value: name }), el.span(el.code(name), ' ', el.span({ class: 'dim' }, what)))),
      ),
      h(Field, { label: 'Last day', hint: 'Leave it empty for a key that does not expire.' }, el.input({ type: 'date', name: 'expires' })),
      error ? h(Failure, { error }) : null,
      el.div({ class: 'dialog-actions' }, el.button({ type: 'button', onClick: onClose }, 'Cancel'), el.button({ type: 'submit', class: 'primary', disabled: busy }, 'Create')),
    ),
  );
}

function Revoke({ apiKey, own, onDone, onClose }) {
  const [error, setError] = useState(null);
  const revoke = async () => {
    try {
      await send(`/api/audit/keys/${encodeURIComponent(apiKey.id)}`, { method: 'DELETE' });
      onDone();
    } catch (failed) {
      setError(failed);
    }
  };
  return h(
    Dialog,
    { title: 'Revoke this key?', onClose },
    el.p(el.strong(el.bdi(...visible(apiKey.name))), ' stops working at once and for good. What it wrote stays in the log.'),
    own ? h(Notice, { kind: 'warn', title: 'You signed in with this key' }, el.p('Your session ends with it.')) : null,
    error ? h(Failure, { error }) : null,
    el.div({ class: 'dialog-actions' }, el.button({ type: 'button', onClick: onClose }, 'Keep it'), el.button({ type: 'button', class: 'danger', id: 'confirm-revoke', onClick: revoke }, 'Revoke')),
  );
}

function KeyRow({ apiKey, own, onRevoke }) {
  const state = stateOf(apiKey);
  return el.tr(
    { role: 'row', class: state === 'good' ? null : 'is-past', 'data-key': apiKey.id },
    cell('Name', el.span(h(Text, { value: apiKey.name }), own ? el.span({ class: 'tag' }, 'yours') : null), el.span({ class: 'sub dim mono' }, apiKey.id)),
    cell(
      'Permissions',
      apiKey.permissions.map((p) => el.span({ class: 'tag', key: p }, p)),
      apiKey.only ? el.span({ class: 'sub dim' }, 'sees only ', ...visible(limits(apiKey.only).join(' '))) : null,
      apiKey.stamp ? el.span({ class: 'sub dim' }, 'stamps ', ...visible(limits(apiKey.stamp).join(' '))) : null,
    ),
    cell('State', state === 'good' ? el.span({ class: 'is-good mark-line' }, icon('check'), 'active') : el.span({ class: 'is-bad mark-line' }, icon('cross'), state), apiKey.revoked_at ? el.span({ class: 'sub dim' }, ' ', h(Age, { at: apiKey.revoked_at })) : null),
    cell('Created', h(Time, { at: apiKey.created_at })),
    cell('Last used', apiKey.last_used_at ? h(Age, { at: apiKey.last_used_at }) : el.span({ class: 'dim' }, 'never')),
    cell('Expires', apiKey.expires_at ? h(Time, { at: apiKey.expires_at }) : el.span({ class: 'dim' }, 'never')),
    cell('', state === 'revoked' ? null : el.button({ type: 'button', class: 'danger quiet', 'aria-label': `Revoke ${apiKey.name}`, onClick: onRevoke }, 'Revoke')),
  );
}

export function KeysView({ session }) {
  const [keys, setKeys] = useState(null);
  const [error, setError] = useState(null);
  const [open, setOpen] = useState(null);
  const load = () => json('/api/audit/keys').then((answer) => (setKeys(answer.keys), setError(null)), setError);
  useEffect(() => {
    load();
  }, []);
  const close = () => setOpen(null);
  return el.div(
    { class: 'view keys' },
    el.div({ class: 'view-head' }, el.h1('Keys'), el.button({ type: 'button', class: 'primary', id: 'create-key', onClick: () => setOpen({ create: true }) }, icon('api_key'), 'Create a key')),
    error ? h(Failure, { error, retry: load }) : null,
    !keys && !error ? h(Loading, { what: 'Reading the keys' }) : null,
    keys
      ? el.div(
          { class: 'card-frame' },
          h(
            StackTable,
            { label: 'Keys', columns: ['Name', 'Permissions', 'State', 'Created', 'Last used', 'Expires', ''] },
            [...keys].reverse().map((key) => h(KeyRow, { key: key.id, apiKey: key, own: key.id === session.key.id, onRevoke: () => setOpen({ revoke: key }) })),
          ),
        )
      : null,
    open?.create ? h(Create, { onClose: close, onMade: (made) => (setOpen({ made }), load()) }) : null,
    open?.made ? h(Secret, { made: open.made, onClose: close }) : null,
    open?.revoke ? h(Revoke, { apiKey: open.revoke, own: open.revoke.id === session.key.id, onClose: close, onDone: () => (close(), load()) }) : null,
  );
}
