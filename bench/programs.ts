import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a client connects to. */
export interface Endpoint {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

const environment = ({ port, user, password, database }: Endpoint) => ({
  ...process.env,
  PGHOST: '127.0.0.1',
  PGPORT: String(port),
  PGUSER: user,
  PGPASSWORD: password,
  PGDATABASE: database,
  PGSSLMODE: 'disable',
  PGGSSENCMODE: 'disable',
});

/** Runs a client program to its end. @returns standard output and how long it took, in ms. */
export async function run(
  program: string,
  args: readonly string[],
  endpoint: Endpoint,
  cwd?: string,
): Promise<{ stdout: string; milliseconds: number }> {
  const started = performance.now();
  const child = spawn(program, args, { env: environment(endpoint), cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk));
  const status = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return { stdout, milliseconds: performance.now() - started };
}

/** `pgbench -S -M prepared`: transactions a second, and the median latency in ms from its own log of every transaction. */
export async function pgbench(
  endpoint: Endpoint,
  clients: number,
  seconds: number,
): Promise<{ tps: number; median: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-bench-'));
  try {
    const log = clients === 1 ? ['--log'] : [];
    const { stdout } = await run(
      'pgbench',
      ['-n', '-S', '-M', 'prepared', '-c', String(clients), '-j', '1', '-T', String(seconds), ...log],
      endpoint,
      folder,
    );
    const tps = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    return { tps, median: log.length > 0 ? await medianLatency(folder) : Number.NaN };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** pgbench's transaction log: the third column is the time in microseconds. */
async function medianLatency(folder: string): Promise<number> {
  const files = await readdir(folder);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const times = texts.flatMap((text) =>
    text
      .trim()
      .split('\n')
      .map((line) => Number(line.split(' ')[2])),
  );
  return median(times) / 1000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
