// Entries over time, stacked by category. The pointer or the keys select a time range.
import { useEffect, useRef, useState } from './hooks.js';
import { count } from './format.js';
import { categoryClass, el, h, icon } from './ui.js';

const HEIGHT = 220;
const AROUND = { right: 8, top: 10, bottom: 24 };
const TIME = { hour: '2-digit', minute: '2-digit', hour12: false };
const DAY = { month: 'short', day: 'numeric' };

function ceiling(max) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, max)));
  return [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10].map((f) => f * unit).find((top) => top >= max) || 1;
}

/** Which buckets have a label: the first of each local day, or every nth. */
function ticks(buckets, seconds, most) {
  const starts = buckets.map((b) => new Date(b.start));
  const day = (t) => t.toDateString();
  const days = starts.flatMap((t, i) => (i > 0 && day(t) !== day(starts[i - 1]) ? [i] : []));
  const some = seconds < 86_400 && days.length > 2 ? days : buckets.map((_, i) => i);
  const every = Math.max(1, Math.ceil(some.length / most));
  return some.filter((_, k) => k % every === 0);
}

const label = (start, seconds) => new Date(start).toLocaleString('en-GB', seconds >= 86_400 ? DAY : seconds >= 10_800 ? { ...DAY, ...TIME } : TIME);
const span = (bucket, seconds) => {
  const from = new Date(bucket.start);
  const to = new Date(from.getTime() + seconds * 1000);
  const f = (t) => t.toLocaleString('en-GB', { ...DAY, ...TIME });
  return `${f(from)} – ${f(to)}`;
};

function useWidth(ref) {
  const [width, setWidth] = useState(900);
  useEffect(() => {
    const watch = new ResizeObserver(([seen]) => setWidth(Math.max(280, seen.contentRect.width)));
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  return width;
}

function Bars({ buckets, categories, x, barWidth, y }) {
  return buckets.flatMap((bucket, i) => {
    let base = 0;
    return categories.filter((c) => bucket.by_category[c]).map((category) => {
      const n = bucket.by_category[category];
      const top = y(base + n);
      const bar = h('rect', { key: `${i}${category}`, class: `bar ${categoryClass(category)}`, x: x(i) + 0.5, width: Math.max(1, barWidth - 1), y: top, height: Math.max(0.75, y(base) - top) });
      base += n;
      return bar;
    });
  });
}

/** onChoose(since, until) gets the time range that was selected. */
export function StackedChart({ buckets, seconds, onChoose }) {
  const frame = useRef(null);
  const svg = useRef(null);
  const width = useWidth(frame);
  const [range, setRange] = useState(null);
  const [hover, setHover] = useState(null);
  const dragging = useRef(false);
  const totals = new Map();
  // No category has such a name.
  for (const bucket of buckets) if (bucket.other_categories) bucket.by_category['(others)'] = bucket.other_categories;
  for (const bucket of buckets) for (const [c, n] of Object.entries(bucket.by_category)) totals.set(c, (totals.get(c) || 0) + n);
  const categories = [...totals.keys()].sort((a, b) => totals.get(b) - totals.get(a));
  const top = ceiling(Math.max(1, ...buckets.map((b) => b.total)));
  const PAD = { ...AROUND, left: Math.max(46, 12 + 7 * count(top).length) };
  const barWidth = (width - PAD.left - PAD.right) / Math.max(1, buckets.length);
  const x = (i) => PAD.left + i * barWidth;
  const y = (n) => PAD.top + (HEIGHT - PAD.top - PAD.bottom) * (1 - n / top);
  const shownTicks = ticks(buckets, seconds, Math.max(2, Math.floor(width / 120)));
  const byDay = shownTicks.length > 1 && new Date(buckets[shownTicks[1]].start) - new Date(buckets[shownTicks[0]].start) >= 82_800_000;
  const bucketAt = (e) => {
    const box = svg.current.getBoundingClientRect();
    return Math.max(0, Math.min(buckets.length - 1, Math.floor((e.clientX - box.left - PAD.left) / barWidth)));
  };
  const down = (e) => {
    dragging.current = true;
    svg.current.setPointerCapture?.(e.pointerId);
    const i = bucketAt(e);
    setRange([i, i]);
  };
  const move = (e) => {
    const i = bucketAt(e);
    setHover(i);
    if (dragging.current) setRange(([from]) => [from, i]);
  };
  const up = () => (dragging.current = false);
  const cancel = () => {
    up();
    setRange(null);
  };
  const keys = (e) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    if (e.key === 'Enter' && range) choose();
    if (e.key === 'Escape') setRange(null);
    if (!by) return;
    e.preventDefault();
    const limit = (i) => Math.max(0, Math.min(buckets.length - 1, i));
    setRange((was) => (!was ? [buckets.length - 1, buckets.length - 1] : e.shiftKey ? [was[0], limit(was[1] + by)] : [limit(was[1] + by), limit(was[1] + by)]));
  };
  const [low, high] = range ? [Math.min(...range), Math.max(...range)] : [];
  const at = (i) => new Date(new Date(buckets[i].start).getTime()).toISOString();
  // A bucket ends with the last nanosecond of its last second.
  const end = (i) => `${new Date(new Date(buckets[i].start).getTime() + seconds * 1000 - 1000).toISOString().slice(0, 19)}.999999999Z`;
  const choose = () => onChoose(at(low), end(high));
  const chosen = range ? buckets.slice(low, high + 1).reduce((n, b) => n + b.total, 0) : 0;
  const shown = range ? null : hover !== null && buckets[hover];
  return el.div(
    { class: 'chart', ref: frame },
    h(
      'svg',
      {
        ref: svg, width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, tabindex: 0, role: 'application', id: 'chart',
        'aria-label': 'Entries over time by category. Arrow keys select a time range, with Shift they extend it, and Enter shows its entries. The table below has the numbers.',
        onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: cancel, onPointerLeave: () => setHover(null), onKeyDown: keys,
      },
      [0, 0.5, 1].map((f) => h('g', { key: f, class: 'axis' }, h('path', { d: `M${PAD.left} ${y(top * f)}H${width - PAD.right}` }), h('text', { x: PAD.left - 6, y: y(top * f) + 4, 'text-anchor': 'end' }, top * f % 1 ? '' : count(top * f)))),
      range ? h('rect', { class: 'brush', x: x(low), width: (high - low + 1) * barWidth, y: PAD.top, height: HEIGHT - PAD.top - PAD.bottom }) : null,
      h(Bars, { buckets, categories, x, barWidth, y }),
      shownTicks.map((i) => h('text', { key: i, class: 'tick', x: x(i), y: HEIGHT - 6, 'text-anchor': x(i) > width - 90 ? 'end' : null }, label(buckets[i].start, byDay ? 86_400 : seconds))),
    ),
    el.div(
      { class: 'chart-foot' },
      el.ul({ class: 'legend', 'aria-label': 'Categories' }, categories.map((c) => el.li({ key: c, class: categoryClass(c) }, el.span({ class: 'swatch', 'aria-hidden': 'true' }), icon(c), c, ' ', el.span({ class: 'num dim' }, count(totals.get(c)))))),
      el.div(
        { class: 'chart-state', role: 'status' },
        range
          ? [el.span(`${count(chosen)} in ${span({ start: buckets[low].start }, (high - low + 1) * seconds)}`), el.button({ type: 'button', class: 'primary', id: 'brush-show', onClick: choose }, 'Show these entries'), el.button({ type: 'button', class: 'quiet', onClick: () => setRange(null) }, 'Clear')]
          : shown
            ? `${span(shown, seconds)}: ${count(shown.total)}`
            : 'Drag across the bars to select a time range.',
      ),
    ),
    el.details(
      { class: 'chart-table' },
      el.summary('Show the numbers as a table'),
      el.div({ class: 'table-frame', tabIndex: 0, role: 'region', 'aria-label': 'Entries over time' }, el.table(
        el.thead(el.tr(el.th({ scope: 'col' }, 'From'), categories.map((c) => el.th({ scope: 'col', class: 'num', key: c }, c)), el.th({ scope: 'col', class: 'num' }, 'Total'))),
        el.tbody(buckets.filter((b) => b.total).map((b) => el.tr({ key: b.start }, el.td(label(b.start, Math.min(seconds, 10_800))), categories.map((c) => el.td({ class: 'num', key: c }, count(b.by_category[c] || 0))), el.td({ class: 'num' }, count(b.total))))),
      )),
    ),
  );
}
