// Signing in and out.
import { useEffect, useRef, useState } from './hooks.js';
import { json, send, setCsrf } from './api.js';
import { el, Field, h, icon, Notice } from './ui.js';

/** The current session, or null. */
export async function currentSession() {
  try {
    const session = await json('/api/session');
    setCsrf(session.csrf_token);
    return session;
  } catch (e) {
    if (e.status === 401) return null;
    throw e;
  }
}

export async function signOut() {
  await send('/api/session', { method: 'DELETE' });
  setCsrf('');
}

export const may = (session, permission) => session.key.permissions.includes(permission);

/** Whether the key sees only a part of the log: then the page has nothing about the rest of it. */
export const isLimited = (session) => session.key.only !== null;

/** What a key is limited to, or stamps, as the command line has it: tenant=acme. */
export const limits = (given) => Object.entries(given ?? {}).flatMap(([field, values]) => [values].flat().map((value) => `${field}=${value}`));

export function SignIn({ ended, onSignedIn }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const input = useRef(null);
  useEffect(() => input.current.focus(), []);
  const submit = async (e) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const session = await json('/api/session', { method: 'POST', body: { key: input.current.value } });
      input.current.value = '';
      setCsrf(session.csrf_token);
      onSignedIn(session);
    } catch (failed) {
      setError(failed.status === 401 ? { message: 'This key is unknown, revoked or expired.' } : failed);
      setBusy(false);
      input.current.select();
    }
  };
  return el.main(
    { class: 'signin' },
    el.form(
      { class: 'card signin-card', onSubmit: submit },
      el.div({ class: 'brand brand-large' }, el.img({ src: '/web/icon.svg', alt: '', width: 36, height: 36 }), el.h1('Tallystick')),
      el.p({ class: 'dim' }, 'The audit log of this server. Sign in with an API key that has an admin permission; one that may only append cannot sign in.'),
      el.input({ type: 'text', name: 'username', autocomplete: 'username', value: 'Tallystick', readOnly: true, hidden: true }),
      ended ? h(Notice, { kind: 'info', title: 'Your session ended' }, el.p('Sign in to continue where you were.')) : null,
      h(
        Field,
        { label: 'API key' },
        el.input({
          ref: input, type: 'password', name: 'key', required: true, autocomplete: 'current-password',
          spellcheck: false, placeholder: 'tally_…', 'aria-describedby': 'key-hint',
        }),
      ),
      el.p({ class: 'hint', id: 'key-hint' }, 'The page sends the key once and does not keep it. The first key is in ', el.code('admin.key'), ' in the server’s data directory.'),
      error ? h(Notice, { kind: 'bad' }, el.p(error.message)) : null,
      el.button({ type: 'submit', class: 'primary', disabled: busy }, icon('auth'), busy ? 'Signing in …' : 'Sign in'),
    ),
  );
}
