import { DrawbridgeError } from '@drawbridge/contract';
import { z } from 'zod';

/** Where a page of a list ended that is ordered by time and then by ids: what comes after it is the next one. */
export interface PageEnd<I extends readonly string[]> {
  readonly at: Date;
  readonly ids: I;
}

const Parts = z.tuple([z.int()], z.string());

/** As it travels: opaque to callers, who may not build one. */
export const writeCursor = ({ at, ids }: PageEnd<readonly string[]>): string =>
  Buffer.from(JSON.stringify([at.getTime(), ...ids])).toString('base64url');

/** @param count how many ids it holds @throws DrawbridgeError `invalid_request` */
export function readCursor(text: string, count: number): PageEnd<readonly string[]> {
  const parsed = Parts.safeParse(readJson(Buffer.from(text, 'base64url').toString('utf8')));
  const [time, ...ids] = parsed.success ? parsed.data : [];
  const at = new Date(time ?? Number.NaN);
  if (Number.isNaN(at.getTime()) || ids.length !== count)
    throw new DrawbridgeError('invalid_request', 'the cursor is not one that a page before gave', {
      hint: 'Pass what the page before answered as next, or leave it out.',
      issues: [{ path: 'cursor', message: 'must be the next of a page before' }],
    });
  return { at, ids };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
