import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Readable, Writable } from 'node:stream';
import { median } from './programs.ts';
import type { Row } from './row.ts';
import { type BenchHost, FILE_MEGABYTES } from './ssh-target.ts';

interface Way {
  readonly port: number;
  readonly user: string;
  readonly key: string;
}
type Measure = <E>(
  ways: readonly [E, E, E],
  one: (way: E) => Promise<number>,
  rounds?: number,
) => Promise<[number, number, number]>;
type Ssh = ChildProcessByStdio<Writable, Readable, null>;

const ECHOES = 300;
const IDLE_SHELLS = 100;

/** What our configuration gives a client (see gateway-client's ssh settings), for both ways. */
const ssh = ({ port, user, key }: Way, command: string, terminal = false): Ssh =>
  spawn(
    'ssh',
    [
      ...['-F', 'none', '-p', String(port), '-i', key, '-l', user],
      ...['UserKnownHostsFile=/dev/null', 'StrictHostKeyChecking=no', 'IdentitiesOnly=yes', 'LogLevel=ERROR']
        .concat('Ciphers=aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes256-ctr')
        .flatMap((setting) => ['-o', setting]),
      ...(terminal ? ['-tt'] : []),
      ...['127.0.0.1', command],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );

const throughGateway = (host: BenchHost, gateway: { readonly host: number }): Way => ({
  port: gateway.host,
  user: 'drawbridge',
  key: host.gatewayKey,
});

/** OpenSSH's client at OpenSSH's server, directly and through the gateway; a bare pipe adds nothing that is worth a column. */
export async function sshRows(
  host: BenchHost,
  gateway: { readonly host: number; readonly maskedHost: number },
  measure: Measure,
): Promise<Row[]> {
  const direct = { port: host.target.port, user: host.target.username, key: host.directKey };
  const through = throughGateway(host, gateway);
  const masked = { ...through, port: gateway.maskedHost };
  const [echoDirect, echoThrough, echoMasked] = await measure([direct, through, masked], echo);
  const rate = (way: Way) => throughput(way, host.file);
  const [rateDirect, rateThrough, rateMasked] = await measure([direct, through, masked], rate);
  const none = Number.NaN;
  const echoRow = (what: string, value: number): Row => ({
    ...{ what, direct: echoDirect, pipe: none, gateway: value, unit: 'ms' },
    result: `${(value - echoDirect).toFixed(2)} ms added`,
    aim: 'at most 3 ms added',
    reached: value - echoDirect <= 3,
  });
  const rateRow = (what: string, value: number): Row => ({
    ...{ what, direct: rateDirect, pipe: none, gateway: value, unit: 'MB/s' },
    result: `${(value / rateDirect).toFixed(2)} of direct`,
    aim: 'at least 0.35 of direct',
    reached: value / rateDirect >= 0.35,
  });
  return [
    echoRow('SSH: echo of a key', echoThrough),
    { ...echoRow('SSH: the same with text masked', echoMasked), aim: '' },
    rateRow(`SSH: cat of ${FILE_MEGABYTES} MB`, rateThrough),
    { ...rateRow('SSH: the same with text masked', rateMasked), aim: '' },
  ];
}

/** Median time from a key to its echo by the target's terminal, in ms. */
async function echo(way: Way): Promise<number> {
  const child = ssh(way, 'stty -icanon; printf ready; cat >/dev/null', true);
  await said(child, 'ready');
  const times: number[] = [];
  for (let count = 0; count < ECHOES; count += 1) {
    const started = performance.now();
    child.stdin.write('x');
    await next(child);
    times.push(performance.now() - started);
  }
  child.kill();
  await once(child, 'close');
  return median(times);
}

/** MB/s of `cat`, the connection's setup not counted. */
async function throughput(way: Way, file: string): Promise<number> {
  const child = ssh(way, `printf .; cat ${file}`);
  await next(child);
  const started = performance.now();
  child.stdout.resume();
  await once(child, 'close');
  return FILE_MEGABYTES / ((performance.now() - started) / 1000);
}

/** The gateway's resident memory with a hundred shells open that nobody types in, in MB: all of it. */
export async function idleShells(
  host: BenchHost,
  gateway: { readonly host: number; readonly pid: number },
): Promise<Row> {
  const shells: Ssh[] = [];
  for (let count = 0; count < IDLE_SHELLS; count += 1) {
    const shell = ssh(throughGateway(host, gateway), 'printf ready; exec sh', true);
    shells.push(shell);
    await said(shell, 'ready');
  }
  const status = await readFile(`/proc/${gateway.pid}/status`, 'utf8');
  for (const shell of shells) shell.kill();
  await Promise.all(shells.map((shell) => once(shell, 'close')));
  const megabytes = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  return {
    ...{ what: `SSH: the gateway's memory with ${IDLE_SHELLS} idle shells`, unit: 'MB' },
    ...{ direct: Number.NaN, pipe: Number.NaN, gateway: megabytes },
    result: `${megabytes.toFixed(0)} MB`,
    aim: 'under 300 MB',
    reached: megabytes < 300,
  };
}

async function said(child: Ssh, words: string): Promise<void> {
  let text = '';
  while (!text.includes(words)) text += String(await next(child));
}

/** The next piece of its output. @throws Error where it ends instead. */
function next(child: Ssh): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      child.off('close', onClose);
      resolve(chunk);
    };
    const onClose = (status: number | null) => {
      child.stdout.off('data', onData);
      reject(new Error(`ssh ended with ${status}`));
    };
    child.stdout.once('data', onData);
    child.once('close', onClose);
  });
}
