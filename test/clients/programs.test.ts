import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ClientWorld, SERVERS, startClientWorld } from '../support/client-world.ts';

let world: ClientWorld;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-programs-'));
  world = await startClientWorld();
});

afterAll(async () => {
  await world?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.each(SERVERS)('pgbench on the %s server', (server) => {
  const pgbench = (...args: string[]) => world.clients.run(world.places[server].staging, 'pgbench', args);

  beforeAll(async () => {
    const { status, stderr } = await pgbench('-i', '-q', '-s', '1', '-I', 'dtgvpf');
    expect(`${status} ${stderr}`).toMatch(/^0 .*done in/s);
  });

  it.each(['simple', 'extended', 'prepared'])('does its transactions with -M %s', async (mode) => {
    const { status, stdout, stderr } = await pgbench('-n', '-M', mode, '-c', '4', '-j', '2', '-t', '25');
    expect(stderr).not.toMatch(/error|abort/i);
    expect(stdout).toContain('number of transactions actually processed: 100/100');
    expect(status).toBe(0);
    const read = await pgbench('-n', '-S', '-M', mode, '-c', '8', '-j', '2', '-t', '100');
    expect(read.stdout).toContain('number of transactions actually processed: 800/800');
  });

  it.each(['extended', 'prepared'])('pipelines with -M %s', async (mode) => {
    const script = join(folder, 'pipeline.sql');
    await writeFile(
      script,
      '\\startpipeline\nselect 1;\nselect abalance from pgbench_accounts where aid = 7;\nselect 3;\n\\endpipeline\n',
    );
    const { stdout, stderr } = await pgbench('-n', '-M', mode, '-c', '2', '-t', '50', '-f', script);
    expect(stderr).not.toMatch(/error|abort/i);
    expect(stdout).toContain('number of transactions actually processed: 100/100');
  });

  it('reconnects for each transaction with -C', async () => {
    const { stdout, stderr } = await pgbench('-n', '-S', '-C', '-c', '2', '-t', '5');
    expect(stderr).not.toMatch(/error|abort/i);
    expect(stdout).toContain('number of transactions actually processed: 10/10');
  });
});

describe('pg_dump', () => {
  // It refuses servers newer than itself, so only the one it came with.
  const dump = (...args: string[]) => world.clients.run(world.places.debian.production, 'pg_dump', args);

  it('dumps a table without masked columns as a direct connection would', async () => {
    const { status, stdout, stderr } = await dump('-t', 'products');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const direct = spawnSync('pg_dump', ['-t', 'products', world.places.debian.targetUrl('production')], {
      encoding: 'utf8',
    });
    const plain = (text: string) => text.replace(/^\\(un)?restrict .*$/gm, '');
    expect(plain(stdout)).toBe(plain(direct.stdout));
  });

  it('dumps the whole schema', async () => {
    const { status, stdout, stderr } = await dump('--schema-only');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('CREATE TABLE public.customers');
    expect(stdout).toContain('CREATE VIEW reporting.customer_directory');
  });

  it('dumps in the directory format over several connections', async () => {
    const out = join(folder, 'dump');
    const { status, stderr } = await dump('-Fd', '-j', '3', '-f', out, '-t', 'orders*', '-t', 'products');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(await readFile(join(out, 'toc.dat'), 'latin1')).toContain('orders_2026_01');
  });

  it('is told why it may not have a masked table', async () => {
    const { status, stderr } = await dump('-t', 'customers');
    expect(status).not.toBe(0);
    expect(stderr).toMatch(/drawbridge: column public\.customers\.\w+ is masked by rule customer-pii/);
    expect(stderr).toContain('COPY public.customers');
  });

  it('gets masked values where it asks with SELECT', async () => {
    const { status, stdout } = await dump('--inserts', '-t', 'customers');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /INSERT INTO public\.customers VALUES \(1, 'Chinwe Danjuma', '••••••@[\w.]+', '••••••', '••••••\d{4}'/,
    );
  });
});
