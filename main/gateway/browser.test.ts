import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Browser, mayOpen } from './browser.ts';

const gateways = ['https://gw.example.com', 'http://127.0.0.1:8123'];

test.each(['https://gw.example.com/oidc/auth?x=1', 'http://127.0.0.1:8123/oidc/auth'])(
  'opens %s',
  (address) => {
    expect(mayOpen(address, gateways)).toBe(true);
  },
);

test.each([
  'https://gw.example.com.evil.example/oidc/auth',
  'https://evil.example/?gw.example.com',
  'https://gw.example.com:8443/',
  'http://gw.example.com/',
  'https://user@gw.example.com/',
  'http://127.0.0.1:9999/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'drawbridge://request/x',
  'smb://gw.example.com/share',
  'not an address',
])('does not open %s', (address) => {
  expect(mayOpen(address, gateways)).toBe(false);
});

test('asks the system for nothing that it may not open', async () => {
  const opened: string[] = [];
  const browser = new Browser({
    gateways: () => gateways,
    program: undefined,
    openExternal: async (url) => void opened.push(url),
  });
  await expect(browser.open('https://evil.example/')).rejects.toMatchObject({ code: 'link_refused' });
  await browser.open('https://gw.example.com/oidc/auth');
  expect(opened).toEqual(['https://gw.example.com/oidc/auth']);
});

test('runs the program that was named in its place', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'browser-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const program = join(folder, 'browser');
  await writeFile(program, `#!/bin/sh\nprintf '%s' "$1" > '${folder}/opened'\n`, { mode: 0o755 });
  const openExternal = vi.fn(async () => undefined);
  await new Browser({ gateways: () => gateways, program, openExternal }).open(
    'https://gw.example.com/a?b=$(id)',
  );
  await vi.waitFor(async () =>
    expect(await readFile(join(folder, 'opened'), 'utf8')).toBe('https://gw.example.com/a?b=$(id)'),
  );
  expect(openExternal).not.toHaveBeenCalled();
  const missing = new Browser({ gateways: () => gateways, program: join(folder, 'nothing'), openExternal });
  await expect(missing.open('https://gw.example.com/')).rejects.toMatchObject({ code: 'program_not_found' });
});
