import { type SqlNode, textAt } from './sql-node.ts';
import type { ParsedStatement } from './sql-parser.ts';

const HIDDEN = "'(hidden)'";

/** Statements whose string constants are, or may be, passwords and connection strings. */
const secretive = new Set([
  'CreateRoleStmt',
  'AlterRoleStmt',
  'CreateUserMappingStmt',
  'AlterUserMappingStmt',
  'CreateForeignServerStmt',
  'AlterForeignServerStmt',
  'CreateSubscriptionStmt',
  'AlterSubscriptionStmt',
  'AlterSystemStmt',
  'CreateForeignTableStmt',
]);

const holdsSecrets = (node: SqlNode): boolean =>
  secretive.has(node.kind) ||
  (node.kind === 'VariableSetStmt' &&
    /password|secret|token|conninfo|passphrase/i.test(textAt(node, 'name')));

/**
 * The text as it may be recorded: in statements that set passwords or connection strings every string constant
 * is replaced. All of them and not just the secret one, because what is lost (`VALID UNTIL`) matters less than
 * a constant overlooked.
 */
export function hideSecrets(text: string, statements: readonly ParsedStatement[]): string {
  if (!statements.some(({ node }) => holdsSecrets(node))) return text;
  const bytes = Buffer.from(text);
  let hidden = '';
  let at = 0;
  for (const { node, location, length } of statements) {
    if (!holdsSecrets(node)) continue;
    const end = length === 0 ? bytes.length : location + length;
    hidden += bytes.toString('utf8', at, location) + withoutConstants(bytes.toString('utf8', location, end));
    at = end;
  }
  return hidden + bytes.toString('utf8', at);
}

/** For a text that can't be parsed: without constants if it looks as if it held a password. */
export const hideSuspects = (text: string): string =>
  /password|user\s+mapping|subscription|conninfo|secret/i.test(text) ? withoutConstants(text) : text;

/**
 * Comments and quoted identifiers first, so that a quote inside them opens nothing; then string constants of
 * every form (sql-syntax-lexical): '…', E'…', U&'…', B'…', N'…', $tag$…$tag$. An unterminated one goes to the end.
 */
const TOKEN =
  /--[^\n\r]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"]|"")*(?:"|$)|[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)|(?:[uU]&|[bBxXnN])?'(?:[^']|'')*(?:'|$)|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?(?:\$\1\$|$)/g;

const withoutConstants = (text: string): string =>
  text.replace(TOKEN, (token) => (/^(?:--|\/\*|")/.test(token) ? token : HIDDEN));
