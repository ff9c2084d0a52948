import { DrawbridgeError } from '@drawbridge/contract';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

/** @throws DrawbridgeError `rate_limited` where the key has had its share. */
export type RateLimit = (key: string) => Promise<void>;

const SECONDS = 60;

/**
 * At most `perMinute` calls a minute for each key, on this gateway. Against floods and guessing, so it lies far
 * above what people and their tools do.
 */
export function createRateLimit(perMinute: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: SECONDS });
  return async (key) => {
    try {
      await limiter.consume(key);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      throw new DrawbridgeError('rate_limited', 'there were too many calls like this in the last minute', {
        hint: `Try again in ${Math.max(1, Math.ceil(refused.msBeforeNext / 1000))} s.`,
      });
    }
  };
}
