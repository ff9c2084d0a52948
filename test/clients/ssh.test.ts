import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { RecordingEvent } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyFreePort } from '../../demo/free-port.ts';
import { type ReadRecording, readRecording } from '../support/read-recording.ts';
import {
  HOST,
  hostOf,
  OPENSSH,
  type SshOutcome,
  type SshWorld,
  startSshWorld,
} from '../support/ssh-world.ts';

const TEN_MEGABYTES = 10 * 1024 * 1024;
let world: SshWorld;
let ours: string;

beforeAll(async () => {
  world = await startSshWorld([
    {
      kind: 'DataRule',
      name: 'cards-on-screen',
      resources: { names: [OPENSSH] },
      text: [{ detect: 'card', mask: 'last4' }],
    },
  ]);
  ours = join(world.server.folder, 'ours');
  await mkdir(ours);
});
afterAll(() => world?.stop());

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const text = ({ status, stdout, stderr }: SshOutcome) => ({ status, stdout: stdout.toString(), stderr });
const succeeded = ({ status, stdout, stderr }: SshOutcome) =>
  expect(status, `${stdout.toString().slice(-2000)}${stderr}`).toBe(0);
const there = (name: string) => join(world.server.folder, name);
/** What a port says first, once it is open; nothing where it closes instead. */
async function firstBytes(port: number): Promise<string> {
  for (;;) {
    const socket = connect({ host: '127.0.0.1', port });
    try {
      await once(socket, 'connect');
      const [first] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])]);
      return String(first);
    } catch (error) {
      // ssh has yet to listen.
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
    } finally {
      socket.destroy();
    }
  }
}
/** Options by which programs that call ssh themselves find our configuration. */
const viaConfig = () => `ssh -F ${world.config}`;

/** Every recording so far, once all of them are sealed. */
async function recordings(): Promise<ReadRecording[]> {
  const list = () =>
    world.carol.api.call('listSessions', { query: { resource: OPENSSH } }).then(({ sessions }) => sessions);
  await expect.poll(async () => (await list()).filter(({ recording }) => recording !== 'sealed')).toEqual([]);
  return Promise.all((await list()).map(({ id }) => readRecording(world.carol, id)));
}

/** What was recorded of the session that ran a command. */
async function events(command: string) {
  const ran = (event: RecordingEvent) => event.type === 'channel' && event.command === command;
  const recording = (await recordings()).find(({ events: found }) => found.some(ran));
  return recording?.events ?? expect.fail(`No session ran ${command}.`);
}

describe('ssh', () => {
  it('runs a command with its exit status, and keeps stdout and stderr apart', async () => {
    expect(text(await world.ssh(HOST, 'echo out; echo err >&2; exit 7'))).toEqual({
      status: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect((await world.ssh(HOST, 'true')).status).toBe(0);
  });

  it('tells when a signal ended the command', async () => {
    expect((await world.ssh(HOST, 'kill -TERM $$')).status).not.toBe(0);
    const found = await events('kill -TERM $$');
    expect(found).toContainEqual(expect.objectContaining({ type: 'exit', signal: 'TERM' }));
  });

  it('carries ten megabytes in and out, byte for byte', async () => {
    const bytes = randomBytes(TEN_MEGABYTES);
    const { status, stdout } = await world.run('ssh', ['-F', world.config, HOST, 'cat'], { input: bytes });
    expect({ status, size: stdout.length, digest: digest(stdout) }).toEqual({
      status: 0,
      size: bytes.length,
      digest: digest(bytes),
    });
  });

  it('has a shell on a terminal', async () => {
    const { status, stdout } = await world.run('ssh', ['-F', world.config, '-tt', HOST], {
      input: 'stty size; echo $((6*7))-done; exit 5\n',
    });
    expect(status).toBe(5);
    expect(stdout.toString()).toContain('42-done');
  });

  it('has several commands at once on one connection', async () => {
    const socket = join(world.cli.home, 'shared');
    const shared = ['-F', world.config, '-o', `ControlPath=${socket}`];
    const master = world.start('ssh', [...shared, '-M', '-N', HOST], { open: true });
    await expect
      .poll(
        () =>
          stat(socket).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    const numbers = Array.from({ length: 8 }, (_, index) => index);
    const outcomes = await Promise.all(
      numbers.map((number) => world.run('ssh', [...shared, HOST, `echo ${number}; exit ${number}`])),
    );
    expect(outcomes.map(text)).toEqual(
      numbers.map((number) => ({ status: number, stdout: `${number}\n`, stderr: '' })),
    );
    await world.run('ssh', [...shared, '-O', 'exit', HOST]);
    await master.ended;
  });

  it('is what `drawbridge ssh` runs', async () => {
    const { status, stdout } = await world.cli.run(['ssh', OPENSSH, '--', 'echo from there; exit 4']);
    expect({ status, stdout }).toEqual({ status: 4, stdout: 'from there\n' });
  });

  it('shows what is masked masked, and records no more than that', async () => {
    await writeFile(there('payments.txt'), 'paid with 4111 1111 1111 1111 today\n');
    const command = `cat ${there('payments.txt')}`;
    expect(text(await world.ssh(HOST, command)).stdout).toBe('paid with •••• •••• •••• 1111 today\n');
    for (const { payload, events: found } of await recordings())
      expect(`${payload.toString('latin1')}${JSON.stringify(found)}`).not.toContain('4111 1111');
    expect(await events(command)).toContainEqual(expect.objectContaining({ type: 'exit', code: 0 }));
  });

  it('says why a command is refused, and runs none of it', async () => {
    const touched = there('touched');
    const { status, stderr } = await world.ssh(HOST, `touch ${touched}; sudo reboot`);
    expect(status).toBe(126);
    expect(stderr).toMatch(/^drawbridge: /m);
    await expect(stat(touched)).rejects.toThrow(/ENOENT/);
    expect((await world.ssh(HOST, 'echo alive')).status).toBe(0);
  });

  it('forwards no port where the profile does not allow it', async () => {
    const remote = await world.ssh('-o', 'ExitOnForwardFailure=yes', '-R', '0:127.0.0.1:22', HOST, 'true');
    expect(remote.status).toBe(255);
    expect(remote.stderr).toMatch(/remote port forwarding failed/);
    const port = await anyFreePort();
    const flags = ['-N', '-L', `${port}:127.0.0.1:${world.server.port}`];
    const local = world.start('ssh', ['-F', world.config, ...flags, HOST], { open: true });
    expect(await firstBytes(port)).toBe('');
    await expect.poll(local.stderr).toMatch(/prohibited.*ssh\.forward/);
    local.child.kill();
    await local.ended;
  });

  it('forwards ports with one that does', async () => {
    await world.alice.gets(OPENSSH, { profile: 'write' });
    const port = await anyFreePort();
    const flags = ['-N', '-L', `${port}:127.0.0.1:${world.server.port}`];
    const local = world.start('ssh', ['-F', world.config, ...flags, hostOf('write')], { open: true });
    expect(await firstBytes(port)).toMatch(/^SSH-2\.0-OpenSSH/);
    local.child.kill();
    await local.ended;
  });

  it('refuses to be the way to somewhere else', async () => {
    const { status, stderr } = await world.run('ssh', ['-F', world.config, '-W', '127.0.0.1:22', HOST]);
    expect(status).toBe(255);
    expect(stderr).toMatch(/prohibited.*ssh\.forward/);
  });
});

describe('files', () => {
  let file: string;
  let bytes: Buffer;
  beforeAll(async () => {
    bytes = randomBytes(3_000_000);
    file = join(ours, 'file.bin');
    await writeFile(file, bytes);
  });
  const same = async (path: string) => expect(digest(await readFile(path))).toBe(digest(bytes));

  it.each([
    ['scp', []],
    ['scp in its old way', ['-O']],
  ])('go with %s, both ways', async (name, flags) => {
    const remote = there(name.replaceAll(' ', '-'));
    const scp = (from: string, to: string) =>
      world.run('scp', ['-q', '-F', world.config, ...flags, from, to]);
    succeeded(await scp(file, `${HOST}:${remote}`));
    await same(remote);
    succeeded(await scp(`${HOST}:${remote}`, `${file}.back`));
    await same(`${file}.back`);
  });

  it('go with sftp', async () => {
    const remote = there('by-sftp');
    const batch = [
      `put ${file} ${remote}`,
      `rename ${remote} ${remote}.moved`,
      `ls -l ${remote}.moved`,
      `get ${remote}.moved ${file}.sftp`,
      `rm ${remote}.moved`,
      `mkdir ${remote}.d`,
      `rmdir ${remote}.d`,
    ].join('\n');
    const outcome = await world.run('sftp', ['-F', world.config, '-b', '-', HOST], { input: `${batch}\n` });
    succeeded(outcome);
    await same(`${file}.sftp`);
    await expect(stat(`${remote}.moved`)).rejects.toThrow(/ENOENT/);
  });

  it('are recorded with paths and bytes', async () => {
    const files = (await recordings()).flatMap(({ events: found }) =>
      found.filter((event) => event.type === 'file'),
    );
    const sum = (operation: string) =>
      files
        .filter((event) => event.operation === operation && event.path.endsWith('by-sftp'))
        .reduce((total, event) => total + (event.bytes ?? 0), 0);
    expect(sum('write')).toBe(bytes.length);
    expect(files).toContainEqual(
      expect.objectContaining({ operation: 'rename', path: there('by-sftp'), to: there('by-sftp.moved') }),
    );
    expect(files).toContainEqual(
      expect.objectContaining({ operation: 'remove', path: there('by-sftp.moved') }),
    );
  });

  it('go with rsync', async () => {
    const args = ['-a', '-e', viaConfig(), `${ours}/`, `${HOST}:${there('synced')}/`];
    succeeded(await world.run('rsync', args));
    await same(there('synced/file.bin'));
    succeeded(await world.run('rsync', args));
  });

  it('only come, and never go, with a profile that reads', async () => {
    await world.alice.gets(OPENSSH, { profile: 'files' });
    const host = hostOf('files');
    const remote = there('readable');
    await writeFile(remote, bytes);
    const scp = (from: string, to: string) => world.run('scp', ['-q', '-F', world.config, from, to]);
    succeeded(await scp(`${host}:${remote}`, `${file}.read`));
    await same(`${file}.read`);
    const refused = await scp(file, `${host}:${there('written')}`);
    expect(refused.status).not.toBe(0);
    await expect(stat(there('written'))).rejects.toThrow(/ENOENT/);
    expect((await world.ssh(host, 'true')).status).toBe(126);
  });
});

describe('programs over ssh', () => {
  it('git clones and pushes', async () => {
    const repository = there('repo.git');
    const clone = join(ours, 'clone');
    const env = {
      GIT_SSH_COMMAND: viaConfig(),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_AUTHOR_NAME: 'Alice',
      GIT_AUTHOR_EMAIL: 'alice@shop.example',
      GIT_COMMITTER_NAME: 'Alice',
      GIT_COMMITTER_EMAIL: 'alice@shop.example',
    };
    const git = async (...args: string[]) => succeeded(await world.run('git', args, { env }));
    await git('init', '-q', '--bare', '-b', 'main', repository);
    await git('clone', '-q', `${HOST}:${repository}`, clone);
    await writeFile(join(clone, 'hello.txt'), 'hello\n');
    await git('-C', clone, 'checkout', '-q', '-b', 'main');
    await git('-C', clone, 'add', '.');
    await git('-C', clone, 'commit', '-q', '-m', 'First');
    await git('-C', clone, 'push', '-q', 'origin', 'main');
    await git('clone', '-q', `${HOST}:${repository}`, `${clone}-again`);
    expect(await readFile(join(`${clone}-again`, 'hello.txt'), 'utf8')).toBe('hello\n');
  });

  it('ansible pings', async () => {
    const env = {
      ANSIBLE_LOCAL_TEMP: join(ours, 'ansible'),
      ANSIBLE_REMOTE_TEMP: there('ansible'),
      HOME: ours,
    };
    const args = [HOST, '-i', `${HOST},`, '-m', 'ping', '--ssh-common-args', `-F ${world.config}`];
    const outcome = await world.run('ansible', args, { env });
    succeeded(outcome);
    expect(outcome.stdout.toString()).toMatch(/"ping": "pong"/);
  });

  it('paramiko connects', async () => {
    const script = `
import os, paramiko, sys
settings = paramiko.SSHConfig.from_path(${JSON.stringify(world.config)}).lookup(${JSON.stringify(HOST)})
client = paramiko.SSHClient()
client.load_host_keys(settings["userknownhostsfile"].strip('"'))
class Known(paramiko.MissingHostKeyPolicy):
    def missing_host_key(self, client, hostname, key):
        if not client.get_host_keys().check(settings["hostkeyalias"], key): raise Exception("unknown host key")
client.set_missing_host_key_policy(Known())
key = paramiko.Ed25519Key.from_private_key_file(settings["identityfile"][0].strip('"'))
client.connect(${JSON.stringify(HOST)}, username="drawbridge", pkey=key, allow_agent=False, look_for_keys=False,
    sock=paramiko.ProxyCommand(settings["proxycommand"].replace("%n", ${JSON.stringify(HOST)}).replace("%h", ${JSON.stringify(HOST)})))
_, out, err = client.exec_command("echo out; echo err >&2; exit 9")
print(out.read().decode().strip(), err.read().decode().strip(), out.channel.recv_exit_status())
client.close()
`;
    const outcome = await world.run('/usr/bin/python3', ['-W', 'ignore', '-c', script]);
    succeeded(outcome);
    expect(outcome.stdout.toString()).toBe('out err 9\n');
  });
});

describe('the demo’s own host', () => {
  const demoHost = 'build-box.drawbridge';
  beforeAll(() => world.alice.gets('build-box', { profile: 'shell' }));

  it('serves commands, masked', async () => {
    const outcome = await world.ssh(demoHost, 'cat deploy.log');
    succeeded(outcome);
    expect(outcome.stdout.toString()).toContain('paid with •••• •••• •••• 1111');
    expect(outcome.stdout.toString()).not.toMatch(/ada\.lovelace|AKIA/);
    expect((await world.ssh(demoHost, 'reboot')).stderr).toContain('the platform team');
  });

  it('serves files', async () => {
    const file = join(ours, 'for-demo');
    await writeFile(file, 'to and fro');
    succeeded(await world.run('scp', ['-q', '-F', world.config, file, `${demoHost}:new-file`]));
    const batch = `get new-file ${file}.back\nrm new-file\n`;
    succeeded(await world.run('sftp', ['-F', world.config, '-b', '-', demoHost], { input: batch }));
    expect(await readFile(`${file}.back`, 'utf8')).toBe('to and fro');
  });
});
