import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** A process that logs to a standard error that nobody reads any more, and then does this. */
function orphan(then: string): Promise<[number | null, NodeJS.Signals | null]> {
  const logger = new URL('./logger.ts', import.meta.url).href;
  const script = `
    import { once } from 'node:events';
    import { createLogger } from ${JSON.stringify(logger)};
    const logger = createLogger('info');
    logger.info('read by nobody');
    await once(process.stdin.resume(), 'end');
    for (let n = 0; n < 20; n += 1) {
      logger.info({ n }, 'still there');
      await new Promise((resolve) => setImmediate(resolve));
    }
    ${then}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  running.add(child);
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  // It has written something, and nobody has read it: the connection breaks as rudely as it can.
  child.stderr.pause();
  child.stderr.once('readable', () => {
    child.stderr.destroy();
    child.stdin.end();
  });
  return ended;
}

describe('the logger', () => {
  it('does not keep a process whose log nobody reads any more from ending', async () => {
    expect(await orphan('')).toEqual([0, null]);
    expect(await orphan("logger.info('last'); process.exit(3);")).toEqual([3, null]);
    expect(await orphan("logger.info('last'); throw new Error('it crashed');")).toEqual([1, null]);
  }, 30_000);

  it('hides what is called a secret, wherever it stands', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => lines.push(line) });
    logger.info(
      {
        password: 'hush',
        target: { token: 'hush' },
        err: Object.assign(new Error('no'), { client: { secret: 'hush' } }),
      },
      'said',
    );
    expect(lines.join()).toContain('said');
    expect(lines.join()).not.toContain('hush');
  });
});
