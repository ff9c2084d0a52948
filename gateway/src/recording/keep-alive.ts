import { encodeKeepAlive } from '@drawbridge/contract/recording-chain';
import type { Clock } from '../clock.ts';

/** How long nothing may come before a sign of life is sent, in ms; what stands between gives up quiet connections after a minute. */
const QUIET = 15_000;

/**
 * Whole frames of a recording as they come, with a sign of life between two of them whenever none came for a while.
 * Ends with the frames; what they throw it throws.
 */
export async function* withKeepAlive(
  frames: AsyncIterable<Uint8Array>,
  clock: Pick<Clock, 'after'>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const source = frames[Symbol.asyncIterator]();
  try {
    for (let next = source.next(); ; ) {
      // Whoever reads may leave during a sign of life; then nobody hears how this ends.
      next.catch(() => undefined);
      const got = await withinQuiet(next, clock);
      if (got === undefined) {
        yield encodeKeepAlive();
        continue;
      }
      if (got.done) return;
      yield got.value;
      next = source.next();
    }
  } finally {
    await source.return?.();
  }
}

/** Undefined where it takes too long. */
function withinQuiet<T>(coming: Promise<T>, clock: Pick<Clock, 'after'>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const forget = clock.after(QUIET, () => resolve(undefined));
    coming.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error: unknown) => {
        forget();
        reject(error);
      },
    );
  });
}
