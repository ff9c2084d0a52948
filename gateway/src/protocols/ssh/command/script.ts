import { forEachChild, type ParsedScript, parse, type SyntaxNode } from 'unbash';

export type { ParsedScript, SyntaxNode };

/**
 * Reads a script as a shell does; undefined where it can't be read for certain.
 *
 * The tree is unbash's, which recovers from errors; so mvdan/sh (sh-syntax), which does not, has to take the text
 * too, and to see as many statements. Where the text also reads as plain POSIX, as dash would read it, that has to
 * agree as well: `((rm x))` is arithmetic for one and a command for the other.
 */
export async function parseScript(text: string): Promise<ParsedScript | undefined> {
  const script = parse(text);
  if (hasErrors(script)) return undefined;
  const [bash, posix] = await Promise.all([countStatements(text, 'bash'), countStatements(text, 'posix')]);
  if (bash !== script.commands.length) return undefined;
  return posix === undefined || posix === bash ? script : undefined;
}

function hasErrors(node: SyntaxNode): boolean {
  if (node.type === 'Script' && (node as ParsedScript).errors?.length) return true;
  let found = false;
  forEachChild(node, (child) => {
    found ||= hasErrors(child);
  });
  return found;
}

/** Undefined where it is not of that language, or the parser fails: then too it is not known what the text means. */
async function countStatements(text: string, language: 'bash' | 'posix'): Promise<number | undefined> {
  try {
    const { LangVariant, parse: parseStrictly } = await loadParser();
    const variant = language === 'bash' ? LangVariant.LangBash : LangVariant.LangPOSIX;
    return (await parseStrictly(text, { variant, keepComments: false })).Stmts.length;
  } catch {
    return undefined;
  }
}

let parser: Promise<typeof import('sh-syntax')> | undefined;

/** WebAssembly of its own: loaded with the first command that is analysed. */
const loadParser = () => {
  parser ??= import('sh-syntax');
  return parser;
};
