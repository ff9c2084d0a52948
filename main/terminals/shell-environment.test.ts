import { connectionSettings } from '@drawbridge/gateway-client';
import { expect, test } from 'vitest';
import { shellEnvironment } from './shell-environment.ts';

const parts = { platform: 'linux', version: '1.2.3' } as const;

test('leaves out what is meant for the app alone', () => {
  const env = {
    PATH: '/bin',
    HOME: '/home/alice',
    LANG: 'de_DE.UTF-8',
    ELECTRON_RUN_AS_NODE: '1',
    NODE_OPTIONS: '--inspect',
    CHROME_DESKTOP: 'drawbridge.desktop',
    ORIGINAL_XDG_CURRENT_DESKTOP: 'GNOME',
    APPIMAGE: '/x',
    PGHOST: 'mine',
    NOT_SET: undefined,
  };
  expect(shellEnvironment({ ...parts, env })).toEqual({
    PATH: '/bin',
    HOME: '/home/alice',
    LANG: 'de_DE.UTF-8',
    PGHOST: 'mine',
    TERM: 'xterm-256color',
    COLORTERM: 'truecolor',
    TERM_PROGRAM: 'Drawbridge',
    TERM_PROGRAM_VERSION: '1.2.3',
  });
});

test('sets a tunnel, and takes away what would lead past it', () => {
  const settings = connectionSettings({
    protocol: 'postgres',
    host: '127.0.0.1',
    port: 5432,
    user: 'drawbridge',
    database: 'orders',
    secret: 's3cret',
  });
  const env = { PGHOST: 'elsewhere', PGSERVICE: 'prod', PGHOSTADDR: '10.0.0.1', LANG: 'C' };
  const shell = shellEnvironment({ ...parts, env, settings });
  expect(shell).toMatchObject({
    PGHOST: '127.0.0.1',
    PGPORT: '5432',
    PGPASSWORD: 's3cret',
    PGDATABASE: 'orders',
  });
  expect(Object.keys(shell)).not.toEqual(expect.arrayContaining(['PGSERVICE']));
  expect(shell.PGHOSTADDR).toBeUndefined();
});

test('gives a locale to a shell that has none', () => {
  expect(shellEnvironment({ ...parts, platform: 'darwin', env: {} }).LANG).toBe('en_US.UTF-8');
  expect(shellEnvironment({ ...parts, env: { LC_CTYPE: 'UTF-8' } }).LANG).toBeUndefined();
});
