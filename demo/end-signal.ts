import { once } from 'node:events';

/** Endings that a process of the demo may be told of. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** How often the parent is looked for, in ms. */
const LOOK = 500;

/**
 * Aborts when this process should end: on a signal, when whoever started it with a channel goes away, and when the
 * `npm run` around it dies. Its reason says which.
 */
export function endSignal(): AbortSignal {
  const controller = new AbortController();
  const end = (reason: string) => controller.abort(new Error(reason));
  for (const signal of SIGNALS) process.on(signal, () => end(signal));
  if (process.connected) {
    process.once('disconnect', () => end('the process that started it is gone'));
    process.channel?.unref();
  }
  // npm passes signals on, but can't when it is killed itself. Started from a shell we outlive it, as programs do.
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    const look = () => process.ppid === parent || end('npm is gone');
    setInterval(look, LOOK).unref();
  }
  return controller.signal;
}

/** Resolves once the signal has come. */
export async function ended(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
