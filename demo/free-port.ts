import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Where ports are looked for: below those that systems give to the near end of any connection (Linux from 32768 on,
 * others from 49152), so that none is taken by chance between the look and its use.
 */
const RANGE = { from: 20_000, to: 32_000 } as const;
const ATTEMPTS = 100;

/** A port of 127.0.0.1 that nobody has, and that the system gives to nobody by itself. */
export async function anyFreePort(): Promise<number> {
  for (let left = ATTEMPTS; left > 0; left -= 1) {
    const port = randomInt(RANGE.from, RANGE.to);
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${RANGE.from} to ${RANGE.to} is free on 127.0.0.1.`);
}

/** Whether a port of 127.0.0.1 can be listened on now. */
export async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(probe, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    if (probe.listening) {
      probe.close();
      await once(probe, 'close');
    }
  }
}
