import { createConnection } from 'node:net';
import { ErrorBody } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Cli, type Outcome, type RunningCommand } from '../support/cli.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

let world: TestDemo;
let alice: Cli;

beforeAll(async () => {
  world = await startTestDemo();
  alice = await Cli.signedIn(world.demo.url, 'alice');
  const ask = ['request', 'orders-staging', '--profile', 'read', '--for', '30m', '--reason', 'a script asks'];
  expect((await alice.run(ask)).status).toBe(0);
});
afterAll(async () => {
  await alice?.remove();
  await world?.stop();
});

const psql = (...args: string[]) => ['--', 'psql', '-XAtq', ...args];
const says = (command: RunningCommand, words: string) =>
  expect.poll(() => command.stdout, { timeout: 20_000 }).toContain(words);

describe('connect with a command', () => {
  const connect = (...command: string[]): Promise<Outcome> =>
    alice.run(['connect', 'orders-staging', '--', ...command]);

  it('exits with its status', async () => {
    const shell = (script: string) => connect('sh', '-c', script);
    expect((await shell('exit 7')).status).toBe(7);
    expect((await shell('kill -TERM $$')).status).toBe(143);
    expect((await connect('true')).status).toBe(0);
    expect(await connect('no-such-program')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not installed'),
    });
    const ok = await connect('psql', '-XAtqc', 'select 6 * 7');
    expect(ok).toMatchObject({ status: 0, stdout: '42\n', stderr: '' });
    expect(await connect('psql', '-XAtqc', 'select 1 / 0')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('division by zero'),
    });
  });

  it('tells it where to go by its environment alone, which is good for this once', async () => {
    const { stdout } = await connect('sh', '-c', 'env; tr "\\0" " " < /proc/$PPID/cmdline');
    const env = Object.fromEntries(stdout.split('\n').map((line) => line.split(/=(.*)/s, 2)));
    expect(env).toMatchObject({ PGHOST: '127.0.0.1', PGDATABASE: 'orders_staging', PGUSER: 'alice' });
    expect(env.PGPASSWORD).toMatch(/^[\w-]{32}$/);
    expect(stdout.split(env.PGPASSWORD ?? '?')).toHaveLength(2);
    await expect(reach(Number(env.PGPORT))).rejects.toThrow('ECONNREFUSED');
  });

  it('passes SIGINT on, so that a query is cancelled and not the tunnel', async () => {
    const running = alice.open([
      'connect',
      'orders-staging',
      ...psql('-c', "select 'it runs'", '-c', 'select pg_sleep(60)'),
    ]);
    await says(running, 'it runs');
    const interrupt = setInterval(() => running.kill('SIGINT'), 300);
    const outcome = await running.ended.finally(() => clearInterval(interrupt));
    expect(outcome.stderr).toContain('canceling statement due to user request');
    expect(outcome.status).toBe(1);
  });
});

describe('connect without a command', () => {
  const open = async () => {
    const running = alice.open(['connect', 'orders-staging', '--json']);
    await says(running, '\n');
    const tunnel = z
      .object({
        host: z.string(),
        port: z.int(),
        user: z.string(),
        password: z.string(),
        database: z.string(),
        url: z.string(),
        env: z.record(z.string(), z.string()),
        grant: z.string(),
      })
      .parse(JSON.parse(running.stdout));
    return { running, tunnel };
  };

  it('stays open for any client until Ctrl-C, which is no failure', async () => {
    const { running, tunnel } = await open();
    const client = alice.start('psql', ['-XAtqc', 'select 6 * 7', tunnel.url]);
    expect(await client.ended).toMatchObject({ status: 0, stdout: '42\n' });
    running.kill('SIGINT');
    expect(await running.ended).toMatchObject({ status: 0, signal: null });
    expect(running.stdout.trim().split('\n')).toHaveLength(1);
    await expect(reach(tunnel.port)).rejects.toThrow('ECONNREFUSED');
  });

  it('ends by itself when access ends, with or without a client', async () => {
    const { running, tunnel } = await open();
    await alice.run(['revoke', 'orders-staging']);
    const outcome = await running.ended;
    expect(outcome.status).toBe(3);
    expect(
      ErrorBody.shape.error.partial().parse(JSON.parse(outcome.stderr.trim().split('\n').at(-1) ?? '').error)
        .code,
    ).toBe('access_needed');
    await expect(reach(tunnel.port)).rejects.toThrow('ECONNREFUSED');
  });
});

/** Connects and closes. */
function reach(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
