import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { connectionText } from './connection-text.ts';
import { launchOf, type NativeAppName, NativeApps } from './native-app.ts';

const address = {
  host: '127.0.0.1',
  port: 21_000,
  secret: 'S3CRET',
  user: 'drawbridge',
  database: 'or|ders',
  protocol: 'postgres',
} as const;
const apps: NativeAppName[] = ['dbeaver', 'tableplus', 'vscode'];
const platforms: NodeJS.Platform[] = ['darwin', 'win32', 'linux'];

test.each(apps.flatMap((app) => platforms.map((platform) => [app, platform] as const)))(
  'shows no secret of %s on %s to other users of the machine',
  (app, platform) => {
    const launch = launchOf(app, address, 'orders-db, read', platform, '/home/alice');
    expect([...launch.args, ...launch.programs].join(' ')).not.toContain(address.secret);
    expect(launch.env.PGPASSWORD).toBe(address.secret);
  },
);

test('a name can’t smuggle another setting into DBeaver’s connection', () => {
  const [, connection = ''] = launchOf('dbeaver', address, 'a|connect=false', 'linux', '/home/alice').args;
  expect(connection.split('|').filter((setting) => setting.startsWith('connect='))).toEqual(['connect=true']);
  expect(connection).toContain('|database=or ders|');
});

test('starts the program that is there, with the connection in its environment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'native-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'code'), `#!/bin/sh\nprintf '%s %s' "$PGPORT" "$1" > '${folder}/started'\n`, {
    mode: 0o755,
  });
  const native = new NativeApps({ env: { PATH: folder }, platform: 'linux', home: '/home/alice' });
  expect(await native.open('vscode', address, 'x')).toMatchObject({ title: 'VS Code', asksForSecret: false });
  await vi.waitFor(async () =>
    expect(await readFile(join(folder, 'started'), 'utf8')).toBe('21000 --new-window'),
  );
});

test('says what to do where the program is missing', async () => {
  const native = new NativeApps({ env: { PATH: '' }, platform: 'linux', home: '/nowhere' });
  await expect(native.open('tableplus', address, 'x')).rejects.toMatchObject({
    code: 'program_not_found',
    message: expect.stringContaining('TablePlus'),
  });
});

test('copies what was asked for, quoted for a shell', () => {
  expect(connectionText(address, 'secret')).toBe('S3CRET');
  expect(connectionText({ ...address, database: "it's" }, 'env')).toContain("export PGDATABASE='it'\\''s'\n");
  expect(connectionText(address, 'line')).toMatch(/^psql '/);
});
