import type { CommandArgument, Redirection, Word, WordPart } from 'unbash';

/** A word of a command, with what is known of it. */
export interface Argument {
  /** What the program gets; undefined where only the shell knows it when it runs. */
  readonly value: string | undefined;
  /** As written. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export const toArgument = (word: CommandArgument): Argument => ({
  value: word.type === 'Word' ? literalOf(word) : undefined,
  text: word.text,
  start: word.pos,
  end: word.end,
});

/** What policies see of an argument: its value, or what is written where that depends on the moment. */
export const shown = ({ value, text }: Argument): string => value ?? text;

/** The value of a word without expansions; undefined where it has some. `~/` stays as it is written. */
export function literalOf(word: Word): string | undefined {
  if (word.text.startsWith('~') && !word.text.startsWith('~/')) return undefined;
  return (word.parts ?? []).every(isLiteral) ? word.value : undefined;
}

/** `$'…'` and `$"…"` are words of bash only. */
function isLiteral(part: WordPart): boolean {
  if (part.type === 'Literal' || part.type === 'SingleQuoted') return true;
  return part.type === 'DoubleQuoted' && part.parts.every(({ type }) => type === 'Literal');
}

/** Files that redirections read or write, as `>/etc/passwd`; duplicated descriptors and texts in place are none. */
export function redirectedFiles(redirections: readonly Redirection[]): string[] {
  return redirections.flatMap((each) => {
    if (each.type !== 'Redirect' || !each.target) return [];
    const target = literalOf(each.target) ?? each.target.text;
    const isDescriptor = each.operator.endsWith('&') && /^(?:\d+-?|-)$/.test(target);
    return isDescriptor ? [] : [`${each.operator}${target}`];
  });
}
