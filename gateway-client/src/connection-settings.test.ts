import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { connectionSettings } from './connection-settings.ts';

test('quotes what a URL and a shell would take apart', () => {
  const { url, command, env } = connectionSettings({
    protocol: 'postgres',
    host: '127.0.0.1',
    port: 15432,
    user: "o'neil@x",
    database: 'orders/2026 "q"',
    secret: 's3cret',
  });
  expect(new URL(url)).toMatchObject({ port: '15432', password: 's3cret' });
  expect(decodeURIComponent(new URL(url).username)).toBe("o'neil@x");
  expect(decodeURIComponent(new URL(url).pathname)).toBe('/orders/2026 "q"');
  // The command is one shell word in single quotes.
  expect(command).toMatch(/^psql '[^']*'$/);
  expect(env).toMatchObject({
    PGHOST: '127.0.0.1',
    PGPORT: '15432',
    PGUSER: "o'neil@x",
    PGPASSWORD: 's3cret',
    PGSSLMODE: 'disable',
  });
});

test('leads ssh to the files of the key, whatever their folder is called', async () => {
  const { command } = connectionSettings({
    protocol: 'ssh',
    host: '127.0.0.1',
    port: 15422,
    user: 'alice',
    database: 'build-box',
    secret: 's3cret',
    ssh: {
      identityFile: "/home/al ice/o'neil 100%d/id_ed25519",
      knownHostsFile: '/home/al ice/known_hosts',
      hostKeyAlias: 'drawbridge',
    },
  });
  expect(command).not.toContain('s3cret');
  // -G: what ssh made of it.
  const { stdout } = await promisify(execFile)('sh', ['-c', `${command} -F /dev/null -G`]);
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining([
      'hostname 127.0.0.1',
      'port 15422',
      'user alice',
      "identityfile /home/al ice/o'neil 100%%d/id_ed25519",
      'userknownhostsfile /home/al ice/known_hosts',
      'hostkeyalias drawbridge',
      'stricthostkeychecking true',
    ]),
  );
});
