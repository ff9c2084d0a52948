import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { Channel, Client, ClientChannel, Connection, ServerChannel, TcpipRequestInfo } from 'ssh2';
import { afterEach, describe, expect, it } from 'vitest';
import { PolicySession, type PolicySessionOptions } from '../../../../../test/support/policy-session.ts';
import { connectSshPair } from '../../../../../test/support/ssh-pair.ts';
import type { Decision } from '../../../policy/decision.ts';
import { Forwarding } from './forwarding.ts';

const PROHIBITED = 1;
const CONNECT_FAILED = 2;
const MB = 1024 * 1024;

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface World {
  readonly session: PolicySession;
  readonly failures: unknown[];
  /** The person's `ssh`. */
  readonly client: Client;
  /** The target's side of the gateway's connection. */
  readonly host: Connection;
  /** What was asked of the target and what was recorded, in order. */
  readonly log: string[];
}

/** A client and a target with the gateway's forwarding between them. `serve` scripts the target. */
async function open(
  options: PolicySessionOptions = {},
  serve: (host: Connection) => void = echo,
): Promise<World> {
  const session = new PolicySession(options);
  const failures: unknown[] = [];
  const log: string[] = [];
  session.onRecord = (events) => log.push(...events.map(({ type }) => type));
  const behind = await connectSshPair((host) => {
    host.on('tcpip', () => log.push('tcpip'));
    host.on('openssh.streamlocal', () => log.push('streamlocal'));
    (host as NodeJS.EventEmitter).on('request', (_accept, _reject, name: string) => log.push(name));
    serve(host);
  });
  closers.push(() => behind.close());
  let channels = 0;
  const before = await connectSshPair((client) => {
    const nextChannel = () => {
      channels += 1;
      return channels;
    };
    const onFailure = (error: unknown) => failures.push(error);
    new Forwarding({ session, nextChannel, client, target: behind.client, onFailure }).attach();
  });
  closers.push(() => before.close());
  return { session, failures, client: before.client, host: behind.connection, log };
}

/** A target where whatever is connected to sends back what it gets. */
function echo(host: Connection): void {
  host.on('tcpip', (accept) => {
    const channel = accept();
    channel.pipe(channel);
  });
  host.on('openssh.streamlocal', (accept) => {
    const channel = accept();
    channel.pipe(channel);
  });
}

type Done = (error?: Error | null) => void;
type ChannelDone = (error: Error | undefined, channel: ClientChannel) => void;
const forwardOut = (client: Client, host: string, port: number) =>
  promisify((done: ChannelDone) => void client.forwardOut('127.0.0.1', 50_000, host, port, done))();

/** All that a channel brings up to its end. */
async function all(channel: Channel): Promise<Buffer> {
  const chunks: Buffer[] = [];
  channel.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(channel, 'end');
  return Buffer.concat(chunks);
}

const allow: Decision = { verdict: 'allow', policies: ['tunnels'] };
const deny = (reason: string): Decision => ({ verdict: 'deny', reason, policies: [] });

describe('forwarding a connection', () => {
  it('carries it byte for byte, and records where to before the target is asked, and how much', async () => {
    const { client, session, log } = await open({ policy: () => allow });
    const channel = await forwardOut(client, 'db.internal', 5432);
    const content = randomBytes(3 * MB);
    const back = all(channel);
    channel.end(content);
    expect((await back).equals(content)).toBe(true);
    await expect.poll(() => session.recorded).toHaveLength(2);
    expect(session.recorded).toEqual([
      {
        type: 'channel',
        channel: 1,
        kind: 'forward',
        destination: { host: 'db.internal', port: 5432 },
        direction: 'out',
        actions: ['ssh.forward'],
        decision: 'allow',
        policies: ['tunnels'],
      },
      { type: 'exit', channel: 1, bytesIn: content.length, bytesOut: content.length },
    ]);
    expect(log).toEqual(['channel', 'tcpip', 'exit']);
  });

  it('passes on where it comes from and goes to', async () => {
    const asked: TcpipRequestInfo[] = [];
    const { client } = await open({}, (host) =>
      host.on('tcpip', (accept, _reject, info) => {
        asked.push(info);
        accept().end();
      }),
    );
    await forwardOut(client, '::1', 80);
    expect(asked).toEqual([{ srcIP: '127.0.0.1', srcPort: 50_000, destIP: '::1', destPort: 80 }]);
  });

  it('is refused, with the reason, where the profile does not allow it', async () => {
    const { client, session, log } = await open({ allow: ['ssh.shell'] });
    await expect(forwardOut(client, 'db.internal', 5432)).rejects.toMatchObject({
      reason: PROHIBITED,
      message: expect.stringContaining(
        "drawbridge: the ops profile of build-box doesn't allow ssh.forward (db.internal:5432)",
      ),
    });
    const path = promisify((done: ChannelDone) => void client.openssh_forwardOutStreamLocal('/run/x', done));
    await expect(path()).rejects.toMatchObject({ reason: PROHIBITED });
    const listen = promisify((done: Done) => void client.forwardIn('localhost', 8080, done));
    await expect(listen()).rejects.toThrow();
    const socket = promisify((done: Done) => void client.openssh_forwardInStreamLocal('/run/y', done));
    await expect(socket()).rejects.toThrow();
    expect(
      session.events('channel').map((event) => [event.destination, event.direction, event.decision]),
    ).toEqual([
      [{ host: 'db.internal', port: 5432 }, 'out', 'deny'],
      [{ host: '/run/x', port: 0 }, 'out', 'deny'],
      [{ host: 'localhost', port: 8080 }, 'in', 'deny'],
      [{ host: '/run/y', port: 0 }, 'in', 'deny'],
    ]);
    expect(log).toEqual(['channel', 'channel', 'channel', 'channel']);
  });

  it('is decided by host, port and direction', async () => {
    const { client } = await open({
      policy: ({ context: { host, port, direction } }) =>
        host === 'localhost' && port === 5432 && direction === 'out' ? allow : deny('only the database'),
    });
    (await forwardOut(client, 'localhost', 5432)).end();
    await expect(forwardOut(client, 'localhost', 22)).rejects.toThrow('only the database (localhost:22)');
    await expect(forwardOut(client, '10.0.0.1', 5432)).rejects.toThrow('only the database');
    const listen = promisify((done: Done) => void client.forwardIn('localhost', 5432, done));
    await expect(listen()).rejects.toThrow();
  });

  it.each([
    ['a name that might end at NUL', 'db\0.internal', 1],
    ['an endless name', 'a'.repeat(300), 1],
    ['no port there is', 'db', 70_000],
  ])('is refused where nobody can say where it leads: %s', async (_what, host, port) => {
    const { client, log } = await open();
    await expect(forwardOut(client, host, port)).rejects.toMatchObject({ reason: PROHIBITED });
    expect(log).toEqual(['channel']);
  });

  it("fails with the target's own words, which no terminal obeys", async () => {
    const { client, session } = await open({}, (host) =>
      host.on('tcpip', (_accept, reject) => {
        const wire = (host as unknown as { _protocol: { channelOpenFail(...of: unknown[]): void } })
          ._protocol;
        const fail = wire.channelOpenFail.bind(wire);
        wire.channelOpenFail = (id) => fail(id, CONNECT_FAILED, 'refused \u001b[31m');
        reject();
      }),
    );
    await expect(forwardOut(client, 'db.internal', 1)).rejects.toMatchObject({
      reason: CONNECT_FAILED,
      message: expect.stringContaining('build-box could not connect to db.internal:1: refused \uFFFD[31m'),
    });
    expect(session.events('exit')).toEqual([{ type: 'exit', channel: 1, bytesIn: 0, bytesOut: 0 }]);
  });

  it('waits for people where policy needs them', async () => {
    let answer: (decision: Exclude<Decision, { verdict: 'needs' }>) => void = () => undefined;
    const reviews: string[] = [];
    const { client, session, log } = await open({
      policy: () => ({ verdict: 'needs', requirements: [], policies: [] }),
      review: (actions) => {
        reviews.push(...actions.map(({ name }) => name));
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const opening = forwardOut(client, 'db', 1);
    await expect.poll(() => reviews).toEqual(['ssh.forward']);
    expect(log).toEqual([]);
    expect(session.uses).toEqual([]);
    answer(allow as Extract<Decision, { verdict: 'allow' }>);
    (await opening).end();
    expect(log.slice(0, 2)).toEqual(['channel', 'tcpip']);
    expect(session.uses).toMatchObject([
      { actions: [{ name: 'ssh.forward' }], answer: { verdict: 'allow' } },
    ]);
  });

  it('is withdrawn with its connection', async () => {
    const waiting: (AbortSignal | undefined)[] = [];
    const { client } = await open({
      policy: () => ({ verdict: 'needs', requirements: [], policies: [] }),
      review: (_actions, held, withdrawn) => {
        expect(held.text).toBe('connect to db:1');
        waiting.push(withdrawn);
        return new Promise(() => undefined);
      },
    });
    forwardOut(client, 'db', 1).catch(() => undefined);
    await expect.poll(() => waiting).toHaveLength(1);
    client.end();
    await expect.poll(() => waiting[0]?.aborted).toBe(true);
  });

  it('is not asked of the target where it can not be recorded', async () => {
    const { client, session, failures, log } = await open();
    session.diskFull = true;
    await expect(forwardOut(client, 'db', 1)).rejects.toThrow();
    expect(log).toEqual([]);
    expect(failures).toEqual([expect.objectContaining({ name: 'RecordingFailed' })]);
  });

  it('keeps one way open when the other ends', async () => {
    let heard: (rest: string) => void = () => undefined;
    const after = new Promise<string>((resolve) => {
      heard = resolve;
    });
    const { client } = await open({}, (host) =>
      host.on('tcpip', (accept) => {
        const channel = accept();
        channel.write('first');
        // ssh2's own `end` would close it.
        channel.eof();
        void all(channel).then((rest) => heard(rest.toString()));
      }),
    );
    const channel = await forwardOut(client, 'db', 1);
    expect((await all(channel)).toString()).toBe('first');
    channel.end('after that');
    expect(await after).toBe('after that');
    await once(channel, 'close');
  });

  it('closes at the client when it closes at the target, and the other way round', async () => {
    const accepted: ServerChannel[] = [];
    const { client, session } = await open({}, (host) =>
      host.on('tcpip', (accept) => void accepted.push(accept())),
    );
    const first = await forwardOut(client, 'db', 1);
    accepted[0]?.resume().destroy();
    first.resume();
    await once(first, 'close');
    const second = await forwardOut(client, 'db', 2);
    const gone = once(accepted[1]?.resume() as ServerChannel, 'close');
    second.destroy();
    await gone;
    await expect.poll(() => session.events('exit').map(({ channel }) => channel)).toEqual([1, 2]);
  });

  it('does not read the target while the client takes nothing', async () => {
    const accepted: ServerChannel[] = [];
    const { client } = await open({}, (host) => host.on('tcpip', (accept) => void accepted.push(accept())));
    const channel = await forwardOut(client, 'db', 1);
    const source = accepted[0] as ServerChannel;
    const chunk = Buffer.alloc(256 * 1024);
    let sent = 0;
    const write = () => {
      while (sent < 64 * MB && source.write(chunk)) sent += chunk.length;
      if (sent < 64 * MB) source.once('drain', write);
    };
    write();
    // Stands still once all windows are full: what fits between the two ends and no more.
    let before = -1;
    const still = () => {
      const same = sent === before;
      before = sent;
      return same && source.writableNeedDrain;
    };
    await expect.poll(still, { interval: 200 }).toBe(true);
    expect(sent).toBeLessThan(24 * MB);
    let got = 0;
    channel.on('data', (bytes: Buffer) => {
      got += bytes.length;
    });
    await expect.poll(() => got).toBeGreaterThan(60 * MB);
  });

  it('is done so many times at once and no more', async () => {
    const { client, session } = await open();
    const channels: ClientChannel[] = [];
    for (let port = 1; port <= 64; port += 1) channels.push(await forwardOut(client, 'db', port));
    await expect(forwardOut(client, 'db', 65)).rejects.toMatchObject({
      reason: PROHIBITED,
      message: expect.stringContaining('64 connections are forwarded already'),
    });
    channels[0]?.resume().end();
    await expect.poll(() => session.events('exit')).toHaveLength(1);
    (await forwardOut(client, 'db', 66)).resume().end();
  });

  it('ends with the session', async () => {
    const { client, session } = await open();
    const channel = await forwardOut(client, 'db', 1);
    channel.write('hello');
    expect(String((await once(channel, 'data'))[0])).toBe('hello');
    const gone = once(channel, 'close');
    session.end('grant_expired', 'access to build-box ended: grant expired');
    await gone;
    expect(session.events('exit')).toEqual([{ type: 'exit', channel: 1, bytesIn: 5, bytesOut: 5 }]);
    await expect(forwardOut(client, 'db', 2)).rejects.toThrow('the session is over');
    expect(session.events('channel')).toHaveLength(1);
  });
});

describe('forwarding what comes to the target', () => {
  /** A target that listens wherever it is asked to. */
  function listen(host: Connection): void {
    (host as NodeJS.EventEmitter).on(
      'request',
      (accept: ((port?: number) => void) | undefined, _reject, _name, { bindPort }: { bindPort?: number }) =>
        accept?.(bindPort === 0 ? 40_123 : undefined),
    );
  }
  const forwardIn = (client: Client, host: string, port: number) =>
    promisify(
      (done: (error: Error | undefined, bound: number) => void) => void client.forwardIn(host, port, done),
    )();
  const arrive = (host: Connection, at: string, port: number) =>
    promisify((done: (error: Error | undefined, channel: ServerChannel) => void) => {
      host.forwardOut(at, port, '10.1.2.3', 4567, done);
    })();

  it('gives each connection a channel, and records each', async () => {
    const { client, host, session, log } = await open({ policy: () => allow }, listen);
    client.on('tcp connection', (_details, accept) => {
      const channel = accept();
      channel.pipe(channel);
    });
    expect(await forwardIn(client, 'localhost', 0)).toBe(40_123);
    expect(log).toEqual(['channel', 'tcpip-forward']);
    const visit = await arrive(host, 'localhost', 40_123);
    visit.write('knock');
    expect(String((await once(visit, 'data'))[0])).toBe('knock');
    visit.end();
    await expect.poll(() => session.events('exit')).toHaveLength(1);
    expect(session.recorded.slice(1)).toEqual([
      {
        type: 'channel',
        channel: 2,
        kind: 'forward',
        destination: { host: 'localhost', port: 40_123 },
        direction: 'in',
        actions: ['ssh.forward'],
        decision: 'allow',
        policies: ['tunnels'],
      },
      { type: 'exit', channel: 2, bytesIn: 5, bytesOut: 5 },
    ]);
  });

  it('stops when the client cancels it', async () => {
    const { client, host, session, log } = await open({}, listen);
    client.on('tcp connection', (_details, accept) => accept().end());
    await forwardIn(client, '', 8080);
    await promisify((done: Done) => void client.unforwardIn('', 8080, done))();
    expect(log).toEqual(['channel', 'tcpip-forward', 'cancel-tcpip-forward', 'exit']);
    await expect(arrive(host, '', 8080)).rejects.toThrow();
    expect(session.events('channel')).toHaveLength(1);
    const again = promisify((done: Done) => void client.unforwardIn('', 8080, done));
    await expect(again()).rejects.toThrow();
  });

  it('refuses connections that nobody asked for', async () => {
    const { host, session } = await open({}, listen);
    await expect(arrive(host, 'localhost', 22)).rejects.toThrow();
    expect(session.recorded).toEqual([]);
  });

  it('does the same for sockets', async () => {
    const { client, host, session } = await open({}, listen);
    client.on('unix connection', (_info, accept) => accept().end('hello'));
    await promisify((done: Done) => void client.openssh_forwardInStreamLocal('/run/s', done))();
    const visit = await promisify((done: (error: Error | undefined, channel: ServerChannel) => void) => {
      host.openssh_forwardOutStreamLocal('/run/s', done);
    })();
    expect((await all(visit)).toString()).toBe('hello');
    expect(session.events('channel').map(({ destination }) => destination)).toEqual([
      { host: '/run/s', port: 0 },
      { host: '/run/s', port: 0 },
    ]);
  });

  it('says no where the target does', async () => {
    const { client, session } = await open({}, (host) =>
      (host as NodeJS.EventEmitter).on('request', (_accept, reject: () => void) => reject()),
    );
    await expect(forwardIn(client, 'localhost', 80)).rejects.toThrow();
    expect(session.recorded.map(({ type }) => type)).toEqual(['channel', 'exit']);
  });
});
