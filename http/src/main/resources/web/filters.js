// The filters: in the address, in the server's query, and as controls.
import { useEffect, useMemo, useRef, useState } from './hooks.js';
import { alike, applied, count, fromInput, isoInstant, localInstant, offset, toInput, visible, zone } from './format.js';
import { Badge, el, Field, focus, h, icon, Notice, useDismiss } from './ui.js';

/** Words anywhere in an entry. */
const SEARCH = { name: 'q', label: 'Words' };
export const TEXTS = [
  { name: 'actor_id', label: 'Actor id' },
  { name: 'actor_username', label: 'Actor name' },
  { name: 'actor_ip', label: 'Address' },
  { name: 'target_type', label: 'Target type' },
  { name: 'target_id', label: 'Target id' },
];
const CHOICES = [
  { name: 'outcome', label: 'Outcome', words: ['success', 'failure', 'unknown'] },
  { name: 'severity_min', label: 'Severity at least', words: ['informational', 'low', 'medium', 'high', 'critical', 'fatal'] },
];
const HIDDEN_TEXTS = [
  { name: 'severity', label: 'Severity' },
  { name: 'tenant', label: 'Tenant' },
  { name: 'actor_type', label: 'Actor type' },
  { name: 'actor_host', label: 'Host' },
  { name: 'session_id', label: 'Session id' },
  { name: 'target_name', label: 'Target name' },
  { name: 'event_id', label: 'Event id' },
  { name: 'request_id', label: 'Request id' },
  { name: 'trace_id', label: 'Trace id' },
  { name: 'source', label: 'Source' },
  { name: 'occurred_since', label: 'Occurred since' },
  { name: 'occurred_until', label: 'Occurred until' },
];
const VALUES = [SEARCH, ...TEXTS, ...CHOICES, ...HIDDEN_TEXTS];
const LASTS = { '1h': ['Last hour', 3_600], '24h': ['24 h', 86_400], '7d': ['7 days', 604_800] };

const SUPPORTED = ['event_type', ...VALUES.map(({ name }) => name), 'since', 'until', 'last', 'security', 'live'];

const DETAILS = 'details.';
const isDetail = (name) => name.startsWith(DETAILS) && name !== DETAILS;

/** What is wrong with the parameters of the list's address: [{name, problem}]. */
export function problems(search) {
  const given = new URLSearchParams(search);
  const found = [];
  const names = [...new Set(given.keys())];
  for (const name of names) {
    const values = given.getAll(name);
    const add = (problem) => found.push({ name, problem });
    if (!SUPPORTED.includes(name) && !isDetail(name)) add(`Unknown parameter “${name}”.`);
    else if (name !== 'event_type' && values.length > 1) add(`“${name}” may be given once, but is given ${values.length} times.`);
    else if (name === 'last' && !Object.hasOwn(LASTS, values[0])) add(`“last” must be one of ${Object.keys(LASTS).join(', ')}, but is “${values[0]}”.`);
    else if (name === 'last' && (given.has('since') || given.has('until'))) add('“last” can’t be combined with “since” or “until”.');
    else if (['security', 'live'].includes(name) && !['true', 'false'].includes(values[0])) add(`“${name}” must be true or false, but is “${values[0]}”.`);
  }
  return found;
}

/** The address without what is wrong with it. */
export function withoutProblems(search) {
  const query = new URLSearchParams(search);
  problems(search).forEach(({ name }) => query.delete(name));
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

export function NotSupported({ search, onRemove }) {
  return el.div(
    { id: 'not-supported' },
    h(
      Notice,
      { kind: 'warn', title: 'The address has parameters that are not supported', alert: true },
      el.ul(problems(search).map(({ name, problem }) => el.li({ key: name }, ...visible(problem)))),
      el.p(`Supported parameters: ${SUPPORTED.join(', ')}, ${DETAILS}PATH.`),
      el.p(el.button({ type: 'button', onClick: onRemove }, 'Show the list without them')),
    ),
  );
}

/** The filters in an address's query. */
export function parse(search) {
  const given = new URLSearchParams(search);
  const filters = { event_type: [...new Set(given.getAll('event_type').filter(Boolean))] };
  for (const { name } of VALUES) filters[name] = given.get(name) || '';
  filters.details = Object.fromEntries([...given].filter(([name, value]) => isDetail(name) && value));
  filters.last = Object.hasOwn(LASTS, given.get('last') ?? '') ? given.get('last') : '';
  filters.since = filters.last ? '' : given.get('since') || '';
  filters.until = filters.last ? '' : given.get('until') || '';
  filters.security = given.get('security') === 'true';
  filters.live = given.get('live') === 'true';
  return filters;
}

const put = (query, filters) => {
  filters.event_type.forEach((type) => query.append('event_type', type));
  VALUES.forEach(({ name }) => filters[name] && query.set(name, filters[name]));
  Object.entries(filters.details).forEach(([name, value]) => query.set(name, value));
  ['since', 'until'].forEach((name) => filters[name] && query.set(name, filters[name]));
  if (filters.security) query.set('security', 'true');
};

/** The view's own URL. */
export function toUrl(filters) {
  const query = new URLSearchParams();
  put(query, filters);
  if (filters.last) query.set('last', filters.last);
  if (filters.live) query.set('live', 'true');
  const text = query.toString();
  return text ? `/?${text}` : '/';
}

/** The server's query; “last” becomes a fixed time. */
export function toQuery(filters) {
  const query = new URLSearchParams();
  const since = filters.last ? new Date(Date.now() - LASTS[filters.last][1] * 1000).toISOString() : filters.since;
  put(query, { ...filters, since });
  return query;
}

export const NONE = parse('');
/** The entries that record what retention removed. */
export const REMOVED = toUrl({ ...NONE, event_type: ['audit.retention.archived', 'audit.retention.purged'] });
export const isEmpty = (filters) => toUrl({ ...filters, live: false }) === '/';

/** A since or until on the local clock; as it is if it is no time. */
function when(text, isEnd) {
  const instant = applied(text, isEnd);
  return instant ? localInstant(instant) : text;
}

/** A chip for each filter that is set, with the filters that are left without it. */
function chips(filters) {
  const all = filters.event_type.map((type) => ({
    label: 'Type', value: type, without: { ...filters, event_type: filters.event_type.filter((t) => t !== type) },
  }));
  for (const { name, label } of VALUES) {
    if (filters[name]) all.push({ label, value: filters[name], without: { ...filters, [name]: '' } });
  }
  for (const [name, value] of Object.entries(filters.details)) {
    const { [name]: _, ...details } = filters.details;
    all.push({ label: name, value, without: { ...filters, details } });
  }
  if (filters.last) all.push({ label: 'Time', value: LASTS[filters.last][0], without: { ...filters, last: '' } });
  if (filters.since) all.push({ label: 'Since', value: when(filters.since), without: { ...filters, since: '' } });
  if (filters.until) all.push({ label: 'Until', value: when(filters.until, true), without: { ...filters, until: '' } });
  if (filters.security) all.push({ label: 'Only', value: 'security events', without: { ...filters, security: false } });
  return all;
}

export function Chips({ filters, onChange }) {
  const all = chips(filters);
  if (!all.length) return null;
  return el.ul(
    { class: 'chips', 'aria-label': 'Filters that are set' },
    all.map((chip) =>
      el.li(
        { key: chip.label + chip.value },
        el.button(
          { type: 'button', class: 'chip', 'aria-label': `Clear ${chip.label}: ${chip.value}`, onClick: () => onChange(chip.without) },
          el.bdi({ class: 'chip-label' }, ...visible(chip.label)), el.bdi({ class: 'clip' }, ...visible(chip.value)), icon('cross'),
        ),
      ),
    ),
    el.li(el.button({ type: 'button', class: 'quiet', id: 'clear-all', onClick: () => onChange({ ...NONE, live: filters.live }) }, 'Clear all')),
  );
}

function TypePicker({ types, chosen, onChange }) {
  const [open, setOpen] = useState(false);
  const [search, setSearch] = useState('');
  const ref = useRef(null);
  useDismiss(ref, open, () => setOpen(false));
  const groups = useMemo(() => {
    const known = new Set(types.list.map((t) => t.value));
    const extra = chosen.filter((c) => !known.has(c)).map((value) => ({ value, category: value.split('.')[0], description: '', count: 0 }));
    const byCategory = new Map();
    for (const type of [...types.list, ...extra]) {
      if (!`${type.value} ${type.description}`.toLowerCase().includes(search.toLowerCase())) continue;
      if (!byCategory.has(type.category)) byCategory.set(type.category, []);
      byCategory.get(type.category).push(type);
    }
    return [...byCategory];
  }, [types, search, chosen]);
  const toggle = (value) => onChange(chosen.includes(value) ? chosen.filter((c) => c !== value) : [...chosen, value]);
  return el.div(
    { class: 'picker', ref },
    el.span({ class: 'field-label', id: 'types-label' }, 'Event types'),
    el.button(
      { type: 'button', class: 'picker-button', id: 'types-button', 'aria-expanded': String(open), 'aria-labelledby': 'types-label types-button', onClick: () => setOpen(!open) },
      el.span({ class: 'clip' }, chosen.length === 0 ? 'All' : chosen.length === 1 ? el.bdi(...visible(chosen[0])) : `${chosen.length} chosen`), icon('down'),
    ),
    open
      ? el.div(
          { class: 'popover', role: 'group', 'aria-labelledby': 'types-label' },
          el.input({ type: 'search', placeholder: 'Find a type', 'aria-label': 'Find a type', ref: focus, value: search, onInput: (e) => setSearch(e.target.value) }),
          el.div(
            { class: 'picker-list' },
            groups.map(([category, list]) =>
              el.fieldset(
                { key: category },
                el.legend(category),
                list.map((type) =>
                  el.label(
                    { class: 'option', key: type.value, title: type.description },
                    el.input({ type: 'checkbox', value: type.value, checked: chosen.includes(type.value), onChange: () => toggle(type.value) }),
                    h(Badge, { type: type.value }),
                    el.span({ class: 'num' }, count(type.count)),
                  ),
                ),
              ),
            ),
            groups.length ? null : el.p({ class: 'dim' }, 'No event type matches.'),
            types.more ? el.p({ class: 'dim' }, 'There are more types than are listed here. Add event_type=… to the address for another one.') : null,
          ),
        )
      : null,
  );
}

/** One end of a range of time. Says what is applied, and asks which when the local clock shows a time twice. */
function TimeField({ name, label, value, onChange }) {
  const instant = applied(value, name === 'until');
  const both = instant ? alike(instant) : [];
  return el.div(
    { class: 'time-field' },
    h(Field, { label }, el.input({ type: 'datetime-local', step: 1, name, value: instant ? toInput(instant) : '', 'aria-describedby': `applied-${name}`, onChange: (e) => onChange(fromInput(e.target.value)) })),
    el.span({ class: 'hint num', id: `applied-${name}` }, instant ? localInstant(instant) : ''),
    both.length > 1
      ? el.div(
          { class: 'time-field', role: 'group', 'aria-labelledby': `twice-${name}` },
          el.span({ class: 'hint', id: `twice-${name}` }, 'This time happens twice. Which one?'),
          el.div(
            { class: 'segmented' },
            both.map((one) =>
              el.button({ type: 'button', key: offset(one.second), 'data-offset': offset(one.second), 'aria-pressed': String(one.second.getTime() === instant.second.getTime()), onClick: () => onChange(isoInstant(one)) }, offset(one.second)),
            ),
          ),
        )
      : null,
  );
}

/** Everything, the last hours or days, or from one time to another. */
function TimeRange({ filters, onChange }) {
  const custom = Boolean(filters.since || filters.until);
  const [open, setOpen] = useState(custom);
  useEffect(() => setOpen((was) => was || custom), [custom]);
  const presets = [['', 'All'], ...Object.entries(LASTS).map(([key, [label]]) => [key, label])];
  const showCustom = open && !filters.last;
  return el.div(
    { class: 'range' },
    el.span({ class: 'field-label', id: 'range-label' }, `Time (${zone()})`),
    el.div(
      { class: 'segmented', role: 'group', 'aria-labelledby': 'range-label' },
      presets.map(([key, label]) =>
        el.button(
          {
            type: 'button', key, 'data-last': key || 'all', 'aria-pressed': String(!showCustom && !custom && filters.last === key),
            onClick: () => (setOpen(false), onChange({ ...filters, last: key, since: '', until: '' })),
          },
          label,
        ),
      ),
      el.button(
        { type: 'button', 'data-last': 'custom', 'aria-pressed': String(showCustom || custom), onClick: () => (setOpen(true), filters.last && onChange({ ...filters, last: '' })) },
        'Custom',
      ),
    ),
    showCustom
      ? el.div(
          { class: 'custom' },
          ['since', 'until'].map((name) =>
            h(TimeField, { key: name, name, label: name === 'since' ? 'Since' : 'Until', value: filters[name], onChange: (value) => onChange({ ...filters, [name]: value }) }),
          ),
        )
      : null,
  );
}

export function FilterBar({ filters, types, onChange }) {
  const [shown, setShown] = useState(false);
  return el.form(
    { class: `filters ${shown ? 'is-shown' : ''}`, role: 'search', 'aria-label': 'Filters', onSubmit: (e) => e.preventDefault() },
    el.button({ type: 'button', class: 'filters-toggle', 'aria-expanded': String(shown), onClick: () => setShown(!shown) }, icon('filter'), 'Filters', icon('down')),
    el.div(
      { class: 'filter-grid' },
      h(
        Field,
        { label: SEARCH.label },
        el.input({
          type: 'search', name: SEARCH.name, placeholder: 'In names, action, details', value: filters.q,
          onChange: (e) => onChange({ ...filters, q: e.target.value.trim() }),
        }),
      ),
      h(TimeRange, { filters, onChange }),
      h(TypePicker, { types, chosen: filters.event_type, onChange: (event_type) => onChange({ ...filters, event_type }) }),
      CHOICES.map(({ name, label, words }) =>
        h(
          Field,
          { label, key: name },
          el.select(
            { name, value: filters[name], onChange: (e) => onChange({ ...filters, [name]: e.target.value }) },
            ['', ...words].map((word) => el.option({ key: word, value: word }, word || 'Any')),
          ),
        ),
      ),
      TEXTS.map(({ name, label }) =>
        h(
          Field,
          { label, key: name },
          el.input({
            type: 'text', name, autocomplete: 'off', spellcheck: false, value: filters[name],
            onChange: (e) => onChange({ ...filters, [name]: e.target.value.trim() }),
          }),
        ),
      ),
      el.label(
        { class: 'switch' },
        el.input({ type: 'checkbox', name: 'security', checked: filters.security, onChange: (e) => onChange({ ...filters, security: e.target.checked }) }),
        el.span(icon('security'), 'Security only'),
      ),
    ),
  );
}
