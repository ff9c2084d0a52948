import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessTokens, FileTokenStore, openTunnel } from '@drawbridge/gateway-client';
import pg from 'pg';
import { EmbeddedServer } from '../gateway/src/store/embedded-server.ts';
import { type Child, startChild } from './child.ts';
import { policyRows } from './policy.ts';
import { type Endpoint, median, pgbench, run } from './programs.ts';
import type { Row } from './row.ts';
import { idleShells, sshRows } from './ssh.ts';
import { startSshTarget } from './ssh-target.ts';

/**
 * `npm run bench`: what the gateway costs, each figure a ratio against a direct connection in the same run, with a
 * bare Node TCP pipe between the two as the yardstick of what any proxy in Node costs. `-- --quick` for a short look,
 * `-- --only policy` for the decisions alone.
 */
const quick = process.argv.includes('--quick');
const only = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1] : undefined;
if (only !== undefined && only !== 'policy') throw new Error('--only knows one part: policy');
const SECONDS = quick ? 3 : 10;
const ROUNDS = quick ? 1 : 3;
const ROWS = 1_000_000;
const CONNECTS = quick ? 20 : 50;

interface GatewayReady {
  readonly plain: number;
  readonly masked: number;
  readonly host: number;
  readonly maskedHost: number;
  readonly url: string;
  readonly home: string;
  readonly pid: number;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
if (only === 'policy') print(policyRows(ROUNDS));
else {
  const folder = await mkdtemp(join(tmpdir(), 'drawbridge-bench-'));
  // As root the servers run as another user, who has to get through.
  await chmod(folder, 0o711);
  const stops: Array<() => Promise<unknown>> = [() => rm(folder, { recursive: true, force: true })];
  try {
    await bench(folder, stops);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function bench(folder: string, stops: Array<() => Promise<unknown>>): Promise<void> {
  say('Preparing a PostgreSQL with pgbench tables and a million people …');
  const server = await EmbeddedServer.start({
    folder: join(folder, 'target'),
    throwaway: true,
    settings: { shared_buffers: '512MB', max_connections: 50 },
  });
  stops.push(() => server.stop());
  await prepare(server);

  const targetUrl = server.url('bench');
  const pipe = await startChild<{ port: number }>('pipe-process.ts', ['127.0.0.1', String(server.port)]);
  stops.push(() => pipe.stop());
  const host = await startSshTarget(folder);
  stops.push(() => host.stop());
  const gateway = await startChild<GatewayReady>('gateway-process.ts', [
    folder,
    targetUrl,
    JSON.stringify(host.target),
  ]);
  stops.push(() => gateway.stop());

  const direct: Endpoint = {
    port: server.port,
    user: server.superuser,
    password: decodeURIComponent(new URL(targetUrl).password),
    database: 'bench',
  };
  const piped = { ...direct, port: pipe.ready.port };
  const plain = { ...direct, port: gateway.ready.plain };
  const masked = { ...direct, port: gateway.ready.masked };
  const rows: Row[] = [];

  say('pgbench -S -M prepared …');
  rows.push(await latency([direct, piped, plain]), await throughput([direct, piped, plain]));
  say('Idle shells …');
  // Before the rows: memory that those needed would count as theirs.
  const shells = await idleShells(host, gateway.ready);
  say('Rows …');
  const memory = await watchMemory(gateway.ready.pid);
  rows.push(
    await bulk(
      'a million rows of five columns',
      [direct, piped, plain],
      ['-At', '-o', '/dev/null', '-c', 'select id, name, email, ssn, country from people'],
      3,
      false,
    ),
  );
  rows.push(
    await bulk(
      'the same with two columns masked',
      [direct, piped, masked],
      ['-At', '-o', '/dev/null', '-c', 'select id, name, email, ssn, country from people'],
      3,
      true,
    ),
  );
  rows.push(
    await bulk(
      'COPY out of a million rows',
      [direct, piped, plain],
      ['-c', '\\copy (select id, name, email, ssn, country from people) to /dev/null'],
      3,
      false,
    ),
  );
  const grown = await memory.stop();
  say('SSH …');
  rows.push(...(await sshRows(host, gateway.ready, measure)), shells);
  say('Connecting …');
  rows.push(await connecting(direct, piped, gateway));
  rows.push({
    what: 'memory grown over the rows above',
    direct: Number.NaN,
    pipe: Number.NaN,
    gateway: grown,
    unit: 'MB',
    result: `${grown.toFixed(0)} MB`,
    aim: 'under 64 MB',
    reached: grown < 64,
  });
  say('Policy …');
  rows.push(...policyRows(ROUNDS));
  print(rows);
}

async function prepare(server: EmbeddedServer): Promise<void> {
  const admin = new pg.Client(server.url());
  await admin.connect();
  await admin.query('create database bench');
  await admin.end();
  const bench = new pg.Client(server.url('bench'));
  await bench.connect();
  await bench.query(`
    create table people as
      select n as id, 'Person number ' || n as name, 'person.' || n || '@mail.example' as email,
        '900-' || lpad((n % 100)::text, 2, '0') || '-' || lpad((n % 10000)::text, 4, '0') as ssn, (array['NO','DE','FR','JP'])[1 + n % 4] as country
      from generate_series(1, ${ROWS}) n`);
  await bench.query('vacuum analyze people');
  await bench.end();
  await run('pgbench', ['-i', '-q', '-s', '10'], {
    port: server.port,
    user: server.superuser,
    password: decodeURIComponent(new URL(server.url()).password),
    database: 'bench',
  });
}

type Three<E = Endpoint> = readonly [direct: E, pipe: E, gateway: E];

/** Each figure is the median over rounds; in each round the three take turns, so that what the machine does besides hits all. */
async function measure<E>(
  endpoints: Three<E>,
  one: (endpoint: E) => Promise<number>,
  rounds = ROUNDS,
): Promise<[number, number, number]> {
  const figures: [number[], number[], number[]] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, endpoint] of endpoints.entries()) figures[index]?.push(await one(endpoint));
  }
  return [median(figures[0]), median(figures[1]), median(figures[2])];
}

async function throughput(endpoints: Three): Promise<Row> {
  const [direct, pipe, gateway] = await measure(
    endpoints,
    async (endpoint) => (await pgbench(endpoint, 8, SECONDS)).tps,
  );
  const ratio = gateway / pipe;
  return {
    what: 'pgbench, 8 clients',
    direct,
    pipe,
    gateway,
    unit: 'tps',
    result: `${ratio.toFixed(2)} of the pipe`,
    aim: 'at least 0.60 of the pipe',
    reached: ratio >= 0.6,
  };
}

async function latency(endpoints: Three): Promise<Row> {
  const [direct, pipe, gateway] = await measure(
    endpoints,
    async (endpoint) => (await pgbench(endpoint, 1, SECONDS)).median,
  );
  const added = gateway - direct;
  return {
    what: 'pgbench, 1 client, median',
    direct,
    pipe,
    gateway,
    unit: 'ms',
    result: `${added.toFixed(3)} ms added`,
    aim: 'at most 0.15 ms added',
    reached: added <= 0.15,
  };
}

async function bulk(
  what: string,
  endpoints: Three,
  args: readonly string[],
  most: number,
  aimed: boolean,
): Promise<Row> {
  const [direct, pipe, gateway] = await measure(
    endpoints,
    async (endpoint) => (await run('psql', ['-X', '-q', ...args], endpoint)).milliseconds,
  );
  const ratio = gateway / direct;
  return {
    what,
    direct,
    pipe,
    gateway,
    unit: 'ms',
    result: `${ratio.toFixed(2)} x direct`,
    aim: aimed ? `at most ${most} x direct` : '',
    reached: !aimed || ratio <= most,
  };
}

/** Through the whole tunnel: local gate, WebSocket, gateway, target. */
async function connecting(direct: Endpoint, pipe: Endpoint, gateway: Child<GatewayReady>): Promise<Row> {
  const { url, home } = gateway.ready;
  const tokens = new AccessTokens({ gateway: url, store: new FileTokenStore(home) });
  const tunnel = await openTunnel({
    gateway: url,
    tokens,
    resource: 'plain-db',
    profile: 'read',
    protocol: 'postgres',
  });
  try {
    const through = { port: tunnel.port, user: tunnel.user, password: tunnel.secret, database: 'bench' };
    const [a, b, c] = await measure([direct, pipe, through], connectOnce, CONNECTS);
    return {
      what: 'connect, through the tunnel',
      direct: a,
      pipe: b,
      gateway: c,
      unit: 'ms',
      result: `${c.toFixed(1)} ms`,
      aim: 'under 60 ms',
      reached: c < 60,
    };
  } finally {
    await tunnel.close();
  }
}

async function connectOnce({ port, user, password, database }: Endpoint): Promise<number> {
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database, ssl: false });
  const started = performance.now();
  await client.connect();
  const took = performance.now() - started;
  await client.end();
  return took;
}

/** Resident memory of a process, sampled: how far above its start it ever was, in MB. */
async function watchMemory(pid: number): Promise<{ stop(): Promise<number> }> {
  const resident = async () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  const start = await resident();
  let most = start;
  const timer = setInterval(() => void resident().then((now) => (most = Math.max(most, now))), 100);
  return {
    async stop() {
      clearInterval(timer);
      return Math.max(most, await resident()) - start;
    },
  };
}

function print(rows: readonly Row[]): void {
  const [cpu] = cpus();
  const number = (value: number, unit: string) =>
    Number.isNaN(value)
      ? ''
      : value.toLocaleString('en', { maximumFractionDigits: unit === 'tps' ? 0 : value < 10 ? 3 : 0 });
  const lines = [
    `${cpus().length} cores (${cpu?.model.trim()}), Node ${process.versions.node}, ${ROUNDS} rounds of ${SECONDS} s; medians`,
    '',
    '| what | unit | direct | bare pipe | gateway | result | aim | |',
    '|---|---|---:|---:|---:|---|---|---|',
    ...rows.map(
      (row) =>
        `| ${row.what} | ${row.unit} | ${number(row.direct, row.unit)} | ${number(row.pipe, row.unit)} | ${number(row.gateway, row.unit)} | ${row.result} | ${row.aim} | ${row.aim === '' ? '' : row.reached ? 'reached' : 'not reached'} |`,
    ),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
