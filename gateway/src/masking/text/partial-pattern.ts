/**
 * The pattern of all beginnings of what `pattern` (RE2 syntax) matches, at the end of the text: each character or
 * class may be missing where the text ends. `ab+` becomes `(?:(?:a|\z)(?:b|\z)+)\z`. Where it matches, more text
 * could make a match; RE2 has no such question of its own.
 */
export function partialPattern(pattern: string): string {
  const parts: string[] = [];
  for (let at = 0; at < pattern.length; ) {
    const { end, isAtom } = tokenAt(pattern, at);
    const token = pattern.slice(at, end);
    parts.push(isAtom ? quoted(token) : token);
    at = end;
  }
  return `(?:${parts.join('')})\\z`;
}

const optional = (atom: string): string => `(?:${atom}|\\z)`;

/** `\Q…\E` holds any number of characters. */
const quoted = (token: string): string =>
  token.startsWith('\\Q')
    ? [...token.slice(2).replace(/\\E$/, '')].map((each) => optional(`\\Q${each}\\E`)).join('')
    : optional(token);

const GROUP = /\((?:\?(?:P?<\w+>|[a-zA-Z-]*:|[a-zA-Z-]+\)))?/y;
const REPEAT = /(?:[*+?]|\{\d+(?:,\d*)?\})[+?]?/y;
const ESCAPE =
  /\\(?:Q(?:[^\\]|\\(?!E))*(?:\\E)?|[pP](?:\{[^}]*\}|.)|x(?:\{[^}]*\}|[0-9a-fA-F]{2})|[0-7]{1,3}|.)/suy;
const CLASS = /\[\^?\]?(?:\[:\^?\w+:\]|\\[pPx]\{[^}]*\}|\\.|[^\]\\])*\]/suy;
const CHARACTER = /./suy;
const ZERO_WIDTH = new Set(['^', '$', '\\A', '\\z', '|', ')']);

/** Where the token at `at` ends, and whether it stands for a character (or a place between two) of the text. */
function tokenAt(pattern: string, at: number): { end: number; isAtom: boolean } {
  const group = endOf(GROUP, pattern, at) ?? endOf(REPEAT, pattern, at);
  if (group !== undefined) return { end: group, isAtom: false };
  const end =
    endOf(ESCAPE, pattern, at) ?? endOf(CLASS, pattern, at) ?? endOf(CHARACTER, pattern, at) ?? at + 1;
  return { end, isAtom: !ZERO_WIDTH.has(pattern.slice(at, end)) };
}

function endOf(token: RegExp, pattern: string, at: number): number | undefined {
  token.lastIndex = at;
  return token.test(pattern) ? token.lastIndex : undefined;
}
