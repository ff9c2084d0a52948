import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { root } from '../../scripts/root.ts';

/** In ms: a first start makes three databases, and here some come at once. */
const PATIENCE = 90_000;
vi.setConfig({ testTimeout: 3 * PATIENCE });

let folder: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-scripts-'));
  // As root the databases run as another user, who has to get through.
  await chmod(folder, 0o711);
});
afterEach(async () => {
  for (const child of children) {
    const closed = once(child, 'close');
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL');
      await closed;
    }
  }
  children.clear();
  await expect.poll(processes, { timeout: 15_000 }).toEqual([]);
  await rm(folder, { recursive: true, force: true });
});

/** Processes that have to do with this test's folder. */
const processes = () =>
  spawnSync('pgrep', ['-f', '--', folder], { encoding: 'utf8' }).stdout.trim().split('\n').filter(Boolean);

/** Runs an npm script as on a machine without a display, in a process group of its own, as a terminal does. */
function npm(script: string, ...args: string[]) {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/DISPLAY$|^npm_|^NODE_/.test(name)),
  );
  const child = spawn('npm', ['run', '-s', script, '--', ...args], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const)
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  const ended = once(child, 'close').then(([status]) => status as number | null);
  const until = async (words: string) => {
    await Promise.race([
      expect.poll(() => said.stdout, { timeout: PATIENCE }).toContain(words),
      ended.then((status) => {
        if (!said.stdout.includes(words))
          throw new Error(`It ended (${status}).\n${said.stdout}${said.stderr}`);
      }),
    ]);
  };
  return {
    said,
    ended,
    until,
    /** Ctrl-C: the whole foreground process group hears it. */
    interrupt: () => child.pid !== undefined && process.kill(-child.pid, 'SIGINT'),
    /** The end after that: all is well to the script, and npm itself calls it an interrupt. */
    get interrupted() {
      return ended.then((status) => expect(status).toBeOneOf([0, 130, null]));
    },
  };
}

describe('npm start', () => {
  it('says how to go on, ends at Ctrl-C without a trace, and is the same gateway the next time', async () => {
    const data = join(folder, 'state');
    const first = npm('start', '--data', data, '--port', '0');
    await first.until('Drawbridge is up');
    const url = /is up.* at \S*(http:\/\/127\.0\.0\.1:\d+)/.exec(first.said.stdout)?.[1] ?? '';
    expect(first.said.stdout).toContain(`npx drawbridge login --gateway ${url}`);
    expect(first.said.stdout).toContain('npx drawbridge request orders-db');
    expect(first.said.stdout).toContain('Ctrl-C ends everything');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    const keys = await (await fetch(`${url}/v1/recording-keys`)).text();
    first.interrupt();
    await first.interrupted;
    expect(processes()).toEqual([]);
    await expect(fetch(`${url}/readyz`)).rejects.toThrow();

    const second = npm('start', '--data', data, '--port', '0');
    await second.until('Drawbridge is up');
    expect(second.said.stdout).toContain(url);
    expect(await (await fetch(`${url}/v1/recording-keys`)).text()).toBe(keys);
    second.interrupt();
    await second.interrupted;
    expect(processes()).toEqual([]);
  });

  it('says so where its state is in use, and leaves what runs alone', async () => {
    const data = join(folder, 'state');
    const first = npm('gateway:demo', '--data', data, '--port', '0', '--throwaway');
    await first.until('"ready":true');
    const second = npm('start', '--data', data);
    expect(await second.ended).toBe(1);
    expect(second.said.stdout).toMatch(/in use|already|another/i);
    const { url } = JSON.parse(first.said.stdout) as { url: string };
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    first.interrupt();
    await first.interrupted;
  });
});

describe('npm run gateway:demo', () => {
  it('twice at once is two demos, each with exactly one line of JSON on its standard output', async () => {
    const demos = ['one', 'two'].map((name) =>
      npm('gateway:demo', '--data', join(folder, name), '--port', '0', '--throwaway'),
    );
    await Promise.all(demos.map(({ until }) => until('"ready":true')));
    const ready = demos.map(
      ({ said }) => JSON.parse(said.stdout) as { url: string; issuer: string; data: string },
    );
    expect(new Set(ready.map(({ url }) => url)).size).toBe(2);
    expect(new Set(ready.map(({ data }) => data)).size).toBe(2);
    for (const { url, issuer } of ready) {
      const discovery = await fetch(`${issuer}/.well-known/openid-configuration`);
      expect(await discovery.json()).toMatchObject({ issuer: `${url}/oidc` });
    }
    for (const { interrupt } of demos) interrupt();
    await Promise.all(demos.map(({ interrupted }) => interrupted));
    for (const { said } of demos) expect(said.stdout.trim().split('\n')).toHaveLength(1);
    expect(processes()).toEqual([]);
  });

  it('refuses what it does not understand', async () => {
    for (const args of [['--port', 'x'], ['--port', '70000'], ['--no-such-option']]) {
      const demo = npm('gateway:demo', '--data', join(folder, 'no'), ...args);
      expect(await demo.ended).toBe(1);
      expect(demo.said.stdout).toBe('');
      expect(demo.said.stderr).not.toBe('');
    }
  });
});
