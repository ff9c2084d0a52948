import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporaryHome, temporaryHome } from '../test-support/temporary-home.ts';
import { drawbridgeHome } from './file-token-store.ts';
import type { StoredSignIn } from './token-store.ts';

let home: TemporaryHome;
beforeEach(async () => {
  home = await temporaryHome();
});
afterEach(() => home.remove());

const signIn = (gateway: string): StoredSignIn => ({
  gateway,
  clientId: 'drawbridge-cli',
  accessToken: `token of ${gateway}`,
  accessExpiresAt: 1,
  refreshToken: 'r',
});
const files = async () =>
  (await readdir(home.path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

test('keeps sign-ins of several gateways apart, also on one host', async () => {
  const gateways = ['https://a.example.com', 'https://a.example.com/eu', 'https://b.example.com'];
  for (const gateway of gateways) await home.store.write(signIn(gateway));
  for (const gateway of gateways) expect(await home.store.read(gateway)).toEqual(signIn(gateway));
  expect(await home.store.gateways()).toEqual(gateways);
  await home.store.remove(gateways[0] ?? '');
  expect(await home.store.read(gateways[0] ?? '')).toBeUndefined();
  expect(await home.store.gateways()).toEqual(gateways.slice(1));
});

test('remembers the current gateway', async () => {
  expect(await home.store.currentGateway()).toBeUndefined();
  await home.store.setCurrentGateway('https://a.example.com');
  expect(await home.store.currentGateway()).toBe('https://a.example.com');
});

test('files are of mode 0600, folders 0700, and nothing temporary stays', async () => {
  await home.store.write(signIn('https://a.example.com'));
  await home.store.setCurrentGateway('https://a.example.com');
  const written = await files();
  expect(written).toHaveLength(2);
  for (const file of written) expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(home.path, 'sign-ins'))).mode & 0o777).toBe(0o700);
});

test('a file that others can read is refused, and so is a broken one', async () => {
  await home.store.write(signIn('https://a.example.com'));
  const [file = ''] = await files();
  await chmod(file, 0o640);
  await expect(home.store.read('https://a.example.com')).rejects.toMatchObject({ code: 'state_unsafe' });
  await chmod(file, 0o600);
  await expect(home.store.read('https://a.example.com')).resolves.toBeDefined();
});

test('only one task at a time holds a gateway', async () => {
  const order: string[] = [];
  const task = (name: string) =>
    home.store.exclusively('https://a.example.com', async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} out`);
    });
  await Promise.all([task('a'), task('b'), task('c')]);
  for (let i = 0; i < order.length; i += 2) expect(order[i + 1]).toBe(order[i]?.replace('in', 'out'));
  expect((await readdir(join(home.path, 'sign-ins'))).filter((name) => name.endsWith('.lock'))).toEqual([]);
});

test('DRAWBRIDGE_HOME decides where state is', () => {
  expect(drawbridgeHome({ DRAWBRIDGE_HOME: '/some/where' })).toBe('/some/where');
  expect(drawbridgeHome({ DRAWBRIDGE_HOME: '' })).toMatch(/drawbridge/);
});
