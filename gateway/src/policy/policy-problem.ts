import type { PolicyProblem } from '@drawbridge/contract';
import type { DetailedError } from './cedar.ts';
import { isNear, nearestName } from './nearest-name.ts';
import { vocabulary } from './vocabulary.ts';

/** A problem within one document's text. */
export type LocalProblem = Omit<PolicyProblem, 'document'>;

/** Words of Cedar's own that can be misspelt where it offers no other. */
const KEYWORDS = ['permit', 'forbid', 'when', 'unless', 'principal', 'action', 'resource', 'context'];

/** Where a place of a text is, for editors: both count from 1, columns in UTF-16 units. */
export function placeAt(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, Math.max(0, index));
  return { line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}

/**
 * What Cedar found wrong, for people.
 * @param text what Cedar was given, a part of `source` that begins at `start`
 */
export function problemOf(error: DetailedError, source: string, text = source, start = 0): LocalProblem {
  const about = aboutOf(error.message);
  const nearest = about && nearestOf(about, error.help);
  const location = error.sourceLocations?.[0];
  const message = sentence(error, about, nearest);
  return {
    ...placeAt(source, start + (location === undefined ? 0 : indexOf(text, location, about?.name))),
    message,
    ...(nearest === undefined ? {} : { nearest }),
  };
}

/** The name that an error is about. */
interface About {
  readonly name: string;
  readonly kind: 'name' | 'keyword' | 'field';
}

const ABOUT: readonly (readonly [RegExp, About['kind']])[] = [
  [/unrecognized entity type `(.+?)`/, 'name'],
  [/unrecognized action `(Action::".+")`/, 'name'],
  [/attribute `(.+?)` in context for .+ not found/, 'field'],
  [/attribute `(.+?)` on entity type .+ not found/, 'name'],
  [/^`(.+?)` is not a valid (?:method|function)/, 'name'],
  [/^invalid policy (?:effect|condition): (\w+)/, 'keyword'],
  [/^found an invalid variable in the policy scope: (\w+)/, 'keyword'],
  [/^invalid (?:member access `|method call `|variable: )(\w+)/, 'keyword'],
  [/^unexpected token `(\w+)`/, 'keyword'],
];

function aboutOf(message: string): About | undefined {
  for (const [pattern, kind] of ABOUT) {
    const name = pattern.exec(message)?.[1];
    if (name !== undefined) return { name, kind };
  }
  return undefined;
}

function nearestOf({ name, kind }: About, help: string | null): string | undefined {
  if (kind === 'keyword') return nearestName(name, KEYWORDS);
  // Cedar always offers something, however far.
  const offered = /did you mean `(.+)`\?/.exec(help ?? '')?.[1];
  return offered !== undefined && isNear(bare(name), bare(offered)) ? offered : undefined;
}

/** The id of an entity, without its type. */
const bare = (name: string): string => /::"(.*)"$/.exec(name)?.[1] ?? name;

/** Cedar's locations count bytes of UTF-8, and cover the whole expression that a name stands in. */
function indexOf(
  text: string,
  { start, end }: { start: number; end: number },
  name: string | undefined,
): number {
  const bytes = Buffer.from(text);
  const index = bytes.subarray(0, start).toString().length;
  const within = name === undefined ? -1 : bytes.subarray(start, end).toString().lastIndexOf(name);
  return index + Math.max(0, within);
}

function sentence(error: DetailedError, about: About | undefined, nearest: string | undefined): string {
  const message =
    about?.kind === 'field'
      ? `context has no ${about.name}`
      : error.message.replace(/^for policy `.*?`, /, '');
  if (nearest !== undefined) return `${message}, did you mean ${nearest}?`;
  const groups = about?.kind === 'field' ? groupsWith(about.name) : [];
  if (about !== undefined && groups.length > 0)
    return `context.${about.name} is only known for ${groups.join(', ')}: let the policy be about these`;
  // An offer that isn't near leads astray.
  if (error.help === null || error.help.startsWith('did you mean')) return labelled(message, error);
  return `${message} (${error.help.replace(/^for policy `.*?`, /, '')})`;
}

const labelled = (message: string, { sourceLocations }: DetailedError): string => {
  const label = sourceLocations?.[0]?.label;
  return label ? `${message} (${label})` : message;
};

/** Kinds of actions that have a fact in their context: `sql.*`. */
function groupsWith(field: string): string[] {
  const meanings = [...vocabulary.actions.values()].filter(({ fields }) => fields.has(field));
  return [...new Set(meanings.map(({ group }) => `${group}.*`))];
}
