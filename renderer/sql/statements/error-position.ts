import type { StatementRange } from './split-statements.ts';

const WORD = /[\w$\u0080-\uffff]/;

/**
 * What to underline for an error, in code units of the text that ran. PostgreSQL counts characters from 1
 * (ErrorResponse field `P`), and a character beyond the basic plane is two code units here.
 */
export function errorRange(text: string, position: number): StatementRange | undefined {
  if (!Number.isInteger(position) || position < 1) return undefined;
  let from = 0;
  for (let count = 1; count < position; count++) {
    const point = text.codePointAt(from);
    if (point === undefined) break;
    from += point > 0xffff ? 2 : 1;
  }
  if (from >= text.length) {
    // At the end of input: the last thing that stands there.
    const last = text.trimEnd().length;
    return last === 0 ? undefined : { from: wordStart(text, last - 1), to: last };
  }
  let to = from;
  if (text[from] === '"') to = Math.max(text.indexOf('"', from + 1) + 1, from + 1);
  else while (to < text.length && WORD.test(text[to] ?? '')) to++;
  const width = (text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1;
  return { from, to: Math.max(to, from + width) };
}

function wordStart(text: string, at: number): number {
  let from = at;
  while (from > 0 && WORD.test(text[from] ?? '') && WORD.test(text[from - 1] ?? '')) from--;
  return from;
}
