// An entry, its neighbours, and the hashes that link them.
import { useEffect, useState } from './hooks.js';
import { bytes, json, orNull } from './api.js';
import { count, short } from './format.js';
import { equal, genesisHash, hex, leafHash } from './proof.js';
import { el, h, icon, Loading } from './ui.js';

const UTF8 = new TextDecoder();

async function neighbour(id) {
  if (id < 1n) return null;
  const raw = await orNull(bytes(`/api/audit/entries/${id}`));
  return raw && { id, raw, hash: await leafHash(raw), entry: JSON.parse(UTF8.decode(raw)) };
}

async function check(id, entry, hash) {
  const [before, after] = await Promise.all([neighbour(id - 1n), neighbour(id + 1n)]);
  const links = { before, after, first: id === 1n, beforeHolds: null, afterHolds: null };
  const previous = String(entry.previous_hash);
  if (before) links.beforeHolds = hex(before.hash) === previous;
  if (id === 1n) {
    const { origin } = await json('/api/audit/log');
    links.beforeHolds = hex(await genesisHash(origin)) === previous;
    links.origin = origin;
  }
  if (after) links.afterHolds = equal(hash, Uint8Array.from(after.entry.previous_hash.match(/../g), (b) => parseInt(b, 16)));
  return links;
}

function Link({ holds, unknown }) {
  const state = holds === null ? ['info', 'is-unknown', unknown] : holds ? ['check', 'is-good', 'hash matches'] : ['cross', 'is-bad', 'hash does not match'];
  return el.div({ class: `chain-link ${state[1]}` }, icon(state[0]), el.span(state[2]));
}

function Box({ label, id, hash, current }) {
  const inside = [el.span({ class: 'hint' }, label), el.span({ class: 'num chain-id' }, id), el.code({ class: 'sub' }, hash ? short(hash, 6) : '')];
  return current
    ? el.div({ class: 'chain-box is-current', 'aria-current': 'true' }, inside)
    : el.a({ class: 'chain-box', href: `/entries/${String(id).replaceAll(',', '')}`, rel: label === 'Previous' ? 'prev' : 'next' }, inside);
}

export function Chain({ id, entry, hash }) {
  const [links, setLinks] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    check(BigInt(id), entry, hash).then(setLinks, setError);
  }, [id]);
  return el.section(
    { class: 'card', id: 'chain', 'aria-labelledby': 'chain-title' },
    el.h2({ id: 'chain-title' }, 'Chain'),
    error ? el.p({ class: 'is-bad', role: 'alert' }, `The neighbours could not be read: ${error.message}`) : null,
    !links && !error ? h(Loading, { what: 'Hashing the neighbours' }) : null,
    links
      ? el.div(
          { class: 'chain' },
          links.before
            ? h(Box, { label: 'Previous', id: count(Number(links.before.id)), hash: hex(links.before.hash) })
            : el.div({ class: 'chain-box is-end' }, el.span({ class: 'hint' }, 'Previous'), el.span(links.first ? 'the beginning of the log' : 'no longer in the log'), links.origin ? el.code({ class: 'sub' }, links.origin) : null),
          h(Link, { holds: links.beforeHolds, unknown: 'not checked' }),
          h(Box, { label: 'This entry', id: count(Number(id)), hash: hex(hash), current: true }),
          links.after ? h(Link, { holds: links.afterHolds }) : el.div({ class: 'chain-link is-unknown' }, icon('right')),
          links.after
            ? h(Box, { label: 'Next', id: count(Number(links.after.id)), hash: hex(links.after.hash) })
            : el.div({ class: 'chain-box is-end' }, el.span({ class: 'hint' }, 'Next'), el.span('none yet: this is the newest')),
        )
      : null,
  );
}
