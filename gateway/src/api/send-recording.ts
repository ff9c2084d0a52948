import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RECORDING_MEDIA_TYPE } from '@drawbridge/contract';

/**
 * Streams a recording. What breaks on the way breaks the connection, so that a cut-off recording can't be taken
 * for a whole one; the reader's verification would tell too.
 */
export async function sendRecording(
  response: ServerResponse,
  recording: AsyncIterable<Uint8Array>,
): Promise<void> {
  response.writeHead(200, {
    'content-type': RECORDING_MEDIA_TYPE,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  await pipeline(Readable.from(recording, { objectMode: false }), response).catch(() => response.destroy());
}
