// The frame around the views: the session, the address, and the colours.
import { BASE, toAddress, toPath } from './address.js';
import { useCallback, useEffect, useState } from './hooks.js';
import { json, whenSignedOut } from './api.js';
import { counted, visible } from './format.js';
import { CheckpointsView } from './checkpoints.js';
import { EntryView } from './entry.js';
import { ErasuresView } from './erasures.js';
import { ForwardingView } from './forwarding.js';
import { KeysView } from './keys.js';
import { ListView } from './list.js';
import { OverviewView } from './overview.js';
import { RetentionView } from './retention.js';
import { currentSession, isLimited, limits, may, SignIn, signOut } from './session.js';
import { Age, el, Empty, Failure, h, icon, Loading, Notice, render } from './ui.js';
import { VerifyView } from './verify.js';

const THEMES = ['auto', 'light', 'dark'];
const stored = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
};
const store = (name, value) => {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Without storage the choice lasts until the page is closed.
  }
};
const applyTheme = (theme) => document.documentElement.setAttribute('data-theme', theme);

const VIEWS = [
  { path: '/', name: 'Entries', needs: 'admin.audit', view: ListView },
  { path: '/overview', name: 'Overview', needs: 'admin.audit', view: OverviewView },
  { path: '/verify', name: 'Verify', needs: 'admin.audit', view: VerifyView },
  { path: '/checkpoints', name: 'Checkpoints', needs: 'admin.audit', ofAll: true, view: CheckpointsView },
  { path: '/retention', name: 'Retention', needs: 'admin.retention', view: RetentionView },
  { path: '/erasures', name: 'Erasures', needs: 'admin.erasure', view: ErasuresView },
  { path: '/forwarding', name: 'Forwarding', needs: 'admin.forwarding', view: ForwardingView },
  { path: '/keys', name: 'Keys', needs: 'admin.keys', view: KeysView },
];

function useLocation() {
  const read = () => ({ path: toPath(location.pathname), search: location.search });
  const [at, setAt] = useState(read);
  useEffect(() => {
    const changed = () => setAt(read());
    addEventListener('popstate', changed);
    return () => removeEventListener('popstate', changed);
  }, []);
  const go = useCallback((url, { replace } = {}) => {
    const address = toAddress(url);
    if (address !== location.pathname + location.search) {
      history[replace ? 'replaceState' : 'pushState'](null, '', address);
    }
    setAt(read());
  }, []);
  return [at, go];
}

/** Links within the page change the view without loading it again. */
function followLinks(e, go) {
  const link = e.target.closest?.('a[href]');
  if (!link || link.target || link.hasAttribute('download') || e.defaultPrevented || e.button !== 0) return;
  if (e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || link.origin !== location.origin) return;
  if (!`${link.pathname}/`.startsWith(`${BASE}/`) || link.getAttribute('href').startsWith('#')) return;
  const path = toPath(link.pathname);
  if (path.startsWith('/api/')) return;
  e.preventDefault();
  go(path + link.search);
}

function LastVerification({ last }) {
  if (!last) return null;
  const report = last.report;
  if (!report) return el.a({ class: 'last is-none', href: '/verify' }, icon('info'), 'Not verified since the server started');
  return el.a(
    { class: `last ${report.valid ? 'is-good' : 'is-bad'}`, href: '/verify' },
    icon(report.valid ? 'check' : 'cross'),
    report.valid ? 'Verified ' : `${counted(report.faults_total ?? report.broken_links.length, 'fault')} `,
    h(Age, { at: last.finished_at }),
  );
}

function Shell({ session, at, go, onSignOut, theme, setTheme }) {
  const [last, setLast] = useState(null);
  const refreshLast = useCallback(async () => {
    if (!may(session, 'admin.audit') || isLimited(session)) return;
    try {
      setLast(await json('/api/audit/verify/last', { background: true }));
    } catch {
      setLast(null);
    }
  }, [session]);
  useEffect(() => {
    refreshLast();
    const timer = setInterval(refreshLast, 60_000);
    return () => clearInterval(timer);
  }, [refreshLast]);
  const shows = (view) => may(session, view.needs) && !(view.ofAll && isLimited(session));
  const views = VIEWS.filter(shows);
  const entry = /^\/entries\/(\d{1,19})$/.exec(at.path);
  const current = entry ? VIEWS[0] : VIEWS.find((v) => v.path === at.path);
  const allowed = current && shows(current);
  const first = views[0];
  useEffect(() => {
    // A key that can't read entries starts with the first view that it may see.
    if (at.path === '/' && !allowed && first) go(first.path, { replace: true });
  }, [at.path]);
  useEffect(() => {
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    document.title = `${entry ? `Entry ${entry[1]}` : current ? current.name : 'Not found'} · Tallystick`;
  }, [at.path]);
  const unknown = current?.path === '/' && !entry ? [] : [...new Set(new URLSearchParams(at.search).keys())];
  const ignored = unknown.length
    ? el.div({ class: 'view', id: 'not-supported' }, h(Notice, { kind: 'warn', title: 'Part of this address has no effect', alert: true }, el.p(`This view has no parameters, but the address has: ${unknown.join(', ')}.`)))
    : null;
  const common = { session, at, go, last, refreshLast };
  return el.div(
    { class: 'shell', onClick: (e) => followLinks(e, go) },
    el.a({ class: 'skip', href: '#main' }, 'Skip to the content'),
    el.header(
      { class: 'top' },
      el.a({ class: 'brand', href: '/' }, el.img({ src: '/web/icon.svg', alt: '', width: 24, height: 24 }), el.span('Tallystick')),
      el.nav(
        { 'aria-label': 'Views' },
        el.ul(views.map((v) => el.li(el.a({ href: v.path, 'aria-current': current === v ? 'page' : null }, v.name)))),
      ),
      el.div(
        { class: 'top-end' },
        h(LastVerification, { last }),
        el.button(
          { type: 'button', class: 'quiet', title: `Colours: ${theme}`, 'aria-label': `Colours: ${theme}; change`, onClick: () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]) },
          icon('theme'),
        ),
        el.span({ class: 'who', title: 'The key you signed in with' }, icon('api_key'), el.bdi(session.key.name)),
        isLimited(session) ? el.span({ class: 'tag', id: 'limited', title: `Your key sees only entries with ${limits(session.key.only).join(' ')}` }, ...visible(limits(session.key.only).join(' '))) : null,
        el.button({ type: 'button', class: 'quiet', id: 'sign-out', 'aria-label': 'Sign out', onClick: onSignOut }, icon('out'), el.span({ class: 'wide-only' }, 'Sign out')),
      ),
    ),
    el.main(
      { id: 'main', tabIndex: -1 },
      !current
        ? h(Empty, { title: 'There is no page at this address' }, el.a({ href: '/' }, 'Go to the entries'))
        : !allowed
          ? h(Empty, { title: 'Your key may not see this view' }, el.p(may(session, current.needs) ? 'It is about the whole log, and your key sees a part of it.' : `It needs a key with the permission ${current.needs}. Yours has ${session.key.permissions.join(', ')}.`))
          : entry
            ? [ignored, h(EntryView, { ...common, id: entry[1], key: entry[1] })]
            : [ignored, h(current.view, common)],
    ),
  );
}

function App() {
  const [session, setSession] = useState(undefined);
  const [ended, setEnded] = useState(false);
  const [error, setError] = useState(null);
  const [theme, setTheme] = useState(() => (THEMES.includes(stored('tallystick.theme')) ? stored('tallystick.theme') : 'auto'));
  const [at, go] = useLocation();
  useEffect(() => {
    applyTheme(theme);
    store('tallystick.theme', theme);
  }, [theme]);
  const load = async () => {
    setError(null);
    try {
      setSession(await currentSession());
    } catch (e) {
      setError(e);
    }
  };
  useEffect(() => {
    whenSignedOut(() => {
      setSession(null);
      setEnded(true);
    });
    load();
  }, []);
  const leave = async () => {
    try {
      await signOut();
      setEnded(false);
      setSession(null);
    } catch (e) {
      setError(e);
    }
  };
  if (error) return el.main({ class: 'signin' }, h(Failure, { error, retry: load }));
  if (session === undefined) return el.main({ class: 'signin' }, h(Loading, {}));
  if (session === null) return h(SignIn, { ended, onSignedIn: (s) => (setEnded(false), setSession(s)) });
  return h(Shell, { session, at, go, onSignOut: leave, theme, setTheme });
}

applyTheme(THEMES.includes(stored('tallystick.theme')) ? stored('tallystick.theme') : 'auto');
render(h(App), document.getElementById('app'));
