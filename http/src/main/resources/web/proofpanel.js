// The proof panel: what the browser itself can prove about one entry.
import { useEffect, useState } from './hooks.js';
import { json, orNull, text } from './api.js';
import { count, localMinute, short } from './format.js';
import { parseExact } from './exact.js';
import { checkCommitments } from './personal.js';
import { canHash, checkSignature, equal, fold, hex, leafHash, parseKey, parseNote, parseProof, pin, pinned } from './proof.js';
import { el, h, icon, Loading, Notice } from './ui.js';

const good = (what, detail) => ({ state: 'good', what, detail });
const bad = (what, detail) => ({ state: 'bad', what, detail });
const open = (what, detail) => ({ state: 'warn', what, detail });

/** Checks everything about the entry's place in the log. A bad proof is a finding, not an exception. */
async function examine(id, raw, stated, damaged) {
  const found = { steps: [], path: null, verdict: 'good', key: null, pin: pinned() };
  const add = (step) => {
    found.steps.push(step);
    if (step.state === 'bad') found.verdict = 'bad';
    if (step.state === 'warn' && found.verdict === 'good') found.verdict = 'warn';
    return step.state === 'good';
  };
  const leaf = await leafHash(raw);
  add(stated === hex(leaf)
    ? good('Its bytes have the hash that the server states', short(hex(leaf), 10))
    : bad('Its bytes do not have the hash that the server states', `computed ${short(hex(leaf), 10)}, stated ${short(stated ?? 'none', 10)}`));
  await examinePersonal(raw, damaged, add);
  const [proofText, log] = await Promise.all([
    orNull(text(`/api/audit/entries/${id}/proof`, { timeout: 60_000 })),
    json('/api/audit/log'),
  ]);
  if (proofText === null) {
    add(open('It is not sealed', 'No signed checkpoint covers it yet. Your browser still checks its hash and its chain.'));
    return found;
  }
  let note;
  try {
    const proof = parseProof(proofText);
    note = parseNote(proof.note);
    found.note = note;
    if (proof.index !== BigInt(id) - 1n) throw new Error(`it is about entry ${proof.index + 1n}`);
    const folded = await fold(leaf, proof.index, note.size, proof.hashes);
    found.path = { leaf, steps: folded.steps, root: note.root, holds: equal(folded.root, note.root) };
    add(found.path.holds
      ? good(`It is one of the ${count(Number(note.size))} entries of the checkpoint`, `${folded.steps.length} hashes lead from it to the root ${short(hex(note.root), 8)}`)
      : bad('It does not lead to the checkpoint’s root', `the path ends at ${short(hex(folded.root), 8)}, the checkpoint says ${short(hex(note.root), 8)}`));
  } catch (e) {
    add(bad('The proof is not valid', e.message));
    return found;
  }
  await examineKey(found, note, log, add);
  return found;
}

async function examinePersonal(raw, damaged, add) {
  const values = await checkCommitments(parseExact(new TextDecoder().decode(raw)));
  if (values.good.length) add(good('Its personal values are those that it commits to', values.good.join(', ')));
  if (values.bad.length) add(bad('Personal values are not those that it commits to', values.bad.join(', ')));
  if (damaged.length) add(bad('Personal values are not those that were written', damaged.join(', ')));
  const erased = values.without.filter((name) => !damaged.includes(name));
  if (erased.length) add(good('Its commitments stay where values were erased', erased.join(', ')));
}

async function examineKey(found, note, log, add) {
  const offered = log.verifier_keys[0];
  const vkeys = found.pin?.keys ?? log.verifier_keys;
  if (!vkeys.length) {
    add(open('The server shows no verifier key', 'Without one the checkpoint’s signature can’t be checked here.'));
    return;
  }
  let keys;
  try {
    keys = await Promise.all(vkeys.map(parseKey));
    if (offered) found.offered = await parseKey(offered);
  } catch (e) {
    add(bad('The verifier key is not well-formed', e.message));
    return;
  }
  const checks = await Promise.all(keys.map((key) => checkSignature(note, key)));
  const at = ['bad', 'good', 'unsupported', 'absent'].map((s) => checks.indexOf(s)).find((i) => i >= 0);
  found.key = keys[at];
  const label = `${keys[at].name}, key ${keys[at].id}`;
  if (checks[at] === 'good') {
    add(good('The checkpoint’s Ed25519 signature is good', label));
  } else if (checks[at] === 'unsupported') {
    add(open('This browser can’t check Ed25519 signatures', 'Use a newer browser, or tally verify-proof.'));
  } else if (checks[at] === 'bad') {
    add(bad('The checkpoint’s signature is wrong', label));
  } else if (found.pin) {
    add(bad('The checkpoint is not signed by the key that you trusted', `It names ${note.signatures.map((s) => `${s.name} ${s.id}`).join(', ') || 'nobody'}.`));
  } else {
    add(bad('The checkpoint is not signed by the log’s key', label));
  }
  if (found.pin) {
    const changed = !log.verifier_keys.some((k) => found.pin.keys.includes(k));
    add(changed
      ? bad('The log’s verifier key has changed', 'The server no longer uses the key that you trusted. Unless its operator announced a new key, something is wrong.')
      : good('The key is the one that you trusted', `since ${localMinute(found.pin.at)}`));
  } else {
    found.untrusted = found.verdict === 'good';
    add(open('You have not confirmed this key yet', 'Compare its fingerprint with the one that “tally key” prints on the server, or with your auditor’s copy.'));
  }
}

const VERDICTS = {
  good: ['good', 'Proven', 'This entry is in the log as it was sealed. Your browser computed this from the entry’s bytes.'],
  untrusted: ['warn', 'Proven, but with a key that you have not confirmed', 'Your browser computed this from the entry’s bytes. Compare the key below to be sure that it is the log’s own.'],
  warn: ['warn', 'Not proven yet', 'Nothing contradicts this entry, but a part of its proof is missing.'],
  bad: ['bad', 'Not as it was sealed', 'What the server sent does not fit together. Do not rely on this entry, and keep a copy of what you see.'],
};

function Path({ path, id }) {
  const step = 46;
  const width = 560;
  const middle = width / 2;
  const height = (path.steps.length + 1) * step + 22;
  const y = (level) => height - 34 - level * step;
  const parts = [];
  const node = (key, x, at, label, hash, name) =>
    parts.push(
      h('g', { key, class: `node ${name}` },
        h('rect', { x: x - (label ? 104 : 76), y: at - 13, width: label ? 208 : 152, height: 26, rx: 5 }),
        h('text', { x, y: at + 4, 'text-anchor': 'middle' }, `${label ? `${label} ` : ''}${short(hash, label ? 5 : 7)}`)),
    );
  path.steps.forEach((s, i) => {
    const side = s.siblingIsLeft ? middle - 190 : middle + 190;
    parts.push(h('path', { key: `l${i}`, class: 'edge is-own', d: `M${middle} ${y(i) - 13}V${y(i + 1) + 13}` }));
    parts.push(h('path', { key: `s${i}`, class: 'edge', d: `M${side} ${y(i) - 13}C${side} ${y(i) - 30} ${middle} ${y(i) - 14} ${middle} ${y(i + 1) + 13}` }));
    node(`n${i}`, side, y(i), '', hex(s.sibling), 'is-sibling');
  });
  node('leaf', middle, y(0), `entry ${id}`, hex(path.leaf), 'is-own');
  path.steps.forEach((s, i) => {
    const top = i === path.steps.length - 1;
    node(`r${i}`, middle, y(i + 1), top ? 'root' : '', hex(s.result), top && !path.holds ? 'is-own is-wrong' : 'is-own');
  });
  return el.details(
    { class: 'path', open: true },
    el.summary(`The path to the root: ${path.steps.length} ${path.steps.length === 1 ? 'step' : 'steps'}`),
    el.div(
      { class: 'path-frame', tabIndex: 0, role: 'region', 'aria-label': 'Drawing of the path' },
      h('svg', { viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': `From the hash of entry ${id} over ${path.steps.length} sibling hashes to the checkpoint’s root` }, parts),
    ),
  );
}

function KeyBox({ found, again }) {
  const key = found.pin ? found.key : found.offered;
  if (!key) return null;
  const changed = found.pin && found.offered && !found.pin.keys.includes(found.offered.vkey);
  const trust = (vkey) => {
    pin(vkey);
    again();
  };
  return el.div(
    { class: 'keybox' },
    el.h3(found.pin ? 'The key you trust' : 'The key the server shows'),
    el.dl({ class: 'facts' }, el.dt('Log'), el.dd(el.bdi(key.name)), el.dt('Fingerprint'), el.dd(el.code({ class: 'fingerprint' }, key.fingerprint))),
    found.pin ? null : el.button({ type: 'button', class: 'primary', id: 'trust-key', onClick: () => trust(key.vkey) }, icon('check'), 'I compared the fingerprint: trust this key'),
    changed
      ? el.div(
          el.p('The server now shows another key:'),
          el.code({ class: 'fingerprint' }, found.offered.fingerprint),
          el.p(el.button({ type: 'button', class: 'danger', id: 'replace-key', onClick: () => trust(found.offered.vkey) }, 'I know about this change: trust the new key')),
        )
      : null,
  );
}

export function ProofPanel({ id, raw }) {
  const [found, setFound] = useState(null);
  const [error, setError] = useState(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let gone = false;
    setFound(null);
    setError(null);
    (async () => {
      // A request of its own, so that the stated hash is compared with bytes that were sent separately.
      const stated = await json(`/api/audit/entries/${id}`);
      const result = await examine(id, raw, stated.hash, Object.keys(stated.damaged ?? {}));
      if (!gone) setFound(result);
    })().catch((e) => gone || setError(e));
    return () => (gone = true);
  }, [id, round]);
  const [kind, title, sentence] = found ? VERDICTS[found.untrusted ? 'untrusted' : found.verdict] : [];
  return el.section(
    { class: `card proof ${found ? `is-${found.verdict}` : ''}`, id: 'proof', 'data-verdict': found?.verdict ?? (error ? 'error' : 'running'), 'aria-labelledby': 'proof-title' },
    el.div(
      { class: 'card-head' },
      el.h2({ id: 'proof-title' }, 'Proof'),
      found?.note ? el.a({ class: 'button', href: `/api/audit/entries/${id}/proof`, download: `entry-${id}.tlog-proof` }, icon('download'), '.tlog-proof') : null,
    ),
    !canHash()
      ? h(Notice, { kind: 'warn', title: 'This browser can’t check proofs here' }, el.p('It offers its cryptography only over HTTPS or on this machine itself.'))
      : error
        ? h(Notice, { kind: 'warn', title: 'The proof could not be read' }, el.p(error.message), el.p(el.button({ type: 'button', onClick: () => setRound(round + 1) }, 'Try again')))
        : !found
          ? h(Loading, { what: 'Your browser is checking' })
          : [
              el.div({ class: `verdict is-${kind}`, role: 'status' }, icon({ good: 'check', warn: 'warn', bad: 'cross' }[kind]), el.div(el.strong(title), el.p(sentence))),
              el.ol(
                { class: 'steps' },
                found.steps.map((s) =>
                  el.li({ class: `is-${s.state}`, key: s.what }, icon({ good: 'check', warn: 'warn', bad: 'cross' }[s.state], { good: 'good:', warn: 'open:', bad: 'bad:' }[s.state]), el.div(el.span(s.what), el.span({ class: 'hint' }, s.detail))),
                ),
              ),
              found.path ? h(Path, { path: found.path, id }) : null,
              h(KeyBox, { found, again: () => setRound(round + 1) }),
              el.p({ class: 'hint' }, 'This page comes from the server that it checks. To depend on neither, download the proof and run ', el.code('tally verify-proof'), ' on another machine.'),
            ],
  );
}
