import { posix } from 'node:path';
import type { PathUse } from './request.ts';

/** Where the target says that a path leads, or why it can't say. */
export type Resolved = { readonly path: string } | Unresolved;
export type Unresolved =
  | { readonly status: number; readonly message: string }
  | { readonly uncheckable: string };

/** Asks the target where a path leads; `expand` knows `~`. */
export type AskTarget = (path: string, expand: boolean) => Promise<Resolved>;

/**
 * Finds the path on which policy decides. What a client writes may be relative, go up with `..` or lead through links
 * (`/proc/self/root/etc/shadow`), so a rule on paths would mean nothing unless the target is asked where it leads.
 * Someone who may change links there can still do so between the question and the request.
 * @param base of a `literal` path: the directory it is relative to.
 */
export async function resolvePath(use: PathUse, ask: AskTarget, base?: string): Promise<Resolved> {
  switch (use.by) {
    case 'known':
      return { path: use.path };
    case 'literal':
      return { path: posix.resolve(base ?? '/', use.path) };
    case 'expand':
      return ask(use.path, true);
    case 'follow':
      return ask(use.path, false);
    case 'entry': {
      const split = splitEntry(use.path);
      if (split === undefined) return ask(use.path, false);
      const parent = await ask(split.parent, false);
      return 'path' in parent ? { path: posix.join(parent.path, split.name) } : parent;
    }
    default:
      return use.by satisfies never;
  }
}

/** A path's last part and what it stands in; undefined where the last part is no entry of its own: `/`, `..`, or followed by `/`. */
function splitEntry(path: string): { parent: string; name: string } | undefined {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  if (name === '' || name === '.' || name === '..') return undefined;
  if (slash === -1) return { parent: '.', name };
  return { parent: path.slice(0, slash) || '/', name };
}

/** A path that a target gave is one that policy may be asked about. */
export function checkResolved(path: string): Resolved {
  if (path.startsWith('/') && posix.normalize(path) === path) return { path };
  return { uncheckable: "the target doesn't say where the path leads, so it can't be checked" };
}

/** The path as it is written, where the target could not say where it leads. */
export async function asWritten(path: string, ask: AskTarget): Promise<string> {
  if (path.startsWith('/')) return posix.normalize(path);
  const home = await ask('.', false);
  return 'path' in home ? posix.resolve(home.path, path) : posix.normalize(path);
}
