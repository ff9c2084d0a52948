import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DrawbridgeError, TUNNEL_CLOSE_ENDED } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { type FakeSshHost, fakeSshHost } from '../../../test-support/fake-ssh-host.ts';
import { grant, me, resource } from '../../../test-support/objects.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const run = promisify(execFile);
const it = useCli();
let scratch: string;
let host: FakeSshHost;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'drawbridge ssh-'));
  await mkdir(join(scratch, 'home'));
  host = fakeSshHost(scratch);
  await signInTo(it.home, it.gateway, 'alice');
  const known = me('alice');
  it.gateway.handlers.me = () => ({ ...known, gateway: { ...known.gateway, sshHostKey: host.hostKey } });
  it.gateway.handlers.getResource = () => resource({ name: 'build-box', protocol: 'ssh' });
  it.gateway.handlers.listGrants = () => ({ grants: [grant({ resource: 'build-box', profile: 'shell' })] });
  it.gateway.onTunnel = host.serve;
});

afterEach(async () => {
  host.stop();
  await rm(scratch, { recursive: true, force: true });
});

describe('ssh', () => {
  test('runs a command with its streams and its exit status', async () => {
    expect(
      await it.run(['ssh', 'build-box', '--', 'cat; echo to stderr >&2; exit 7'], { input: 'to stdout' }),
    ).toMatchObject({ status: 7, stdout: 'to stdout', stderr: 'to stderr\n' });
    expect(host.commands).toEqual(['cat; echo to stderr >&2; exit 7']);
    const query = it.gateway.tunnels[0]?.searchParams;
    expect(query?.get('resource')).toBe('build-box');
    expect(query?.get('profile')).toBe('shell');
    expect(query?.get('clientKey')).toMatch(/^ssh-ed25519 [^ ]+$/);
  });

  test('opens a shell without a command, and passes settings on', async () => {
    const { status, stderr } = await it.run(['ssh', 'build-box', '-o', 'LogLevel=DEBUG1'], {
      input: 'exit 3\n',
    });
    expect(status).toBe(3);
    expect(stderr).toContain('Authenticated to build-box.drawbridge');
    expect(host.commands).toEqual(['(shell)']);
  });

  test('a gateway that shows another host key is not believed', async () => {
    const impostor = fakeSshHost(scratch);
    it.gateway.onTunnel = impostor.serve;
    const { status, stderr } = await it.run(['ssh', 'build-box', '--', 'id'], {});
    expect(status).toBe(255);
    expect(stderr).toContain('Host key verification failed');
    expect(impostor.commands).toEqual([]);
  });

  test('says what is missing before it starts ssh', async () => {
    it.gateway.handlers.listGrants = () => ({ grants: [] });
    expect(await it.cli('ssh', 'build-box')).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('drawbridge request build-box --profile'),
    });
    it.gateway.handlers.getResource = () => resource();
    expect(await it.cli('ssh', 'orders-db')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('orders-db speaks postgres, not SSH'),
    });
  });

  test('a missing ssh is said in words', async () => {
    expect(await it.run(['ssh', 'build-box'], { env: { PATH: scratch } })).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/ssh is not installed or not in PATH\n.*openssh-client/),
    });
  });
});

describe('proxy', () => {
  test('joins stdin and stdout to the host, and adds nothing', async () => {
    it.gateway.onTunnel = (socket) =>
      void socket.on('message', (data: Buffer) => {
        socket.send(data);
        socket.close(1000);
      });
    expect(await it.run(['proxy', 'build-box'], { input: 'hello' })).toEqual({
      status: 0,
      stdout: 'hello',
      stderr: '',
    });
  });

  test('goes when its stdin ends, and when it is told to', async () => {
    it.gateway.onTunnel = () => undefined;
    expect(await it.run(['proxy', 'build-box'], {})).toMatchObject({ status: 0, stderr: '' });
    const running = it.start('proxy', 'build-box');
    await vi.waitFor(() => expect(it.gateway.tunnels).toHaveLength(2), { timeout: 10_000 });
    running.child.kill('SIGTERM');
    expect(await running.done).toMatchObject({ status: 143, stderr: '' });
  });

  test('what the gateway refuses is one clear error with what to type', async () => {
    it.gateway.refuseTunnel = () =>
      new DrawbridgeError('access_needed', 'you have no access to build-box now', {
        hint: 'Ask for it: drawbridge request build-box',
      });
    const refused = it.start('proxy', 'build-box.drawbridge');
    expect(await refused.done).toEqual({
      status: 3,
      stdout: '',
      stderr:
        'drawbridge: access_needed: you have no access to build-box now\n  → Ask for it: drawbridge request build-box\n',
    });
    await it.home.store.remove(it.gateway.url);
    expect(await it.start('proxy', 'build-box').done).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('drawbridge login'),
    });
    expect(await it.start('proxy', "x'$(id)'.drawbridge").done).toMatchObject({ status: 2 });
  });

  test('an end of the access is its exit status: the gateway has told it already', async () => {
    it.gateway.onTunnel = (socket) => {
      socket.send(Buffer.from('last words'));
      socket.close(TUNNEL_CLOSE_ENDED, JSON.stringify({ code: 'grant_revoked' }));
    };
    expect(await it.start('proxy', 'build-box').done).toEqual({
      status: 3,
      stdout: 'last words',
      stderr: '',
    });
  });
});

describe('ssh-config', () => {
  const settings = (file: string) => ['-F', file, '-o', 'BatchMode=yes'];
  // Plain tools: nothing tells them of Drawbridge but the file.
  const options = () => ({ cwd: scratch, env: { PATH: process.env.PATH ?? '', SHELL: '/bin/sh' } });

  test('leads plain ssh, scp and sftp to resources by their names', async () => {
    const written = await it.cli('ssh-config');
    const file = join(it.home.path, 'ssh', 'config');
    expect(written).toMatchObject({ status: 0, stdout: expect.stringContaining(`Include "${file}"`) });
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const plain = await run('ssh', [...settings(file), 'build-box.drawbridge', 'echo plain'], options());
    expect(plain.stdout).toBe('plain\n');
    await run('ssh', [...settings(file), 'root@shell.build-box.drawbridge', 'true'], options());
    expect(it.gateway.tunnels.map((url) => url.searchParams.get('profile'))).toEqual([null, 'shell']);

    const bytes = randomBytes(3 * 1024 * 1024);
    await writeFile(join(scratch, 'home', 'original'), bytes);
    const remote = (name: string) =>
      `build-box.drawbridge:${join(scratch, 'home', name).replace(' ', '\\ ')}`;
    await run('scp', [...settings(file), '-O', 'home/original', remote('by-scp')], options());
    expect((await readFile(join(scratch, 'home', 'by-scp'))).equals(bytes)).toBe(true);
    await writeFile(join(scratch, 'batch'), 'cd home\nput home/original by-sftp\nrename by-sftp renamed\n');
    await run('sftp', [...settings(file), '-b', 'batch', 'build-box.drawbridge'], options());
    expect((await readFile(join(scratch, 'home', 'renamed'))).equals(bytes)).toBe(true);
  });

  test('a host name that is a trap gets no proxy command', async () => {
    await it.cli('ssh-config');
    const file = join(it.home.path, 'ssh', 'config');
    const proxyOf = async (name: string) =>
      (await run('ssh', ['-G', '-F', file, '--', name])).stdout
        .split('\n')
        .find((line) => line.startsWith('proxycommand'));
    expect(await proxyOf('build-box.drawbridge')).toContain('proxy --gateway http');
    for (const trap of ["a'$(id)'b", 'a"b', 'a`id`b', 'a\\b', 'a;id', 'a b', 'a$b', 'a|b', 'a&b'])
      expect(await proxyOf(`${trap}.drawbridge`).catch(() => undefined), trap).toBeUndefined();
  });

  test('--install puts it into the person’s configuration, --remove takes it out', async () => {
    const env = { HOME: join(scratch, 'home') };
    const own = join(scratch, 'home', '.ssh', 'config');
    expect(await it.run(['ssh-config', '--install'], { env })).toMatchObject({ status: 0 });
    const line = `Include "${join(it.home.path, 'ssh', 'config')}"\n`;
    expect(await readFile(own, 'utf8')).toBe(line);
    expect(await it.run(['ssh-config', '--install'], { env })).toMatchObject({ status: 0 });
    expect(await readFile(own, 'utf8')).toBe(line);
    expect(await it.run(['ssh-config', '--remove'], { env })).toMatchObject({ status: 0 });
    expect(await readFile(own, 'utf8')).toBe('');
    await expect(stat(join(it.home.path, 'ssh', 'config'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('--print writes nothing', async () => {
    const { stdout } = await it.run(['ssh-config', '--print'], { env: { HOME: join(scratch, 'home') } });
    expect(stdout).toContain('Host *.drawbridge ');
    expect(stdout).toContain('StrictHostKeyChecking yes');
    await expect(stat(join(it.home.path, 'ssh', 'config'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('connect opens a port for any SSH client, with the line that uses it', async () => {
  it.eventStreams();
  const active = grant({ resource: 'build-box', state: 'active', expiresAt: '2026-11-22T10:30:00.000Z' });
  it.gateway.handlers.listGrants = () => ({ grants: [active] });
  it.gateway.handlers.getGrant = () => active;
  const open = it.start('connect', 'build-box', '--json');
  await vi.waitFor(() => expect(open.stdout()).toContain('\n'), { timeout: 10_000 });
  const { command } = JSON.parse(open.stdout()) as { command: string };
  const { stdout } = await run('sh', ['-c', `${command} -F /dev/null echo by port`]);
  expect(stdout).toBe('by port\n');
  open.child.kill('SIGINT');
  expect(await open.done).toMatchObject({ status: 0 });
});

test('the key goes with the sign-in', async () => {
  await it.cli('ssh-config');
  const key = () =>
    stat(join(it.home.path, 'ssh')).then(async () => (await run('ls', [join(it.home.path, 'ssh')])).stdout);
  expect(await key()).toContain('127.0.0.1');
  it.gateway.handlers.signOut = () => ({ sessionsEnded: 0 });
  expect(await it.cli('logout')).toMatchObject({ status: 0 });
  expect(await key()).toBe('config\n');
});
