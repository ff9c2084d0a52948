import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { root } from '../scripts/root.ts';

const Ready = z.strictObject({
  ready: z.literal(true),
  url: z.url(),
  issuer: z.url(),
  data: z.string(),
  pids: z.object({ demo: z.int(), gateway: z.int() }),
});

let folder: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-demo-test-'));
  // As root the databases run as another user, who has to get through.
  await chmod(folder, 0o711);
});

afterEach(async () => {
  await Promise.all([...children].map((child) => ended(child, 'SIGTERM')));
  children.clear();
  await rm(folder, { recursive: true, force: true });
});

/** Starts `npm run gateway:demo` as a script would and waits for its line. */
async function start() {
  const args = [
    '--import',
    'tsx',
    'demo/gateway.ts',
    '--port',
    '0',
    '--throwaway',
    '--data',
    join(folder, 'data'),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (stdout.includes('\n')) resolve();
    });
    child.once('close', () => reject(new Error(`It ended before it was ready.\n${stderr}`)));
  });
  return { child, ready: Ready.parse(JSON.parse(stdout)), stdout: () => stdout };
}

async function ended(child: ChildProcess, signal?: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code));
    if (signal) child.kill(signal);
  });
}

/** Processes that have to do with this test's folder. */
const processes = () =>
  spawnSync('pgrep', ['-f', '--', folder], { encoding: 'utf8' }).stdout.trim().split('\n').filter(Boolean);

describe('npm run gateway:demo', () => {
  it('says one line of JSON, serves, and leaves nothing behind', async () => {
    const { child, ready, stdout } = await start();
    expect(ready.issuer).toBe(`${ready.url}/oidc`);
    const discovery = await fetch(`${ready.issuer}/.well-known/openid-configuration`);
    expect(await discovery.json()).toMatchObject({ issuer: ready.issuer });
    expect(await ended(child, 'SIGTERM')).toBe(0);
    expect(stdout().trim().split('\n')).toHaveLength(1);
    await expect.poll(processes, { timeout: 10_000 }).toEqual([]);
  });

  it('is the same gateway at the next start', async () => {
    const first = await start();
    await ended(first.child, 'SIGINT');
    const second = await start();
    expect(second.ready).toMatchObject({
      url: first.ready.url,
      issuer: first.ready.issuer,
      data: first.ready.data,
    });
  });

  it('ends with the gateway', async () => {
    const { child, ready } = await start();
    process.kill(ready.pids.gateway, 'SIGKILL');
    expect(await ended(child)).toBe(1);
    await expect.poll(processes, { timeout: 10_000 }).toEqual([]);
  });

  it('does not survive its own death', async () => {
    const { child } = await start();
    await ended(child, 'SIGKILL');
    await expect.poll(processes, { timeout: 15_000 }).toEqual([]);
  });
});

describe('npm run demo', () => {
  it('does the main job within a minute', () => {
    const started = performance.now();
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', 'demo/run.ts'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect(`${stdout}${stderr}`).toContain('All as promised');
    expect(status).toBe(0);
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});
