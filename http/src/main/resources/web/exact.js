// JSON without loss: a number keeps its text, however many digits it has.

/** A number that a JavaScript number can't represent exactly. */
export class ExactNumber {
  constructor(source) {
    this.source = source;
  }
  toString() {
    return this.source;
  }
  toJSON() {
    return JSON.rawJSON ? JSON.rawJSON(this.source) : this.source;
  }
}

export const parseExact = (text) =>
  JSON.parse(text, (_, value, context) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? new ExactNumber(context.source) : value,
  );

/** The value as indented lines: {depth, parts: [{kind, text}]}. */
export function lines(value) {
  const all = [];
  const walk = (v, depth, head, comma) => {
    const end = comma ? [{ kind: 'mark', text: ',' }] : [];
    const scalar = (kind, text) => all.push({ depth, parts: [...head, { kind, text }, ...end] });
    if (v === null) return scalar('null', 'null');
    if (v instanceof ExactNumber) return scalar('number', v.source);
    if (typeof v === 'string') return scalar('string', JSON.stringify(v));
    if (typeof v !== 'object') return scalar(typeof v === 'number' ? 'number' : 'boolean', String(v));
    const list = Array.isArray(v);
    const items = list ? v.map((item) => [null, item]) : Object.entries(v);
    const [open, close] = list ? ['[', ']'] : ['{', '}'];
    if (!items.length) return scalar('mark', open + close);
    all.push({ depth, parts: [...head, { kind: 'mark', text: open }] });
    items.forEach(([key, item], i) =>
      walk(item, depth + 1, key === null ? [] : [{ kind: 'key', text: JSON.stringify(key) }, { kind: 'mark', text: ': ' }], i < items.length - 1),
    );
    all.push({ depth, parts: [{ kind: 'mark', text: close }, ...end] });
    return undefined;
  };
  walk(value, 0, [], false);
  return all;
}
