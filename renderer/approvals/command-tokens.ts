/** A piece of a shell command; `style` is a class of `highlighted-sql.css`, empty for plain text. */
export interface CommandToken {
  readonly text: string;
  readonly style: '' | 'k' | 'st' | 'n' | 'fn' | 'cm' | 'p';
}

const TOKEN =
  /(?<cm>(?<=^|\s)#[^\n]*)|(?<st>'[^']*'|"(?:\\.|[^"\\])*")|(?<fn>\$(?:\{[^}]*\}|\w+|[@*#?$!-]))|(?<p>&&|\|\||[|;&<>()`]|\$\()|(?<word>[^\s'"$|;&<>()`#]+|.)|(?<space>\s+)/gsu;
const KEYWORDS: ReadonlySet<string> = new Set(
  'if then else elif fi for while until do done case esac in function sudo su doas exec eval'.split(' '),
);

/**
 * A command in pieces to colour, for reading: POSIX shell words, strings, variables and what joins commands. It
 * decides nothing, and joined again the pieces are the command.
 */
export function commandTokens(command: string): readonly CommandToken[] {
  return [...command.matchAll(TOKEN)].map(({ 0: text, groups = {} }): CommandToken => {
    if (groups.cm !== undefined) return { text, style: 'cm' };
    if (groups.st !== undefined) return { text, style: 'st' };
    if (groups.fn !== undefined) return { text, style: 'fn' };
    if (groups.p !== undefined) return { text, style: 'p' };
    if (KEYWORDS.has(text)) return { text, style: 'k' };
    return { text, style: /^-/.test(text) ? 'n' : '' };
  });
}
