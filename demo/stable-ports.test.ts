import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StablePorts } from './stable-ports.ts';

let folder: string;
let file: string;
const servers: Server[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-ports-'));
  file = join(folder, 'ports.json');
});

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    await once(server, 'close');
  }
  await rm(folder, { recursive: true, force: true });
});

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
}

describe('ports of the demo', () => {
  it('are the same at the next start', async () => {
    const first = await (await StablePorts.open(file)).take('gateway');
    expect(await (await StablePorts.open(file)).take('gateway')).toBe(first);
  });

  it('give way to who took them meanwhile', async () => {
    const first = await (await StablePorts.open(file)).take('gateway');
    await occupy(first);
    expect(await (await StablePorts.open(file)).take('gateway')).not.toBe(first);
  });

  it('start with the preferred one', async () => {
    const ports = await StablePorts.open(file);
    const free = await ports.take('other');
    expect(await ports.take('gateway', { preferred: free })).toBe(free);
  });

  it('are never others than the one that was fixed', async () => {
    const ports = await StablePorts.open(file);
    const port = await ports.take('gateway');
    await occupy(port);
    await expect(ports.take('gateway', { fixed: port })).rejects.toThrow(`Port ${port} is taken`);
  });

  it('survive a damaged file', async () => {
    await writeFile(file, '{"gateway": "12');
    expect(await (await StablePorts.open(file)).take('gateway')).toBeGreaterThan(0);
  });
});
