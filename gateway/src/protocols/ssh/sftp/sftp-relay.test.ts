import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Client, Connection, ServerChannel, SFTPWrapper } from 'ssh2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PolicySession, type PolicySessionOptions } from '../../../../../test/support/policy-session.ts';
import { startScriptedSshServer } from '../../../../../test/support/scripted-ssh-server.ts';
import { startSftpServer } from '../../../../../test/support/sftp-server.ts';
import { connectSshPair } from '../../../../../test/support/ssh-pair.ts';
import { newId } from '../../../new-id.ts';
import type { Action, Decision } from '../../../policy/decision.ts';
import type { Held } from '../../../sessions/session.ts';
import { type SftpEnd, SftpRelay } from './sftp-relay.ts';

const PERMISSION_DENIED = 3;
const MB = 1024 * 1024;

let folder: string;
const closers: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'drawbridge-sftp-')));
  closers.push(() => rm(folder, { recursive: true, force: true }));
});

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** What is recorded and what is sent to the target, in order. */
type Log = string[];

/** A server's connection whose SFTP is the relay, with OpenSSH's SFTP server at home in `folder` behind it. */
async function relaying(options: PolicySessionOptions) {
  const session = new PolicySession(options);
  const failures: unknown[] = [];
  const log: Log = [];
  const target = await startSftpServer(folder);
  closers.push(() => target.close());
  const write = target.stream.write.bind(target.stream) as (chunk: Buffer) => boolean;
  target.stream.write = (chunk: Buffer) => {
    log.push('to target');
    return write(chunk);
  };
  session.onRecord = (events) =>
    log.push(
      ...events.map((event) => (event.type === 'file' ? `${event.operation} ${event.path}` : event.type)),
    );
  const ends: Promise<SftpEnd>[] = [];
  const serve = (connection: Connection) => {
    connection.on('session', (accept) => {
      // What SFTP is where nobody listens for `sftp`; not in ssh2's types.
      (accept() as NodeJS.EventEmitter).on('subsystem', (acceptSubsystem: () => ServerChannel) => {
        const onFailure = (error: unknown) => failures.push(error);
        const client = acceptSubsystem();
        ends.push(new SftpRelay({ session, channel: 1, client, target: target.stream, onFailure }).run());
      });
    });
  };
  const files = () => {
    const events = session.events('file').map(({ type, channel, ...event }) => event);
    // What clients ask about the server as a whole.
    return events.filter(({ path }) => path !== '');
  };
  return { session, serve, failures, log, ends, files };
}

/** The same with ssh2's SFTP client. */
async function open(options: PolicySessionOptions = {}) {
  const world = await relaying(options);
  const pair = await connectSshPair(world.serve);
  closers.push(() => pair.close());
  return { ...world, sftp: new Files(await connectSftp(pair.client)) };
}

/** Runs one of OpenSSH's clients. */
async function run(
  program: string,
  parameters: string[],
  input = '',
): Promise<{ code: number; stderr: string }> {
  const child = spawn(program, parameters, { stdio: ['pipe', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  child.stdin.end(input);
  const stderr = await text(child.stderr);
  return { code: (await exited)[0] as number, stderr };
}

const connectSftp = (client: Client) =>
  new Promise<SFTPWrapper>((resolve, reject) =>
    client.sftp((error, sftp) => (error ? reject(error) : resolve(sftp))),
  );

/** ssh2's SFTP client with promises. */
class Files {
  readonly raw: SFTPWrapper;
  constructor(raw: SFTPWrapper) {
    this.raw = raw;
  }
  call<T = void>(name: keyof SFTPWrapper, ...parameters: unknown[]): Promise<T> {
    const method = (this.raw[name] as (...all: unknown[]) => unknown).bind(this.raw);
    const called = promisify(method) as unknown as (...all: unknown[]) => Promise<T>;
    return called(...parameters);
  }
}

const allow: Decision = { verdict: 'allow', policies: ['p'] };
const deny = (reason: string): Decision => ({ verdict: 'deny', reason, policies: [] });
/** Policy as somebody would write it: this path and what is below it. */
const only =
  (root: string) =>
  ({ context: { path } }: Action): Decision =>
    path === root || String(path).startsWith(`${root}/`) ? allow : deny(`no policy lets alice touch it`);

describe('the SFTP relay', () => {
  it('carries 5 MB there and back, byte for byte, and records how much of what', async () => {
    const { sftp, files, session, ends } = await open();
    const content = randomBytes(5 * MB);
    const local = join(folder, 'local');
    await writeFile(local, content);
    await sftp.call('fastPut', local, 'big.bin');
    expect((await readFile(join(folder, 'big.bin'))).equals(content)).toBe(true);
    await sftp.call('fastGet', 'big.bin', join(folder, 'back'));
    expect((await readFile(join(folder, 'back'))).equals(content)).toBe(true);

    const path = join(folder, 'big.bin');
    expect(new Set(files().map((event) => event.path))).toEqual(new Set([path]));
    const bytes = (operation: string) =>
      files().reduce((sum, event) => sum + (event.operation === operation ? (event.bytes ?? 0) : 0), 0);
    expect(bytes('write')).toBe(content.length);
    expect(bytes('read')).toBe(content.length);
    expect(files().every(({ decision }) => decision === 'allow')).toBe(true);
    // Contents are not part of it.
    expect(JSON.stringify(session.recorded).length).toBeLessThan(200_000);

    sftp.raw.end();
    const end = await ends[0];
    expect(end?.bytesIn).toBeGreaterThan(content.length);
    expect(end?.bytesOut).toBeGreaterThan(content.length);
  });

  it('records what is done to files before the target hears of it', async () => {
    const { sftp, log, files } = await open();
    await sftp.call('mkdir', 'd');
    await sftp.call('writeFile', 'd/a', 'hello');
    await sftp.call('rename', 'd/a', 'd/b');
    await sftp.call('ext_openssh_rename', 'd/b', 'd/c');
    await sftp.call('ext_openssh_hardlink', 'd/c', 'd/hard');
    await sftp.call('symlink', 'c', 'd/soft');
    expect(await sftp.call<string>('readlink', 'd/soft')).toBe('c');
    await sftp.call('chmod', 'd/soft', 0o600);
    expect((await sftp.call<{ size: number }>('stat', 'd/soft')).size).toBe(5);
    expect(await sftp.call('readdir', 'd')).toHaveLength(3);
    for (const name of ['d/c', 'd/hard', 'd/soft']) await sftp.call('unlink', name);
    await sftp.call('rmdir', 'd');
    expect(await readdir(folder)).toEqual([]);

    const at = (name: string) => join(folder, name);
    const done = files().map(({ operation, path, to, bytes }) => [
      operation,
      path,
      ...(to === undefined ? [] : [to]),
      ...(bytes === undefined ? [] : [bytes]),
    ]);
    expect(done).toEqual([
      ['make-directory', at('d')],
      ['open', at('d/a')],
      ['write', at('d/a'), 5],
      ['close', at('d/a')],
      ['rename', at('d/a'), at('d/b')],
      ['rename', at('d/b'), at('d/c')],
      ['link', at('d/c'), at('d/hard')],
      ['link', at('d/c'), at('d/soft')],
      ['read-link', at('d/soft')],
      ['set-attributes', at('d/c')],
      ['stat', at('d/c')],
      ['list', at('d')],
      ['list', at('d')],
      ['list', at('d')],
      ['close', at('d')],
      ['remove', at('d/c')],
      ['remove', at('d/hard')],
      ['remove', at('d/soft')],
      ['remove-directory', at('d')],
    ]);
    // Between the event and what came before it, only the question where the path leads.
    const removed = log.indexOf(`remove-directory ${at('d')}`);
    expect(log.slice(removed - 1)).toEqual(['to target', `remove-directory ${at('d')}`, 'to target']);
  });

  it('lets a profile that may only read look and fetch, and change nothing', async () => {
    await writeFile(join(folder, 'a'), 'text');
    const { sftp, files } = await open({ allow: ['ssh.sftp.read'] });
    expect(String(await sftp.call('readFile', 'a'))).toBe('text');
    const refused = {
      code: PERMISSION_DENIED,
      message: expect.stringContaining("the ops profile of build-box doesn't allow ssh.sftp.write"),
    };
    await expect(sftp.call('writeFile', 'a', 'other')).rejects.toMatchObject(refused);
    await expect(sftp.call('open', 'a', 'r+')).rejects.toMatchObject(refused);
    await expect(sftp.call('open', 'b', 'a')).rejects.toMatchObject(refused);
    await expect(sftp.call('unlink', 'a')).rejects.toMatchObject(refused);
    await expect(sftp.call('rename', 'a', 'b')).rejects.toMatchObject(refused);
    await expect(sftp.call('mkdir', 'b')).rejects.toMatchObject(refused);
    await expect(sftp.call('chmod', 'a', 0o777)).rejects.toMatchObject(refused);
    await expect(sftp.call('symlink', 'a', 'b')).rejects.toMatchObject(refused);
    await expect(sftp.call('ext_openssh_rename', 'a', 'b')).rejects.toMatchObject(refused);
    await expect(sftp.call('ext_openssh_hardlink', 'a', 'b')).rejects.toMatchObject(refused);
    // Attributes may also be changed through a handle that is open for reading.
    const handle = await sftp.call<Buffer>('open', 'a', 'r');
    await expect(sftp.call('fchmod', handle, 0o777)).rejects.toMatchObject(refused);
    expect(await readdir(folder)).toEqual(['a']);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('text');
    expect(files().filter(({ decision }) => decision === 'deny')).toHaveLength(11);
    expect(files().find(({ operation }) => operation === 'rename')).toEqual({
      operation: 'rename',
      path: join(folder, 'a'),
      to: join(folder, 'b'),
      decision: 'deny',
      reason: "the ops profile of build-box doesn't allow ssh.sftp.write",
    });
  });

  it('lets a profile that may only write see where to, and fetch nothing', async () => {
    await writeFile(join(folder, 'a'), 'text');
    const { sftp } = await open({ allow: ['ssh.sftp.write'] });
    expect(await sftp.call('realpath', '.')).toBe(folder);
    expect(await sftp.call('realpath', 'a')).toBe(join(folder, 'a'));
    expect(await sftp.call('stat', 'a')).toMatchObject({ size: 4 });
    await sftp.call('writeFile', 'b', 'new');
    await expect(sftp.call('readFile', 'a')).rejects.toMatchObject({ code: PERMISSION_DENIED });
    await expect(sftp.call('readdir', '.')).rejects.toMatchObject({ code: PERMISSION_DENIED });
    await expect(sftp.call('open', 'a', 'r+')).rejects.toMatchObject({ code: PERMISSION_DENIED });
    const handle = await sftp.call<Buffer>('open', 'a', 'a');
    const read = sftp.call('read', handle, Buffer.alloc(4), 0, 4, 0);
    await expect(read).rejects.toThrow('the file was opened for writing only');
  });

  describe('with a policy on paths', () => {
    let granted: string;

    beforeEach(async () => {
      granted = join(folder, 'srv');
      await mkdir(granted);
      await writeFile(join(granted, 'a'), 'mine');
      await writeFile(join(folder, 'secret'), 'hidden');
    });

    it('finds where a path leads, however it is written', async () => {
      await symlink(join(folder, 'secret'), join(granted, 'soft'));
      await symlink(folder, join(granted, 'up'));
      const { sftp, files } = await open({ policy: only(granted) });
      for (const path of [
        join(folder, 'secret'),
        'secret',
        'srv/../secret',
        join(granted, '../secret'),
        'srv/soft',
        'srv/up/secret',
        'srv/up/srv/../secret',
        `/proc/self/root${join(folder, 'secret')}`,
      ]) {
        await expect(sftp.call('readFile', path), path).rejects.toMatchObject({ code: PERMISSION_DENIED });
        expect(files().at(-1)).toMatchObject({
          operation: 'open',
          path: join(folder, 'secret'),
          decision: 'deny',
        });
      }
      for (const path of [join(granted, 'a'), 'srv/a', './srv//a', 'srv/up/srv/a', 'srv/../srv/a']) {
        expect(String(await sftp.call('readFile', path)), path).toBe('mine');
        expect(files().find(({ operation }) => operation === 'open')).toBeDefined();
      }
      expect(files().at(-1)).toMatchObject({ path: join(granted, 'a'), decision: 'allow' });
    });

    it('decides on the link itself where that is what changes', async () => {
      await symlink(join(granted, 'a'), join(folder, 'outside'));
      await symlink(join(folder, 'secret'), join(granted, 'inside'));
      const { sftp } = await open({ policy: only(granted) });
      await expect(sftp.call('unlink', 'outside')).rejects.toMatchObject({ code: PERMISSION_DENIED });
      await sftp.call('unlink', 'srv/inside');
      expect(await readdir(granted)).toEqual(['a']);
    });

    it('asks about both paths of a rename and of a link', async () => {
      const { sftp } = await open({ policy: only(granted) });
      const refused = { code: PERMISSION_DENIED };
      await expect(sftp.call('rename', 'srv/a', 'b')).rejects.toMatchObject(refused);
      await expect(sftp.call('rename', 'secret', 'srv/b')).rejects.toMatchObject(refused);
      await expect(sftp.call('ext_openssh_hardlink', 'secret', 'srv/b')).rejects.toMatchObject(refused);
      await expect(sftp.call('symlink', '../secret', 'srv/b')).rejects.toMatchObject(refused);
      await expect(sftp.call('symlink', 'srv/a', 'b')).rejects.toMatchObject(refused);
      await sftp.call('rename', 'srv/a', 'srv/b');
      await sftp.call('symlink', 'b', 'srv/c');
      expect(await readdir(granted)).toEqual(['b', 'c']);
      expect(await readdir(folder)).toEqual(['secret', 'srv']);
    });

    it('does not tell by its answer whether something is there', async () => {
      const { sftp, files } = await open({ policy: only(granted) });
      const there = sftp.call('stat', join(folder, 'secret'));
      const missing = sftp.call('stat', join(folder, 'missing/too'));
      await expect(there).rejects.toMatchObject({ code: PERMISSION_DENIED });
      await expect(missing).rejects.toMatchObject({ code: PERMISSION_DENIED });
      await expect(sftp.call('stat', 'srv/missing/too')).rejects.toMatchObject({ code: 2 });
      await expect(sftp.call('stat', join(granted, 'missing/too'))).rejects.toMatchObject({ code: 2 });
      expect(files().map(({ decision }) => decision)).toEqual(['deny', 'deny', 'allow', 'allow']);
    });
  });

  it('waits for people where policy needs them, and lets others go on', async () => {
    await writeFile(join(folder, 'a'), 'one');
    await writeFile(join(folder, 'b'), 'two');
    let reviewer: (actions: readonly Action[]) => void = () => undefined;
    let answer: (decision: Exclude<Decision, { verdict: 'needs' }>) => void = () => undefined;
    const asked = new Promise<readonly Action[]>((resolve) => {
      reviewer = resolve;
    });
    const review = newId('cmd');
    let shown: Held | undefined;
    const { sftp, files, session } = await open({
      policy: ({ context: { path } }) =>
        path === join(folder, 'a') ? { verdict: 'needs', requirements: [], policies: ['four-eyes'] } : allow,
      review: (actions, held) => {
        shown = held;
        reviewer(actions);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const held = sftp.call('readFile', 'a');
    expect((await asked).map(({ name, context }) => [name, context])).toEqual([
      ['ssh.sftp.read', { operation: 'open', path: join(folder, 'a') }],
    ]);
    expect(String(await sftp.call('readFile', 'b'))).toBe('two');
    expect(files().some(({ path }) => path === join(folder, 'a'))).toBe(false);
    expect(shown).toMatchObject({ kind: 'file', text: `open ${join(folder, 'a')}` });
    answer({ verdict: 'allow', policies: ['four-eyes'], review });
    expect(String(await held)).toBe('one');
    expect(files().find(({ path }) => path === join(folder, 'a'))).toMatchObject({
      policies: ['four-eyes'],
      review,
    });
    expect(
      session.uses.map(({ actions, answer: { verdict } }) => [actions[0]?.context.path, verdict]),
    ).toEqual([
      [join(folder, 'b'), 'allow'],
      [join(folder, 'a'), 'allow'],
    ]);

    const refused = sftp.call('readFile', 'a');
    const again = new Promise<readonly Action[]>((resolve) => {
      reviewer = resolve;
    });
    await again;
    answer({ verdict: 'deny', reason: 'Carol said no', policies: [] });
    await expect(refused).rejects.toThrow('Carol said no');
  });

  it('withdraws what waits when its channel is closed', async () => {
    await writeFile(join(folder, 'a'), 'one');
    let reviewer: (withdrawn: AbortSignal | undefined) => void = () => undefined;
    const asked = new Promise<AbortSignal | undefined>((resolve) => {
      reviewer = resolve;
    });
    const { sftp, ends } = await open({
      policy: ({ name }) =>
        name === 'ssh.sftp.write' ? { verdict: 'needs', requirements: [], policies: [] } : allow,
      review: (_actions, _held, withdrawn) => {
        reviewer(withdrawn);
        return new Promise(() => undefined);
      },
    });
    sftp.call('unlink', 'a').catch(() => undefined);
    const withdrawn = await asked;
    sftp.raw.end();
    await ends[0];
    expect(withdrawn?.aborted).toBe(true);
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('one');
  });

  it('forwards nothing that can not be recorded', async () => {
    const { sftp, session, failures } = await open();
    session.diskFull = true;
    await expect(sftp.call('mkdir', 'd')).rejects.toThrow();
    expect(await readdir(folder)).toEqual([]);
    expect(failures).toEqual([expect.objectContaining({ name: 'RecordingFailed' })]);
  });

  it('stops when the session ends', async () => {
    const { sftp, session, ends } = await open();
    const handle = await sftp.call<Buffer>('open', 'a', 'w');
    session.end('grant_expired', 'access to build-box ended: grant expired');
    const end = await ends[0];
    expect(end?.code).toBe(255);
    await expect(sftp.call('write', handle, Buffer.from('late'), 0, 4, 0)).rejects.toThrow();
    expect(await readFile(join(folder, 'a'), 'utf8')).toBe('');
  });

  describe("with OpenSSH's own clients", () => {
    /** What says where to and nothing of this machine's settings. */
    async function host(options: PolicySessionOptions) {
      const world = await relaying(options);
      const server = await startScriptedSshServer({ connected: world.serve });
      closers.push(() => server.close());
      const settings = ['-F', 'none', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'];
      return { ...world, settings: ['-q', '-P', String(server.port), ...settings] };
    }

    it('does what a batch of sftp says', async () => {
      const { settings, files } = await host({});
      const content = randomBytes(MB);
      await writeFile(join(folder, 'local'), content);
      const batch = [
        'mkdir d',
        `put -p ${join(folder, 'local')} d/a`,
        'cd d',
        'rename a b',
        'ln -s b c',
        'ls -l',
        'df',
        `get c ${join(folder, 'back')}`,
        'chmod 600 b',
        'rm b',
        'rm c',
        'cd ..',
        'rmdir d',
      ];
      const { code, stderr } = await run(
        'sftp',
        [...settings, '-b', '-', 'alice@127.0.0.1'],
        batch.join('\n'),
      );
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect((await readFile(join(folder, 'back'))).equals(content)).toBe(true);
      expect(files().every(({ decision }) => decision === 'allow')).toBe(true);
    });

    it('copies with scp, and says how it went', async () => {
      const { settings } = await host({});
      const content = randomBytes(MB);
      await writeFile(join(folder, 'local'), content);
      const there = await run('scp', [...settings, '-s', join(folder, 'local'), 'alice@127.0.0.1:there']);
      expect(there).toEqual({ code: 0, stderr: '' });
      expect((await readFile(join(folder, 'there'))).equals(content)).toBe(true);
      const another = await host({});
      const missing = await run('scp', [...another.settings, '-s', 'alice@127.0.0.1:missing', folder]);
      expect(missing.code).not.toBe(0);
    });

    it('tells people why something is refused', async () => {
      const { settings } = await host({ allow: ['ssh.sftp.read'] });
      const { code, stderr } = await run('sftp', [...settings, '-b', '-', 'alice@127.0.0.1'], 'mkdir d');
      expect(code).not.toBe(0);
      expect(stderr).toContain(
        `drawbridge: the ops profile of build-box doesn't allow ssh.sftp.write (make-directory ${join(folder, 'd')})`,
      );
    });
  });
});
