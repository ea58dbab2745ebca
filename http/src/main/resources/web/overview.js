// The log at a glance.
import { useEffect, useState } from './hooks.js';
import { json } from './api.js';
import { NONE, REMOVED, toUrl } from './filters.js';
import { StackedChart } from './chart.js';
import { age, count, utcTime } from './format.js';
import { isLimited } from './session.js';
import { el, Empty, Failure, h, icon, Loading, Text } from './ui.js';

const PERIODS = { '24h': ['24 h', 86_400], '7d': ['7 days', 604_800], '30d': ['30 days', 2_592_000], all: ['All', null] };

function Card({ label, value, hint, href, kind, id }) {
  const inside = [el.span({ class: 'figure-label' }, label), el.span({ class: 'figure num' }, value), hint ? el.span({ class: 'hint' }, hint) : null];
  return el.li({ class: `card figure-card ${kind || ''}`, id }, href ? el.a({ href }, inside) : el.div(inside));
}

function Cards({ stats, overview, horizon }) {
  const gone = horizon ? horizon.first_id - 1 : 0;
  const lag = Math.max(0, overview.last_id - overview.indexed_through);
  return el.ul(
    { class: 'figures' },
    h(Card, { id: 'card-total', label: 'Entries', value: count(stats.total_entries), href: '/' }),
    h(Card, { id: 'card-24h', label: 'Last 24 hours', value: count(stats.last_24h), href: '/?last=24h' }),
    h(Card, { id: 'card-security', label: 'Security events', value: count(stats.security_events), href: '/?security=true', kind: stats.security_events ? 'is-warn' : '' }),
    h(Card, { id: 'card-failed', label: 'Failed logins', value: count(stats.failed_logins), href: '/?event_type=auth.login.failed', kind: stats.failed_logins ? 'is-bad' : '' }),
    h(Card, {
      id: 'card-oldest', label: 'Oldest entry', value: stats.first_entry ? age(stats.first_entry) : '–', href: gone ? REMOVED : null,
      hint: gone ? `${count(gone)} before it ${!horizon.removed.length ? 'not restored' : horizon.removed.every((r) => r.archive) ? 'archived' : 'removed'}` : stats.first_entry ? utcTime(stats.first_entry).slice(0, 19) + ' UTC' : null,
    }),
    // What is sealed and indexed is told of the whole log only.
    !horizon ? null : h(Card, {
      id: 'card-sealed', label: 'Sealed through', value: stats.sealed_through === null ? 'none' : count(stats.sealed_through),
      hint: stats.sealed_through === null ? 'no signed checkpoint yet' : stats.sealed_through >= overview.last_id ? 'every entry' : `${count(overview.last_id - stats.sealed_through)} not sealed yet`,
      kind: stats.sealed_through === null ? 'is-warn' : '',
    }),
    !horizon ? null : h(Card, { id: 'card-lag', label: 'Index lag', value: count(lag), hint: lag ? 'entries not indexed yet' : 'every entry is indexed', kind: lag > 10_000 ? 'is-warn' : '' }),
  );
}

function Top({ title, rows, empty, kind }) {
  const most = Math.max(1, ...rows.map((r) => r.count));
  return el.section(
    { class: 'card', 'aria-label': title },
    el.h2(title),
    rows.length
      ? el.table(
          { class: `top ${kind || ''}` },
          el.tbody(rows.map((r) => el.tr({ key: r.href },
            el.td({ class: 'top-name' }, el.a({ href: r.href }, h(Text, { value: r.name, clip: true }))),
            el.td({ class: 'top-bar' }, h('svg', { viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, h('rect', { width: (100 * r.count) / most, height: 8, rx: 1 }))),
            el.td({ class: 'num' }, count(r.count)))),
          ),
        )
      : h(Empty, { title: empty }),
  );
}

/** An actor's name with its number, which tells actors of one name apart, and the filters that find it. */
const actor = (a) => (a.actor_username === null ? `id ${a.actor_id}` : a.actor_id === null ? a.actor_username : `${a.actor_username}#${a.actor_id}`);
const byActor = (a) => ({ ...(a.actor_id === null ? {} : { actor_id: String(a.actor_id) }), ...(a.actor_username === null ? {} : { actor_username: a.actor_username }) });

export function OverviewView({ session, go }) {
  const [period, setPeriod] = useState('7d');
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    const seconds = PERIODS[period][1];
    const query = seconds ? `?since=${encodeURIComponent(new Date(Date.now() - seconds * 1000).toISOString())}` : '';
    Promise.all([json('/api/audit/stats'), json(`/api/audit/overview${query}`), isLimited(session) ? null : json('/api/audit/horizon')])
      .then(([stats, overview, horizon]) => gone || (setFound({ stats, overview, horizon, period }), setError(null)))
      .catch((e) => gone || setError(e));
    return () => (gone = true);
  }, [period, round]);
  if (error) return el.div({ class: 'view' }, el.h1('Overview'), h(Failure, { error, retry: () => setRound(round + 1) }));
  if (!found) return el.div({ class: 'view' }, el.h1('Overview'), h(Loading, { what: 'Counting' }));
  const { stats, overview, horizon } = found;
  const failed = overview.failed_logins;
  const within = (filters) => toUrl({ ...NONE, event_type: ['auth.login.failed'], since: PERIODS[period][1] ? overview.since : '', ...filters });
  return el.div(
    { class: 'view overview' },
    el.h1('Overview'),
    h(Cards, { stats, overview, horizon }),
    el.section(
      { class: 'card', 'aria-labelledby': 'chart-title', 'aria-busy': String(found.period !== period) },
      el.div(
        { class: 'card-head' },
        el.h2({ id: 'chart-title' }, 'Entries over time'),
        el.div(
          { class: 'segmented', role: 'group', 'aria-label': 'Period' },
          Object.entries(PERIODS).map(([key, [name]]) => el.button({ type: 'button', key, 'data-period': key, 'aria-pressed': String(period === key), onClick: () => setPeriod(key) }, name)),
        ),
        el.button({ type: 'button', class: 'quiet', onClick: () => setRound(round + 1) }, icon('live'), 'Refresh'),
      ),
      h(StackedChart, { key: overview.until, buckets: overview.buckets, seconds: overview.bucket_seconds, onChoose: (since, until) => go(toUrl({ ...NONE, since, until })) }),
    ),
    el.div(
      { class: 'halves' },
      h(Top, {
        title: 'Failed logins by actor', empty: 'No failed logins with a name',
        rows: failed.actors.map((a) => ({
          name: actor(a), count: a.count, href: within(byActor(a)),
        })),
      }),
      h(Top, {
        title: 'Failed logins by address', empty: 'No failed logins',
        rows: failed.addresses.map((a) => ({ name: a.actor_ip, count: a.count, href: within({ actor_ip: a.actor_ip }) })),
      }),
      h(Top, {
        title: 'Most active actors, all time', empty: 'No entry names an actor', kind: 'is-plain',
        rows: stats.top_actors.slice(0, 8).map((a) => ({
          name: actor(a), count: a.count, href: toUrl({ ...NONE, ...byActor(a) }),
        })),
      }),
    ),
  );
}
