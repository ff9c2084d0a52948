import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ssh2, { type Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SshHost, startSshHost } from './ssh-host.ts';

let folder: string;
let host: SshHost;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-ssh-host-'));
  host = await startSshHost({ folder, port: 0 });
});
afterAll(async () => {
  await host?.stop();
  await rm(folder, { recursive: true, force: true });
});

function connect(options: ConnectConfig = {}): Promise<Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.once('ready', () => resolve(client)).once('error', reject);
    client.connect({
      host: host.host,
      port: host.port,
      username: 'deploy',
      ...(options.password === undefined && { privateKey: host.secrets.BUILD_BOX_KEY ?? '' }),
      ...options,
    });
  });
}

async function ended(channel: ClientChannel): Promise<{ status: unknown; stdout: string; stderr: string }> {
  let stdout = '';
  let stderr = '';
  channel.on('data', (chunk: Buffer) => (stdout += chunk));
  channel.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  return new Promise((resolve) =>
    channel.once('close', (status: unknown) => resolve({ status, stdout, stderr })),
  );
}

async function run(command: string): Promise<{ status: unknown; stdout: string; stderr: string }> {
  const client = await connect();
  try {
    return await new Promise((resolve, reject) =>
      client.exec(command, (error, channel) => (error ? reject(error) : resolve(ended(channel)))),
    );
  } finally {
    client.end();
  }
}

describe('the demo’s SSH host', () => {
  it('lets nobody in without the gateway’s key', async () => {
    const stranger = ssh2.utils.generateKeyPairSync('ed25519').private;
    await expect(connect({ privateKey: stranger })).rejects.toThrow(/authentication methods failed/);
    await expect(connect({ username: 'root' })).rejects.toThrow(/authentication methods failed/);
    await expect(connect({ password: 'deploy' })).rejects.toThrow(/authentication methods failed/);
  });

  it('runs commands in its home folder, and nothing of our environment is there', async () => {
    expect(await run('pwd; echo oops >&2; exit 3')).toEqual({
      status: 3,
      stdout: `${host.home}\n`,
      stderr: 'oops\n',
    });
    expect((await run('env')).stdout).not.toMatch(/DRAWBRIDGE|npm_|NODE/);
  });

  it('has a shell on a terminal of the size asked for', async () => {
    const client = await connect();
    const channel = await new Promise<ClientChannel>((resolve, reject) =>
      client.shell({ term: 'xterm-256color', cols: 91, rows: 33 }, (error, opened) =>
        error ? reject(error) : resolve(opened),
      ),
    );
    const end = ended(channel);
    channel.write('stty size; exit 4\n');
    const { status, stdout } = await end;
    client.end();
    expect(status).toBe(4);
    expect(stdout).toContain('33 91');
    expect(stdout).toContain('deploy@build-box:');
  });

  it('hands files over', async () => {
    const client = await connect();
    const sftp = await new Promise<ssh2.SFTPWrapper>((resolve, reject) =>
      client.sftp((error, opened) => (error ? reject(error) : resolve(opened))),
    );
    const call = <T>(work: (done: (error: Error | null | undefined, value?: T) => void) => void) =>
      new Promise<T | undefined>((resolve, reject) =>
        work((error, value) => (error ? reject(error) : resolve(value))),
      );
    await call((done) => sftp.writeFile('app/new.txt', 'x'.repeat(100_000), done));
    expect(await readFile(join(host.home, 'app/new.txt'), 'utf8')).toHaveLength(100_000);
    await call((done) => sftp.rename('app/new.txt', 'app/moved.txt', done));
    const names = await call<ssh2.FileEntryWithStats[]>((done) => sftp.readdir('app', done));
    expect(names?.map(({ filename }) => filename).sort()).toEqual([
      'config.yaml',
      'moved.txt',
      'release.txt',
    ]);
    expect((await call<Buffer>((done) => sftp.readFile('app/moved.txt', done)))?.length).toBe(100_000);
    await call((done) => sftp.unlink('app/moved.txt', done));
    await expect(call((done) => sftp.stat('app/moved.txt', done))).rejects.toThrow(/No such file|ENOENT/);
    client.end();
  });

  it('is the same host at the next start', async () => {
    const other = await startSshHost({ folder, port: 0 });
    expect(other).toMatchObject({ hostKey: host.hostKey, secrets: host.secrets });
    await other.stop();
  });
});
