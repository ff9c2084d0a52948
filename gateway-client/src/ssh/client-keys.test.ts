import { execFile } from 'node:child_process';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporaryHome, temporaryHome } from '../../test-support/temporary-home.ts';
import { ClientKeys } from './client-keys.ts';

const run = promisify(execFile);
const GATEWAY = 'https://drawbridge.example.com';
let home: TemporaryHome;
let keys: ClientKeys;

beforeEach(async () => {
  home = await temporaryHome();
  keys = new ClientKeys(home.path);
});
afterEach(() => home.remove());

const mode = async (path: string) => (await stat(path)).mode & 0o777;

test('makes a key that OpenSSH reads, for its owner alone, and keeps it', async () => {
  const key = await keys.key(GATEWAY);
  expect(key.publicKey).toMatch(/^ssh-ed25519 [A-Za-z0-9+/]+$/);
  const { stdout } = await run('ssh-keygen', ['-y', '-f', key.identityFile]);
  expect(stdout.split(' ').slice(0, 2).join(' ').trim()).toBe(key.publicKey);
  expect(await mode(dirname(key.identityFile))).toBe(0o700);
  for (const name of await readdir(dirname(key.identityFile)))
    expect(await mode(join(dirname(key.identityFile), name))).toBe(0o600);
  expect(await keys.key(GATEWAY)).toEqual(key);
  expect(await new ClientKeys(home.path).key(GATEWAY)).toEqual(key);
});

test('each gateway has its own', async () => {
  const other = await keys.key(`${GATEWAY}/eu`);
  const key = await keys.key(GATEWAY);
  expect(other.publicKey).not.toBe(key.publicKey);
  expect(other.identityFile).not.toBe(key.identityFile);
});

test('of several that make one at the same time all get the same, and nothing else stays', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => new ClientKeys(home.path).key(GATEWAY)));
  expect(new Set(made.map(({ publicKey }) => publicKey)).size).toBe(1);
  expect(await readdir(join(home.path, 'ssh'))).toHaveLength(1);
});

test('a key that others can read, or half a pair, is replaced', async () => {
  const first = await keys.key(GATEWAY);
  await chmod(first.identityFile, 0o640);
  const second = await keys.key(GATEWAY);
  expect(second.publicKey).not.toBe(first.publicKey);
  expect(await mode(second.identityFile)).toBe(0o600);
  await run('rm', [`${second.identityFile}.pub`]);
  expect((await keys.key(GATEWAY)).publicKey).not.toBe(second.publicKey);
});

test('writes the gateway’s host key down, and a new one when it changes', async () => {
  const { knownHostsFile } = await keys.key(GATEWAY);
  await keys.trust(GATEWAY, 'ssh-ed25519 AAAA');
  expect(await readFile(knownHostsFile, 'utf8')).toBe('drawbridge ssh-ed25519 AAAA\n');
  await keys.trust(GATEWAY, 'ssh-ed25519 BBBB');
  expect(await readFile(knownHostsFile, 'utf8')).toBe('drawbridge ssh-ed25519 BBBB\n');
});

test('forgets', async () => {
  const { publicKey } = await keys.key(GATEWAY);
  await keys.remove(GATEWAY);
  await keys.remove(GATEWAY);
  expect(await readdir(join(home.path, 'ssh'))).toEqual([]);
  expect((await keys.key(GATEWAY)).publicKey).not.toBe(publicKey);
});
