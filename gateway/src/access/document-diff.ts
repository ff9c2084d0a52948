import { type DocumentChange, formatDuration } from '@drawbridge/contract';
import type { Secrets, StoredDocument } from '../store/documents.ts';
import type { ParsedDocument } from './parse-documents.ts';

type Change = DocumentChange['changes'][number];

/** What applying a document changes. Secrets show as `(changed)`, never as what they are or were. */
export function diffDocument(
  before: StoredDocument | undefined,
  secretsBefore: Secrets,
  after: ParsedDocument,
): DocumentChange {
  const { kind, name } = after.document;
  if (before === undefined) return { kind, name, action: 'created', changes: [] };
  const changes = [...diffBodies(before, after.document), ...diffSecrets(secretsBefore, after)];
  return {
    kind,
    name,
    action: changes.length > 0 ? 'updated' : 'unchanged',
    changes: changes.sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

function diffBodies(before: StoredDocument, after: StoredDocument): Change[] {
  const old = flatten(before);
  const now = flatten(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path) => {
    const [was, is] = [old.get(path), now.get(path)];
    return was === is
      ? []
      : [{ path, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}

/** Of a profile that comes or goes its own lines tell; here only secrets of profiles that stay. */
function diffSecrets(before: Secrets, { document, secrets }: ParsedDocument): Change[] {
  if (document.kind !== 'Resource') return [];
  return Object.entries(document.profiles)
    .filter(([profile]) => before[profile] !== undefined && secrets[profile] !== undefined)
    .filter(([profile]) => before[profile] !== secrets[profile])
    .map(([profile, { credential }]) => ({
      path: `profiles.${profile}.credential.${credential.kind ?? 'password'}`,
      before: '(sealed)',
      after: '(changed)',
    }));
}

/** Every leaf by its path, in words; lists of plain values are one leaf. */
function flatten(value: unknown, path = '', leaves = new Map<string, string>()): Map<string, string> {
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object'))
    leaves.set(path, value.join(', '));
  else if (typeof value === 'object' && value !== null) {
    const inside = Object.entries(value).filter(([, item]) => item !== undefined);
    if (inside.length === 0 && path !== '') leaves.set(path, '(empty)');
    for (const [key, item] of inside) flatten(item, path === '' ? key : `${path}.${key}`, leaves);
  } else if (value !== undefined)
    leaves.set(
      path,
      typeof value === 'number' && path.endsWith('.maxDuration') ? formatDuration(value) : String(value),
    );
  return leaves;
}
