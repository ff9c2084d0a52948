import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { appFile } from './app-files.ts';
import { answer } from './serve-app.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'app-files-'));
  await writeFile(join(root, 'index.html'), '<html><head><title>x</title></head></html>');
  await writeFile(join(root, 'app.js'), 'export {}');
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('finds the page and its parts with their types', () => {
  expect(appFile('drawbridge-app://app/', root)).toEqual({
    path: join(root, 'index.html'),
    type: 'text/html; charset=utf-8',
  });
  expect(appFile('drawbridge-app://app/assets/a.css?x#y', root)).toEqual({
    path: join(root, 'assets/a.css'),
    type: 'text/css; charset=utf-8',
  });
});

test.each([
  'drawbridge-app://app/../secret.json',
  'drawbridge-app://app/..%2f..%2fetc%2fpasswd.json',
  'drawbridge-app://app/%2e%2e/%2e%2e/x.js',
  'drawbridge-app://app/..%5c..%5cx.js',
  'drawbridge-app://app//etc/x.js/../../../../x.js/../..',
  'drawbridge-app://app/%00index.html',
  'drawbridge-app://app/%E0%A4%A.js',
  'drawbridge-app://app/app.sh',
  'drawbridge-app://app/app',
  'drawbridge-app://evil/index.html',
  'file:///etc/passwd',
])('serves nothing for %s from outside', async (address) => {
  const file = appFile(address, root);
  if (file !== undefined) expect(file.path.startsWith(`${root}/`)).toBe(true);
  expect((await answer({ url: address, method: 'GET' }, root)).status).toBe(404);
});

test('serves the page with a policy that allows only what it is made of', async () => {
  const response = await answer({ url: 'drawbridge-app://app/index.html', method: 'GET' }, root);
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("connect-src 'none'");
  expect(policy).toContain("script-src 'self'");
  expect(policy).not.toContain('unsafe');
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1];
  expect(await response.text()).toContain(`nonce="${nonce}"`);
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});

test('gives each load a nonce of its own, and answers nothing but GET', async () => {
  const load = async () =>
    (await answer({ url: 'drawbridge-app://app/', method: 'GET' }, root)).headers.get(
      'content-security-policy',
    );
  expect(await load()).not.toBe(await load());
  expect((await answer({ url: 'drawbridge-app://app/', method: 'POST' }, root)).status).toBe(405);
});
