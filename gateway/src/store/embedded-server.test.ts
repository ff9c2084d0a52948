import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedServer, type EmbeddedServerOptions } from './embedded-server.ts';
import { processIdentity } from './process-identity.ts';

let folder: string;
const started: EmbeddedServer[] = [];
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-server-'));
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedServerOptions> = {}): Promise<EmbeddedServer> {
  const server = await EmbeddedServer.start({ folder, throwaway: true, ...options });
  started.push(server);
  return server;
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Another process that owns a server in the folder, and the server's process id. */
async function startElsewhere(): Promise<{ owner: ChildProcess; postmaster: number }> {
  const program = `
    import { EmbeddedServer } from ${JSON.stringify(new URL('./embedded-server.ts', import.meta.url).href)};
    await EmbeddedServer.start({ folder: process.argv[1], throwaway: true });
    console.log('started');
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  children.push(owner);
  for await (const line of createInterface({ input: owner.stdout })) if (line === 'started') break;
  return { owner, postmaster: await postmasterPid() };
}

const postmasterPid = async () =>
  Number.parseInt(await readFile(join(folder, 'cluster', 'postmaster.pid'), 'utf8'), 10);
const runs = async (pid: number) => (await processIdentity(pid)) !== undefined;
const gone = (pid: number) => expect.poll(() => runs(pid), { timeout: 20_000 }).toBe(false);

describe('EmbeddedServer', () => {
  it('serves UTF-8 on 127.0.0.1, to who knows the password', async () => {
    const server = await start();
    const [row] = await query(
      server.url(),
      `select upper('aä€') as upper, current_setting('server_encoding') as encoding,
        current_setting('listen_addresses') as addresses, current_setting('unix_socket_directories') as sockets`,
    );
    expect(row).toEqual({ upper: 'AÄ€', encoding: 'UTF8', addresses: '127.0.0.1', sockets: '' });
    const url = new URL(server.url());
    for (const password of ['', 'wrong']) {
      url.password = password;
      await expect(query(url.href, 'select 1')).rejects.toThrow(/password/);
    }
  });

  it('keeps data and password over a stop and a start', async () => {
    const first = await start();
    await query(first.url(), 'create table kept as select 1 as one');
    const url = new URL(first.url());
    await first.stop();
    const second = await start();
    expect(new URL(second.url()).password).toBe(url.password);
    expect(await query(second.url(), 'select one from kept')).toEqual([{ one: 1 }]);
  });

  it('keeps the password where only the server’s own user reads it', async () => {
    await start();
    expect((await stat(join(folder, 'superuser-password'))).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('refuses to start when others may read the password', async () => {
    await (await start()).stop();
    await chmod(join(folder, 'superuser-password'), 0o644);
    await expect(start()).rejects.toThrow(/chmod 600/);
  });

  it('stops at once, with clients connected, and may be stopped again', async () => {
    const server = await start();
    const pid = await postmasterPid();
    const client = new Client({ connectionString: server.url() });
    client.on('error', () => undefined);
    await client.connect();
    const sleeping = client.query('select pg_sleep(60)').catch((error: Error) => error.message);
    await server.stop();
    await server.exited;
    expect(await sleeping).toMatch(/terminating connection|Connection terminated/);
    expect(await runs(pid)).toBe(false);
    await server.stop();
  });

  it('tells when the server ends by itself', async () => {
    const server = await start();
    process.kill(await postmasterPid(), 'SIGKILL');
    await server.exited;
  });

  it('takes settings, and refuses unknown ones with the server’s own words', async () => {
    const server = await start({ settings: { max_connections: 17 } });
    expect(await query(server.url(), 'show max_connections')).toEqual([{ max_connections: '17' }]);
    await server.stop();
    await expect(start({ settings: { no_such_setting: 1 } })).rejects.toThrow(/no_such_setting/);
    await start();
  });

  it('speaks TLS with the certificate it is given', async () => {
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
      keySize: 2048,
    });
    const server = await start({ tls: { cert, key } });
    const client = new Client({
      connectionString: server.url(),
      ssl: { ca: cert, checkServerIdentity: () => undefined },
    });
    await client.connect();
    expect((await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()')).rows).toEqual([
      { ssl: true },
    ]);
    await client.end();
    expect((await stat(join(folder, 'server.key'))).mode & 0o777).toBe(0o600);
  });

  it('says so when a fixed port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const address = other.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      await expect(start({ port })).rejects.toThrow(`Port ${port} is taken`);
    } finally {
      other.close();
    }
    await start();
  });

  it('starts over where a first start was interrupted', async () => {
    await mkdir(join(folder, 'cluster.new'));
    await writeFile(join(folder, 'cluster.new', 'half'), '');
    await writeFile(join(folder, 'superuser-password'), 'half', { mode: 0o600 });
    expect(await query((await start()).url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('refuses a folder that a living process owns, by whatever path', async () => {
    const server = await start();
    await symlink(folder, `${folder}-link`);
    try {
      await expect(start({ folder: `${folder}-link` })).rejects.toThrow(`in use by process ${process.pid}`);
    } finally {
      await rm(`${folder}-link`);
    }
    expect(await query(server.url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('does not take another process for its server', async () => {
    await (await start()).stop();
    await writeFile(
      join(folder, 'cluster', 'postmaster.pid'),
      `${process.pid}\n${folder}\n0\n5432\n\n\n\nready\n`,
    );
    expect(await query((await start()).url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('does not outlive its owner, also when that is killed', async () => {
    const { owner, postmaster } = await startElsewhere();
    owner.kill('SIGKILL');
    await gone(postmaster);
    expect(await query((await start()).url(), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('stops a server that was left behind, and takes over its data', async () => {
    const { owner, postmaster } = await startElsewhere();
    // Frozen, it can't follow its owner: so it is still there at the next start.
    process.kill(postmaster, 'SIGSTOP');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = start();
    process.kill(postmaster, 'SIGCONT');
    expect(await query((await next).url(), 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await runs(postmaster)).toBe(false);
  });

  it('starts in a folder that only its owner may enter; as root, names it where that keeps the server’s user out', async () => {
    const closed = join(folder, 'closed');
    await mkdir(closed, { mode: 0o700 });
    await chmod(folder, 0o755);
    const outcome = start({ folder: join(closed, 'inner') });
    if (process.getuid?.() === 0) await expect(outcome).rejects.toThrow(`chmod o+x ${closed}`);
    else expect((await outcome).folder).toContain('inner');
  });
});
