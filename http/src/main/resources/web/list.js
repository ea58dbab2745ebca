// The list of entries: filters, pages, and new entries as they arrive.
import { useCallback, useEffect, useMemo, useRef, useState } from './hooks.js';
import { ApiError, events, indexed, json } from './api.js';
import { Chips, FilterBar, isEmpty, NONE, NotSupported, parse, problems, toQuery, toUrl, withoutProblems } from './filters.js';
import { count, counted } from './format.js';
import { ExportMenu, Rows } from './rows.js';
import { el, Empty, Failure, h, icon, Loading, Notice } from './ui.js';

const PAGE = 50;
const MOST_LIVE = 300;
const MOST_WAITING = 500;
const NOTHING = { entries: [], total: 0, nextBeforeId: null, query: null, covers: null };

/** Follows the log after an id until the signal ends it. Calls on.entry for an entry, on.more if there are too many to send. */
async function follow(query, from, on, signal) {
  let after = from;
  let pause = 1_000;
  while (!signal.aborted) {
    const asked = new URLSearchParams(query);
    asked.set('after_id', String(after));
    try {
      await events(
        `/api/audit/live?${asked}`,
        (event, data) => {
          pause = 1_000;
          after = Math.max(after, { entry: data.id, more: data.last_id, removed: data.first_id - 1 }[event] ?? after);
          on[event]?.(data);
        },
        { signal, background: true },
      );
    } catch (e) {
      if (signal.aborted || (e instanceof ApiError && [401, 403, 422].includes(e.status))) return;
    }
    await new Promise((resume) => setTimeout(resume, pause));
    pause = Math.min(30_000, pause * 2);
  }
}

/** How often the page has become visible; 0 while it is hidden. */
function useVisible() {
  const times = useRef(1);
  const [shown, setShown] = useState(document.hidden ? 0 : 1);
  useEffect(() => {
    const changed = () => setShown(document.hidden ? 0 : ++times.current);
    const back = (e) => e.persisted && changed();
    document.addEventListener('visibilitychange', changed);
    addEventListener('pageshow', back);
    return () => {
      document.removeEventListener('visibilitychange', changed);
      removeEventListener('pageshow', back);
    };
  }, []);
  return shown;
}

/** A list for these filters: its pages so far, and what has arrived since. */
function useEntries(filters) {
  const key = toUrl({ ...filters, live: false });
  const [list, setList] = useState(NOTHING);
  const [waiting, setWaiting] = useState([]);
  const [many, setMany] = useState(false);
  const [fresh, setFresh] = useState(new Set());
  const [state, setState] = useState({ busy: true, error: null });
  const [round, setRound] = useState(0);
  const shown = useVisible();
  const live = useRef(filters.live);
  live.current = filters.live;
  const known = useRef(0);
  /** The signal of the newest query: aborting it also aborts the requests for older entries. */
  const asked = useRef(null);

  const add = useCallback((arrived) => {
    setList((was) => {
      const have = new Set(was.entries.map((e) => e.id));
      const entries = [...arrived.filter((e) => !have.has(e.id)), ...was.entries].sort((a, b) => b.id - a.id);
      const kept = live.current ? entries.slice(0, Math.max(MOST_LIVE, PAGE)) : entries;
      const cut = kept.length < entries.length;
      return { ...was, entries: kept, total: was.total + entries.length - was.entries.length, nextBeforeId: cut ? kept.at(-1).id : was.nextBeforeId };
    });
    setFresh(new Set(arrived.map((e) => e.id)));
  }, []);

  useEffect(() => {
    const control = new AbortController();
    asked.current = control.signal;
    const query = toQuery(filters);
    setState({ busy: true, error: null });
    setWaiting([]);
    setMany(false);
    setFresh(new Set());
    indexed(`/api/audit?${new URLSearchParams([...query, ['limit', PAGE]])}`, { signal: control.signal })
      .then(({ answer: page, covers }) => {
        known.current = page.entries[0]?.id ?? 0;
        setList({ entries: page.entries, total: page.total, nextBeforeId: page.next_before_id, query: query.toString(), covers });
        setState({ busy: false, error: null });
      })
      .catch((error) => {
        if (control.signal.aborted) return;
        setList(NOTHING);
        setState({ busy: false, error });
      });
    return () => control.abort();
  }, [key, round]);

  useEffect(() => {
    if (list.query === null || !shown) return undefined;
    const control = new AbortController();
    // A page in the back-forward cache would hold one of the browser's six connections to the server.
    const leave = () => control.abort();
    addEventListener('pagehide', leave);
    follow(
      list.query,
      known.current,
      {
        entry: (entry) => {
          known.current = Math.max(known.current, entry.id);
          if (live.current) add([entry]);
          else setWaiting((was) => (was.length < MOST_WAITING ? [entry, ...was.filter((e) => e.id !== entry.id)] : (setMany(true), was)));
        },
        more: () => (live.current ? setRound((n) => n + 1) : setMany(true)),
      },
      control.signal,
    );
    return () => {
      removeEventListener('pagehide', leave);
      leave();
    };
  }, [list.query, shown]);

  const showNew = () => {
    if (many) setRound((n) => n + 1);
    else {
      add(waiting);
      setWaiting([]);
    }
  };
  useEffect(() => {
    if (filters.live && (waiting.length || many)) showNew();
  }, [filters.live]);

  const older = async () => {
    const signal = asked.current;
    const before = list.nextBeforeId;
    setState({ busy: true, error: null });
    try {
      const page = await json(`/api/audit?${new URLSearchParams([...new URLSearchParams(list.query), ['limit', PAGE], ['before_id', before]])}`, { signal });
      if (signal.aborted) return;
      setList((was) => (was.nextBeforeId === before ? { ...was, entries: [...was.entries, ...page.entries], nextBeforeId: page.next_before_id } : was));
      setState({ busy: false, error: null });
    } catch (error) {
      if (!signal.aborted) setState({ busy: false, error });
    }
  };
  return { ...list, ...state, waiting, many, fresh, showNew, older, reload: () => setRound((n) => n + 1) };
}

function useTypes() {
  const [types, setTypes] = useState({ list: [], more: false });
  useEffect(() => {
    json('/api/audit/types').then(
      (answer) => setTypes({ list: answer.event_types, more: answer.next_after !== null }),
      () => setTypes({ list: [], more: false }),
    );
  }, []);
  return types;
}

/** The list that an address asks for, or what is wrong with the address: never another list. */
export function ListView({ at, go }) {
  return problems(at.search).length
    ? el.div({ class: 'view' }, el.h1({ class: 'hidden' }, 'Entries'), h(NotSupported, { search: at.search, onRemove: () => go(withoutProblems(at.search)) }))
    : h(Entries, { at, go });
}

function Entries({ at, go }) {
  const filters = useMemo(() => parse(at.search), [at.search]);
  const list = useEntries(filters);
  const types = useTypes();
  const change = (next) => go(toUrl(next));
  useEffect(() => {
    sessionStorage.setItem('tallystick.list', toUrl(filters));
  }, [filters]);
  useEffect(() => {
    const shortcut = (e) => {
      // Only while the list has the focus: elsewhere a screen reader or browser may use the letter.
      if (!e.target.closest('.list-view') || e.target.closest('input, select, textarea, dialog') || e.ctrlKey || e.metaKey || e.altKey) return;
      const press = { n: '#new-entries', l: '#live', '/': '#types-button', o: '#older' }[e.key];
      const button = press && document.querySelector(press);
      if (button) {
        e.preventDefault();
        button.click();
      }
    };
    addEventListener('keydown', shortcut);
    return () => removeEventListener('keydown', shortcut);
  }, []);
  const news = list.waiting.length;
  return el.div(
    { class: 'view list-view' },
    el.h1({ class: 'hidden' }, 'Entries'),
    h(FilterBar, { filters, types, onChange: change }),
    h(Chips, { filters, onChange: change }),
    el.div(
      { class: 'list-head' },
      el.p({ class: 'total', role: 'status' }, list.query === null ? '' : counted(list.total, isEmpty(filters) ? 'entry' : 'match', isEmpty(filters) ? 'entries' : 'matches')),
      el.div(
        { class: 'news', 'aria-live': 'polite' },
        !filters.live && (news || list.many)
          ? el.button({ type: 'button', class: 'primary', id: 'new-entries', onClick: list.showNew, title: 'Show them (n)' }, list.many ? 'Many new entries' : `${count(news)} new ${news === 1 ? 'entry' : 'entries'}`)
          : null,
      ),
      el.div(
        { class: 'list-actions' },
        el.button(
          { type: 'button', id: 'live', class: filters.live ? 'is-live' : null, 'aria-pressed': String(filters.live), title: 'Show entries as they arrive (l)', onClick: () => change({ ...filters, live: !filters.live }) },
          icon('live'), 'Live',
        ),
        list.query === null ? null : h(ExportMenu, { query: list.query }),
      ),
    ),
    list.covers === null ? null : el.div({ id: 'index-behind' }, h(Notice, { kind: 'warn' }, el.p(list.covers === '' ? 'The index is behind the log: the newest entries may be missing here.' : `The index is behind the log: this list covers entries up to ${count(list.covers)}.`))),
    list.error ? h(Failure, { error: list.error, retry: list.reload }) : null,
    list.entries.length
      ? el.div({ class: 'table-frame', role: 'region', 'aria-label': 'Table of entries', tabIndex: 0 }, h(Rows, { entries: list.entries, fresh: list.fresh, go, busy: list.busy }))
      : list.busy
        ? h(Loading, { what: 'Reading the log' })
        : list.error
          ? null
          : isEmpty(filters)
            ? h(Empty, { title: 'The log is empty' }, el.p('Entries appear here as they are appended.'))
            : h(Empty, { title: 'Nothing matches all of these filters' }, el.p('Clear one of them, or '), el.button({ type: 'button', onClick: () => change(NONE) }, 'show everything')),
    list.nextBeforeId !== null && list.entries.length
      ? el.div({ class: 'more' }, el.button({ type: 'button', id: 'older', disabled: list.busy, onClick: list.older, title: 'Older entries (o)' }, list.busy ? 'Reading …' : `Show ${PAGE} older`), el.span({ class: 'dim' }, `${count(list.entries.length)} of ${count(list.total)} shown`))
      : list.entries.length
        ? el.p({ class: 'more dim' }, 'End of the list.')
        : null,
    el.p({ class: 'keys-hint dim wide-only' }, 'In the list: ', el.kbd('j'), ' ', el.kbd('k'), ' move · ', el.kbd('Enter'), ' opens · ', el.kbd('n'), ' new · ', el.kbd('o'), ' older · ', el.kbd('l'), ' live · ', el.kbd('/'), ' types'),
  );
}
