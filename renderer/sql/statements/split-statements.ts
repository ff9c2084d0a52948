/** Where a statement stands in the text: without the space around it and without its semicolon. */
export interface StatementRange {
  readonly from: number;
  readonly to: number;
}

const SPACE = /\s/;
const WORD_START = /[A-Za-z_\u0080-\uffff]/;
const WORD = /[\w$\u0080-\uffff]/;

/**
 * The statements of a SQL text, as psql finds them (psqlscan.l): semicolons inside strings, identifiers, comments,
 * dollar quotes, parentheses and `BEGIN ATOMIC … END` bodies end nothing. What is cut off runs to the end.
 */
export function splitStatements(text: string): StatementRange[] {
  const found: StatementRange[] = [];
  let from = -1;
  let end = 0;
  let parentheses = 0;
  let words: string[] = [];
  let atomic = 0;
  const close = () => {
    if (from >= 0) found.push({ from, to: end });
    from = -1;
    parentheses = 0;
    words = [];
    atomic = 0;
  };

  for (let at = 0; at < text.length; ) {
    const skipped = skipBlank(text, at);
    if (skipped > at) {
      at = skipped;
      continue;
    }
    const character = text[at] ?? '';
    if (character === ';' && parentheses === 0 && atomic === 0) {
      close();
      at++;
      continue;
    }
    if (from < 0) from = at;
    const next = skipToken(text, at);
    if (character === '(') parentheses++;
    else if (character === ')') parentheses = Math.max(0, parentheses - 1);
    else if (WORD_START.test(character)) {
      const word = text.slice(at, next).toUpperCase();
      if (words.length < 4) words.push(word);
      if (makesRoutine(words)) {
        if (word === 'BEGIN') atomic++;
        else if (word === 'CASE' && atomic > 0) atomic++;
        else if (word === 'END' && atomic > 0) atomic--;
      }
    }
    at = next;
    end = next;
  }
  close();
  return found;
}

/** `CREATE [OR REPLACE] FUNCTION | PROCEDURE`: only there does BEGIN open a body. */
function makesRoutine(words: readonly string[]): boolean {
  if (words[0] !== 'CREATE') return false;
  const kind = words[1] === 'OR' && words[2] === 'REPLACE' ? words[3] : words[1];
  return kind === 'FUNCTION' || kind === 'PROCEDURE';
}

/** Past white space and comments that begin at `at`. */
function skipBlank(text: string, at: number): number {
  if (SPACE.test(text[at] ?? '')) return at + 1;
  if (text.startsWith('--', at)) {
    const line = text.indexOf('\n', at);
    return line < 0 ? text.length : line + 1;
  }
  return text.startsWith('/*', at) ? skipComment(text, at) : at;
}

/** Block comments nest in PostgreSQL. */
function skipComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; ) {
    if (text.startsWith('/*', at)) {
      depth++;
      at += 2;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at += 2;
      if (depth === 0) return at;
    } else at++;
  }
  return text.length;
}

/** Past the string, identifier, word or single character at `at`. */
function skipToken(text: string, at: number): number {
  const character = text[at] ?? '';
  if (character === "'") return skipQuoted(text, at, "'", false);
  if (character === '"') return skipQuoted(text, at, '"', false);
  if (character === '$') return skipDollar(text, at);
  if ((character === 'e' || character === 'E') && text[at + 1] === "'")
    return skipQuoted(text, at + 1, "'", true);
  if (!WORD_START.test(character) && !/\d/.test(character)) return at + 1;
  let next = at + 1;
  while (next < text.length && WORD.test(text[next] ?? '')) next++;
  return next;
}

function skipQuoted(text: string, start: number, quote: string, escapes: boolean): number {
  for (let at = start + 1; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return text.length;
}

function skipDollar(text: string, at: number): number {
  const tag = /^\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(text.slice(at, at + 130))?.[0];
  if (tag === undefined) return at + 1;
  const close = text.indexOf(tag, at + tag.length);
  return close < 0 ? text.length : close + tag.length;
}

/**
 * The statement to run for a cursor: the one it stands in or right behind (its semicolon included), else the next
 * one, else the last.
 */
export function statementAt(
  statements: readonly StatementRange[],
  cursor: number,
): StatementRange | undefined {
  return (
    statements.find(({ from, to }) => cursor >= from && cursor <= to + 1) ??
    statements.find(({ from }) => from > cursor) ??
    statements.at(-1)
  );
}
