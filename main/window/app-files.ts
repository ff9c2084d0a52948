import { extname, isAbsolute, relative, resolve } from 'node:path';
import { isAppUrl } from '../ipc/app-origin.ts';

/** What the page is made of, and the only types that are served. */
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.json': 'application/json',
};

export interface AppFile {
  readonly path: string;
  readonly type: string;
}

/**
 * The file behind an address of our scheme, or undefined where there is none to be had: another origin, a type
 * that the page isn't made of, or a path that leads out of `root` however it is written.
 */
export function appFile(address: string, root: string): AppFile | undefined {
  if (!isAppUrl(address)) return undefined;
  const pathname = decoded(new URL(address).pathname);
  if (pathname === undefined || pathname.includes('\0') || pathname.includes('\\')) return undefined;
  const path = resolve(root, pathname === '/' ? 'index.html' : `.${pathname}`);
  const inside = relative(root, path);
  if (inside === '' || inside.startsWith('..') || isAbsolute(inside)) return undefined;
  const type = TYPES[extname(path).toLowerCase()];
  return type === undefined ? undefined : { path, type };
}

function decoded(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
}
