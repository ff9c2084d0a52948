import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { Tunnel } from '@drawbridge/gateway-client';
import type pg from 'pg';
import { serialize } from 'pg-protocol';
import type { SignedIn } from './signed-in.ts';

/** How a session ended for its client. */
interface Ending {
  /** `performance.now()` when the client knew. */
  readonly at: number;
  readonly error: Error & { readonly code?: string; readonly severity?: string };
}

/** A session that waits for its end. */
export interface WatchedSession {
  /** `application_name`: at the target too. */
  readonly name: string;
  readonly ended: Promise<Ending>;
}

/** How long between two looks at the target, in ms. */
const LOOK = 10;

let count = 0;
const newName = (what: string) => {
  count += 1;
  return `${what} ${count}`;
};

type Refusal = Ending['error'];
const ending = (error: Refusal): Ending => ({ at: performance.now(), error });

/** A client that is connected and asks nothing. */
export async function idleSession(person: SignedIn, tunnel: Tunnel): Promise<WatchedSession> {
  const name = newName('idle');
  const client = await person.connect(tunnel, { application_name: name });
  await client.query('select 1');
  return { name, ended: once(client, 'error').then(([error]) => ending(error as Refusal)) };
}

/** A client whose query runs for a minute. */
export async function busySession(
  person: SignedIn,
  tunnel: Tunnel,
  target: pg.Client,
): Promise<WatchedSession> {
  const name = newName('busy');
  const client = await person.connect(tunnel, { application_name: name });
  const ended = client.query('select pg_sleep(60)').then(
    () => ending(new Error('The query came to its end.')),
    (error: Refusal) => ending(error),
  );
  await running(target, name);
  return { name, ended };
}

/** A client that waits for a target that doesn't answer: its process there stands still. `release` lets it go on. */
export async function hungSession(
  person: SignedIn,
  tunnel: Tunnel,
  target: pg.Client,
): Promise<WatchedSession & { release(): void }> {
  const name = newName('hung');
  const client = await person.connect(tunnel, { application_name: name });
  await client.query('select 1');
  const { rows } = await target.query<{ pid: number }>(
    'select pid from pg_stat_activity where application_name = $1',
    [name],
  );
  const pid = rows[0]?.pid;
  if (pid === undefined) throw new Error(`The session ${name} is not at the target.`);
  process.kill(pid, 'SIGSTOP');
  const ended = client.query('select 2').then(
    () => ending(new Error('The target answered.')),
    (error: Refusal) => ending(error),
  );
  let stopped = true;
  return {
    name,
    ended,
    release: () => {
      if (stopped) process.kill(pid, 'SIGCONT');
      stopped = false;
    },
  };
}

/** A client that asked for a result of gigabytes and then reads nothing. `resume` reads on, to the end. */
export async function deafSession(
  tunnel: Tunnel,
  target: pg.Client,
): Promise<{ readonly name: string; resume(): Promise<void>; close(): void }> {
  const name = newName('deaf');
  const socket: Socket = connect({ host: tunnel.host, port: tunnel.port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(serialize.startup({ user: 'x', database: tunnel.database, application_name: name }));
  await once(socket, 'data');
  socket.write(serialize.password(tunnel.secret));
  await once(socket, 'data');
  socket.pause();
  socket.write(serialize.query("select repeat('x', 1000) from generate_series(1, 5000000)"));
  await running(target, name);
  // Stuck on a client that doesn't read: everything between the two is full.
  for (;;) {
    const { rows } = await target.query<{ wait_event: string | null }>(
      'select wait_event from pg_stat_activity where application_name = $1',
      [name],
    );
    if (rows[0]?.wait_event === 'ClientWrite') break;
    await setTimeout(LOOK);
  }
  return {
    name,
    resume: async () => {
      const closed = once(socket, 'close');
      socket.resume();
      await closed;
    },
    close: () => socket.destroy(),
  };
}

/** Waits until a session's query runs at the target. */
async function running(target: pg.Client, name: string): Promise<void> {
  for (;;) {
    const { rowCount } = await target.query(
      "select from pg_stat_activity where application_name = $1 and state = 'active'",
      [name],
    );
    if (rowCount !== null && rowCount > 0) return;
    await setTimeout(LOOK);
  }
}

/** Waits until none of these has a backend at the target any more. @returns `performance.now()` then. */
export async function goneFrom(target: pg.Client, names: readonly string[]): Promise<number> {
  for (;;) {
    const { rowCount } = await target.query('select from pg_stat_activity where application_name = any($1)', [
      names,
    ]);
    if (rowCount === 0) return performance.now();
    await setTimeout(LOOK);
  }
}
