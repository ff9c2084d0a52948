import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../test/support/database.ts';
import { sshAuthorityLine } from './ssh-ca-command.ts';
import { processIdentity } from './store/process-identity.ts';
import { openStoreServer } from './store/store-server.ts';

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'drawbridge-ssh-ca-'));
  // Run by root, the store belongs to another user.
  await chmod(data, 0o711);
});
afterEach(() => rm(data, { recursive: true, force: true }));

const print = (url?: string) =>
  sshAuthorityLine(
    {
      name: 'drawbridge.example.com',
      data,
      masterKey: { file: join(data, 'master.key') },
      store: { url, maxConnections: 10 },
    },
    {},
  );
const LINE = /^ssh-ed25519 AAAA[A-Za-z0-9+/]+={0,2} drawbridge-ca@drawbridge\.example\.com$/;

describe('drawbridge-gateway ssh-ca public-key', () => {
  it('prints the same key before the first start of the gateway, and while it serves, which it does not disturb', async () => {
    const first = await print();
    expect(first).toMatch(LINE);
    const serving = await openStoreServer(undefined, join(data, 'store'), () => undefined);
    try {
      expect(await print()).toBe(first);
      expect(await print()).toBe(first);
    } finally {
      await serving.close();
    }
    expect(await print()).toBe(first);
  });

  it('prints the key of a store that several gateways share', async () => {
    const database = await createTestDatabase();
    try {
      const first = await print(database.url);
      expect(first).toMatch(LINE);
      expect(await print(database.url)).toBe(first);
    } finally {
      await database.drop();
    }
  });

  it('says what to do while a gateway is starting on the data folder', async () => {
    await mkdir(join(data, 'store'));
    const mark = { pid: process.pid, started: await processIdentity(process.pid) };
    await writeFile(join(data, 'store', 'owner.json'), JSON.stringify(mark));
    await expect(print()).rejects.toThrow(/starting or stopping. Try again in a moment/);
  });
});
