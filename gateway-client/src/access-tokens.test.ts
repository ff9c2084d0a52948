import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeGateway, startFakeGateway } from '../test-support/fake-gateway.ts';
import { signInTo, type TemporaryHome, temporaryHome } from '../test-support/temporary-home.ts';
import { AccessTokens } from './access-tokens.ts';

let gateway: FakeGateway;
let home: TemporaryHome;
const children: ChildProcess[] = [];

beforeEach(async () => {
  gateway = await startFakeGateway();
  home = await temporaryHome();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await gateway.close();
  await home.remove();
});

const tokensOf = () => new AccessTokens({ gateway: gateway.url, store: home.store });

test('a token that is still good is given as it is', async () => {
  await signInTo(home, gateway, 'alice');
  const stored = await home.store.read(gateway.url);
  expect(await tokensOf().token()).toBe(stored?.accessToken);
  expect(gateway.tokenRequests).toEqual([]);
});

test('callers at the same time share one refresh', async () => {
  await signInTo(home, gateway, 'alice', 5);
  const tokens = tokensOf();
  const given = await Promise.all([tokens.token(), tokens.token(), tokens.token()]);
  expect(new Set(given).size).toBe(1);
  expect(gateway.tokenRequests).toEqual(['refresh_token']);
});

test('a token that the gateway rejects is renewed once, by whoever comes first', async () => {
  await signInTo(home, gateway, 'alice');
  const tokens = tokensOf();
  const first = await tokens.token();
  const [second, third] = await Promise.all([tokens.token(first), tokens.token(first)]);
  expect(second).not.toBe(first);
  expect(third).toBe(second);
  expect(gateway.tokenRequests).toEqual(['refresh_token']);
});

test('several processes at once use the refresh token once, and the sign-in lives on', {
  timeout: 30_000,
}, async () => {
  await signInTo(home, gateway, 'alice', 5);
  const script = fileURLToPath(new URL('../test-support/refresh-process.ts', import.meta.url));
  const started = [1, 2, 3].map(() => {
    const child = spawn(
      process.execPath,
      ['--conditions=source', '--import', 'tsx', script, home.path, gateway.url],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    children.push(child);
    return { child, lines: lines(child) };
  });
  for (const { lines } of started) expect(await lines.next()).toBe('ready');
  for (const { child } of started) child.stdin?.write('go\n');
  const given = await Promise.all(started.map(({ lines }) => lines.next()));
  expect(given[0]).toMatch(/^eyJ/);
  expect(new Set(given).size).toBe(1);
  expect(gateway.tokenRequests).toEqual(['refresh_token']);

  // The family is alive: what was stored can be used again.
  const stored = await home.store.read(gateway.url);
  expect(await tokensOf().token(stored?.accessToken)).toMatch(/^eyJ/);
});

test('a refresh token that somebody else has used ends the sign-in, and says to sign in', async () => {
  await signInTo(home, gateway, 'alice', 5);
  const before = await home.store.read(gateway.url);
  await tokensOf().token();
  if (before) await home.store.write(before);
  await expect(tokensOf().token()).rejects.toMatchObject({
    code: 'sign_in_required',
    details: { hint: `drawbridge login --gateway ${gateway.url}` },
  });
  expect(await home.store.read(gateway.url)).toBeUndefined();
});

test('a gateway that is away leaves the sign-in as it is', async () => {
  await signInTo(home, gateway, 'alice', 5);
  await gateway.close();
  await expect(tokensOf().token()).rejects.toMatchObject({ code: 'gateway_unreachable' });
  expect(await home.store.read(gateway.url)).toBeDefined();
  gateway = await startFakeGateway();
});

test('nobody signed in is told so', async () => {
  await expect(tokensOf().token()).rejects.toMatchObject({ code: 'sign_in_required' });
});

/** Lines of a process's stdout, one at a time. */
function lines(child: ChildProcess): { next(): Promise<string> } {
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  return {
    next: async () => {
      while (!text.includes('\n') && child.stdout) await once(child.stdout, 'data');
      const at = text.indexOf('\n');
      const line = text.slice(0, at);
      text = text.slice(at + 1);
      return line;
    },
  };
}
