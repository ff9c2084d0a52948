import { open } from 'node:fs/promises';
import type { Growth } from './growth.ts';

/** Most bytes that one who follows holds at a time. */
const CHUNK = 256 * 1024;

interface FollowedFile {
  readonly path: string;
  /** Where it is moved to when it is finished. */
  readonly finishedPath: string;
  /** Bytes that are there to stay: what is written beyond them may be taken back. */
  readonly size: () => number;
  readonly growth: Growth;
}

/**
 * A file's bytes from the first on, then whatever is added, until nothing will be. Reads when asked for more and
 * keeps nothing back, so that a slow reader costs no more than a quick one.
 * @throws the signal's reason once it aborts
 */
export async function* followFileChunks(
  { path, finishedPath, size, growth }: FollowedFile,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const handle = await open(path, 'r').catch(() => open(finishedPath, 'r'));
  try {
    for (let position = 0; ; ) {
      signal.throwIfAborted();
      // Looked at before the size, which doesn't change once it has ended.
      const { ended } = growth;
      const there = size() - position;
      if (there <= 0) {
        if (ended) return;
        await growth.next(signal);
        continue;
      }
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, there));
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) throw new Error('the file of the recording is shorter than what was written');
      position += bytesRead;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}
