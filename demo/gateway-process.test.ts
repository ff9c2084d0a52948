import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGatewayProcess } from './gateway-process.ts';

let folder: string;
const leftovers = new Set<number>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-gateway-process-'));
});

afterEach(async () => {
  for (const pid of leftovers) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
  leftovers.clear();
  await rm(folder, { recursive: true, force: true });
});

/** A gateway as far as its process goes. */
const READY = `
  console.error('pid ' + process.pid);
  setInterval(() => undefined, 1000);
  process.on('SIGTERM', () => { console.error('shutting down'); process.exit(0); });
  console.log(JSON.stringify({ ready: true, url: 'http://127.0.0.1:1', issuer: 'http://127.0.0.1:1/oidc', data: 'x' }));`;

async function program(source: string): Promise<string> {
  const file = join(folder, 'gateway.mjs');
  await writeFile(file, source);
  return file;
}

async function start(source: string, signal = new AbortController().signal) {
  const log: string[] = [];
  const starting = startGatewayProcess({
    config: 'none.yaml',
    env: { ...(process.env as Record<string, string>) },
    log: (line) => {
      log.push(line);
      if (line.startsWith('pid ')) leftovers.add(Number(line.slice(4)));
    },
    signal,
    program: await program(source),
  });
  return { log, starting };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the gateway as a process', { timeout: 30_000 }, () => {
  it('is there once it says so, and shuts down in order', async () => {
    const { log, starting } = await start(READY);
    const gateway = await starting;
    expect(gateway).toMatchObject({ url: 'http://127.0.0.1:1', issuer: 'http://127.0.0.1:1/oidc' });
    expect(isAlive(gateway.pid)).toBe(true);
    await gateway.stop();
    expect(isAlive(gateway.pid)).toBe(false);
    expect(await gateway.exited).toBe('exit status 0');
    expect(log).toContain('shutting down');
  });

  it('that dies before it is ready is an error, with its last words in the log', async () => {
    const { log, starting } = await start("console.error('the store is away'); process.exit(3);");
    await expect(starting).rejects.toThrow('exit status 3');
    expect(log).toContain('the store is away');
  });

  it('is stopped when the start is given up', async () => {
    const controller = new AbortController();
    const { log, starting } = await start(READY.replace('console.log', 'void'), controller.signal);
    const failed = expect(starting).rejects.toThrow('never mind');
    await expect.poll(() => leftovers.size).toBe(1);
    controller.abort(new Error('never mind'));
    await failed;
    expect(log).toContain('shutting down');
    expect([...leftovers].some(isAlive)).toBe(false);
  });

  it('tells when it ends by itself', async () => {
    const { starting } = await start(READY);
    const gateway = await starting;
    process.kill(gateway.pid, 'SIGKILL');
    expect(await gateway.exited).toBe('killed by SIGKILL');
  });

  it('ends when the demo is killed', async () => {
    const source = `
      import { startGatewayProcess } from ${JSON.stringify(new URL('./gateway-process.ts', import.meta.url).href)};
      const gateway = await startGatewayProcess({ config: 'none.yaml', env: process.env, log: () => undefined,
        signal: new AbortController().signal, program: ${JSON.stringify(await program(READY))} });
      console.log(gateway.pid);`;
    const demo = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (demo.pid !== undefined) leftovers.add(demo.pid);
    const [line] = (await once(createInterface({ input: demo.stdout }), 'line')) as [string];
    leftovers.add(Number(line));
    expect(isAlive(Number(line))).toBe(true);
    demo.kill('SIGKILL');
    await expect.poll(() => isAlive(Number(line)), { timeout: 15_000 }).toBe(false);
  });
});
