import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RECORDING_MEDIA_TYPE } from '@drawbridge/contract';
import type { Clock } from '../clock.ts';
import { withKeepAlive } from '../recording/keep-alive.ts';
import type { Followed } from '../sessions/session-access.ts';

/**
 * Streams a recording. What breaks on the way breaks the connection, so that a cut-off recording can't be taken
 * for a whole one; the reader's verification would tell too.
 */
export async function sendRecording(
  response: ServerResponse,
  recording: AsyncIterable<Uint8Array>,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  response.writeHead(200, {
    'content-type': RECORDING_MEDIA_TYPE,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  await pipeline(Readable.from(recording, { objectMode: false }), response).catch(() => response.destroy());
}

/** The same of a recording that grows: nothing between here and the reader may hold it back or give it up. */
export async function sendFollowed(
  response: ServerResponse,
  { recording, end }: Followed,
  clock: Pick<Clock, 'after'>,
): Promise<void> {
  response.once('close', end);
  try {
    await sendRecording(response, withKeepAlive(recording, clock), { 'x-accel-buffering': 'no' });
  } finally {
    end();
  }
}
