import { relative } from 'node:path';

/** A path as one would type it here. */
export function typedPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
