import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { DrawbridgeError } from '@drawbridge/contract';
import ssh2, { type Client, type ServerChannel, type Session as TargetSession } from 'ssh2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../../test/support/manual-clock.ts';
import { makeSshKey } from '../../../../test/support/ssh-key.ts';
import type { SshSessionOptions } from '../../../../test/support/ssh-relay-session.ts';
import {
  begin,
  type Outcome,
  outcomeOf,
  run,
  type SshWorld,
  startSshWorld,
  startTargetHost,
  type TargetHost,
} from '../../../../test/support/ssh-relay-world.ts';
import type { Clock } from '../../clock.ts';
import type { SshTargetCredential } from '../../sessions/session.ts';
import { LOGIN_TIMEOUT } from './server/ssh-connection.ts';
import { SshTargetFailure } from './target/ssh-target-failure.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function world(
  behave: (session: TargetSession) => void = () => undefined,
  options: { session?: SshSessionOptions; clock?: Clock } = {},
): Promise<SshWorld & { host: TargetHost }> {
  const host = await startTargetHost(behave);
  cleanups.push(() => host.close());
  const made = await startSshWorld(host.credential, options);
  cleanups.push(() => made.close());
  return { ...made, host };
}

const commands =
  (command: (channel: ServerChannel) => void) =>
  (session: TargetSession): void => {
    session.on('exec', (accept) => command(accept()));
    session.on('pty', (accept) => accept?.());
    session.on('shell', (accept) => command(accept()));
  };

/** What a client learns that can't sign in: banners, and the error that ends it. */
async function learns(client: Client): Promise<string> {
  const learned: string[] = [];
  client.on('banner', (text) => learned.push(text.trim()));
  client.on('error', (error) => learned.push(error.message));
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  return learned.join('\n');
}

async function within<T>(ms: number, task: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await task();
  expect(performance.now() - began).toBeLessThan(ms);
  return result;
}

const ENDED = 'access to build-box ended: grant revoked';

describe('signing in', () => {
  it('takes the one key, whatever user is asked for, and begins the session then', async () => {
    const { signIn } = await world();
    const { session } = await signIn({ username: 'root' });
    expect(session.credentials).toBe(1);
  });

  it('refuses another key, and the target is never dialled', async () => {
    const { client, sessions, ends, host } = await world();
    const { privateKey } = await makeSshKey();
    const stranger = client({ privateKey });
    expect(await learns(stranger)).toContain('All configured authentication methods failed');
    expect(await ends[0]).toMatchObject({ code: 'client_closed' });
    expect(sessions[0]?.credentials).toBe(0);
    expect(host.sockets).toHaveLength(0);
  });

  it('refuses the right key without its signature', async () => {
    const { clientKey, client, sessions } = await world();
    const other = ssh2.utils.parseKey((await makeSshKey()).privateKey);
    const right = ssh2.utils.parseKey(clientKey.publicKey);
    if (other instanceof Error || right instanceof Error) throw new Error('no keys');
    // Shows the one, signs with the other.
    const forged = Object.assign(Object.create(other), { getPublicSSH: () => right.getPublicSSH() });
    const forger = client({ authHandler: [{ type: 'publickey', username: 'alice', key: forged }] as never });
    expect(await learns(forger)).toContain('All configured authentication methods failed');
    expect(sessions[0]?.credentials).toBe(0);
  });

  it('refuses passwords, and sends away who keeps trying', async () => {
    const { client, ends, sessions } = await world();
    const attempts = Array.from({ length: 10 }, () => ({
      type: 'password',
      username: 'alice',
      password: 'guess',
    }));
    const learned = await learns(client({ authHandler: attempts as never }));
    expect(learned).toContain('drawbridge: this connection takes one key only');
    expect(await ends[0]).toMatchObject({ code: 'protocol_error' });
    expect(sessions[0]?.credentials).toBe(0);
  });

  it('says what is missing where the tunnel has no key', async () => {
    const { client, ends, sessions } = await world(undefined, { session: { clientKey: undefined } });
    expect(await learns(client())).toContain('drawbridge: an SSH connection needs the key');
    expect(await ends[0]).toMatchObject({ code: 'protocol_error' });
    expect(sessions[0]?.credentials).toBe(0);
  });

  it('does not wait for ever', async () => {
    const clock = new ManualClock();
    const { socket, ends, sessions } = await world(undefined, { clock });
    for (const [index, name] of ['SSH-2.0-silent\r\n', ''].entries()) {
      const silent = socket();
      silent.write(name);
      await once(silent, 'data');
      const closed = new Promise((resolve) => silent.once('close', resolve));
      clock.advance(LOGIN_TIMEOUT);
      await closed;
      expect(await ends[index]).toMatchObject({ code: 'protocol_error' });
    }
    expect(sessions.map(({ credentials }) => credentials)).toEqual([0, 0]);
  });

  it('tells why a grant can no longer be used', async () => {
    const unusable = new DrawbridgeError('grant_expired', 'your access to build-box has expired', {
      hint: 'Ask for it again.',
    });
    const { client, ends } = await world(undefined, { session: { unusable } });
    expect(await learns(client())).toContain(
      'drawbridge: your access to build-box has expired (Ask for it again.)',
    );
    expect(await ends[0]).toMatchObject({ code: 'grant_expired' });
  });

  it('tells why the target cannot be used', async () => {
    const host = await startTargetHost(() => undefined);
    cleanups.push(() => host.close());
    const failure = SshTargetFailure.because('unreachable', 'build-box');
    const { client, ends, close } = await startSshWorld(host.credential, {
      dial: () => Promise.reject(failure),
    });
    cleanups.push(close);
    expect(await learns(client())).toContain("drawbridge: build-box can't be reached from the gateway");
    expect(await ends[0]).toEqual({ code: 'target_error', message: failure.message });
  });
});

describe('the kill switch', () => {
  it('tells a command on stderr, and closes both sides', async () => {
    const { signIn, host } = await world(commands(() => undefined));
    const { client, session, end } = await signIn();
    const { outcome } = await begin(client, 'sleep 600');
    await vi.waitFor(() => expect(session.events('channel')).toHaveLength(1));
    session.end('grant_revoked', ENDED);
    const { stderr, exit } = await outcome;
    expect([stderr.toString(), exit]).toEqual([`drawbridge: ${ENDED}\n`, [255]]);
    expect(await within(1000, () => end)).toEqual({ code: 'grant_revoked', message: ENDED });
    expect(session.payload('output').toString()).toContain(ENDED);
    expect(session.events('exit')).toHaveLength(1);
    await vi.waitFor(() => expect(host.sockets.every(({ destroyed }) => destroyed)).toBe(true));
  });

  it('tells a shell in its terminal', async () => {
    const { signIn } = await world(commands((channel) => channel.write('$ ')));
    const { client, session } = await signIn();
    const outcome = new Promise<Outcome>((resolve) =>
      client.shell((_error, channel) => {
        void outcomeOf(channel).then(resolve);
        channel.once('data', () => session.end('grant_revoked', ENDED));
      }),
    );
    expect((await outcome).stdout.toString()).toBe(`$ \rdrawbridge: ${ENDED}\r\n`);
  });

  it('tells an idle connection', async () => {
    const { signIn } = await world();
    const { client, session } = await signIn();
    const learned = learns(client);
    session.end('grant_revoked', ENDED);
    expect(await learned).toContain(`drawbridge: ${ENDED}`);
  });

  it('ends a client that does not read its socket', async () => {
    const { signIn, host, socket } = await world(
      commands((channel) => {
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const more = () => {
          while (channel.write(chunk));
          channel.once('drain', more);
        };
        more();
      }),
    );
    const sock = socket();
    const { client, session, end } = await signIn({ sock });
    await begin(client, 'yes');
    sock.pause();
    const order: string[] = [];
    const [target = expect.fail('No target was dialled.')] = host.sockets;
    target.once('close', () => order.push('target'));
    session.end('terminated', 'ended');
    expect(await within(1000, () => end)).toMatchObject({ code: 'terminated' });
    // The target does not wait until the client has been given up.
    expect([...order, 'client']).toEqual(['target', 'client']);
  });

  it('ends what a target never answered', async () => {
    const { signIn } = await world((session) => session.on('exec', () => undefined));
    const { client, session, end } = await signIn();
    const { outcome } = await begin(client, 'hang');
    await vi.waitFor(() => expect(session.events('channel')).toHaveLength(1));
    session.end('grant_expired', ENDED);
    expect((await outcome).stderr.toString()).toContain(ENDED);
    await within(1000, () => end);
  });

  it('ends a session while it signs in, and while its target is dialled', async () => {
    const { socket, sessions, ends } = await world();
    const silent = socket();
    silent.write('SSH-2.0-silent\r\n');
    await once(silent.resume(), 'data');
    sessions[0]?.end('gateway_shutdown', 'the gateway is going down');
    expect(await within(1000, async () => ends[0])).toMatchObject({ code: 'gateway_shutdown' });

    const host = await startTargetHost(() => undefined);
    cleanups.push(() => host.close());
    let dialled: () => void = () => undefined;
    const dialling = new Promise<void>((resolve) => {
      dialled = resolve;
    });
    const waiting = await startSshWorld(host.credential, {
      dial: (_credential, { signal }) =>
        new Promise((_resolve, reject) => {
          dialled();
          signal.addEventListener('abort', () => reject(SshTargetFailure.because('ended', 'build-box')));
        }),
    });
    cleanups.push(waiting.close);
    const learned = learns(waiting.client());
    await dialling;
    waiting.sessions[0]?.end('grant_revoked', ENDED);
    expect(await learned).toContain(ENDED);
    expect(await within(1000, async () => waiting.ends[0])).toMatchObject({ code: 'grant_revoked' });
  });
});

describe('when a side is gone', () => {
  it('the target goes with the client', async () => {
    const { signIn, host } = await world(commands(() => undefined));
    const { client, end } = await signIn();
    await begin(client, 'sleep 600');
    client.destroy();
    expect(await end).toMatchObject({ code: 'client_closed' });
    await vi.waitFor(() => expect(host.sockets.every(({ destroyed }) => destroyed)).toBe(true));
  });

  it('the client still gets what the target said, and why there is no more', async () => {
    const { signIn, host } = await world(
      commands((channel) => {
        channel.write(Buffer.alloc(1024 * 1024, 'x'), () => host.connections[0]?.end());
      }),
    );
    const { client, end } = await signIn();
    const { stdout, stderr, exit } = await run(client, 'reboot');
    expect(stdout.length).toBe(1024 * 1024);
    expect([stderr.toString(), exit]).toEqual(['drawbridge: build-box closed the connection\n', [255]]);
    expect(await end).toEqual({ code: 'target_closed', message: 'build-box closed the connection' });
  });
});

describe('whoever breaks the protocol', () => {
  it.each<[string, Buffer]>([
    ['no SSH', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['a line without end', Buffer.alloc(20_000, 'x')],
    ['garbage after its name', Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), Buffer.alloc(64, 0xff)])],
  ])('is a client that sends %s', async (_what, bytes) => {
    const { socket, ends, sessions } = await world();
    const junk = socket();
    junk.resume().write(bytes);
    await vi.waitFor(() => expect(ends).toHaveLength(1));
    expect(await ends[0]).toMatchObject({ code: 'protocol_error' });
    expect(sessions[0]?.credentials).toBe(0);
  });

  it('is a client that sends garbage in mid-session, or more than a window', async () => {
    const { signIn, socket } = await world(commands(() => undefined));
    const sock = socket();
    const first = await signIn({ sock });
    sock.write(Buffer.alloc(100, 0xff));
    expect(await first.end).toMatchObject({ code: 'protocol_error' });

    const second = await signIn();
    const { channel } = await begin(second.client, 'never reads');
    const { _client, outgoing } = channel as unknown as {
      _client: { _protocol: { channelData(id: number, data: Buffer): void } };
      outgoing: { id: number };
    };
    for (let count = 0; count < 1000; count += 1)
      _client._protocol.channelData(outgoing.id, Buffer.alloc(32 * 1024));
    expect(await second.end).toMatchObject({ code: 'protocol_error' });
  });

  it('is a client that wants packets of nothing', async () => {
    const { signIn } = await world(commands(() => undefined));
    const { client, end } = await signIn();
    const { _protocol: protocol } = client as unknown as {
      _protocol: { session(id: number, window: number, packet: number): void };
    };
    const session = protocol.session.bind(protocol);
    protocol.session = (id, window) => session(id, window, 0);
    await expect(begin(client, 'yes')).rejects.toThrow('the packets asked for are too small');
    client.end();
    await end;
  });

  it('is a target that sends garbage in mid-session', async () => {
    const { signIn, host } = await world(commands((channel) => channel.write('so far so good')));
    const { client, end } = await signIn();
    const { channel, outcome } = await begin(client, 'id');
    await once(channel, 'data');
    host.sockets[0]?.write(Buffer.alloc(100, 0xff));
    expect((await outcome).stderr.toString()).toContain("build-box answered in a way that can't be checked");
    expect(await end).toMatchObject({ code: 'target_error' });
  });

  it('is a target that sends more than a window', async () => {
    const { signIn } = await world(
      commands((channel) => {
        const { _client, outgoing } = channel as unknown as {
          _client: { _protocol: { channelData(id: number, data: Buffer): void } };
          outgoing: { id: number };
        };
        for (let count = 0; count < 500; count += 1)
          _client._protocol.channelData(outgoing.id, Buffer.alloc(32 * 1024));
      }),
    );
    const { client, end } = await signIn();
    const { channel } = await begin(client, 'flood');
    channel.pause();
    expect(await end).toMatchObject({ code: 'target_error' });
  });

  it('is a target that is none', async () => {
    const sockets: Socket[] = [];
    const listener = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
      socket.end();
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    cleanups.push(() => {
      for (const socket of sockets) socket.destroy();
      listener.close();
    });
    const credential: SshTargetCredential = {
      protocol: 'ssh',
      host: '127.0.0.1',
      port: (listener.address() as AddressInfo).port,
      hostKeys: [(await makeSshKey()).publicKey],
      username: 'deploy',
      login: { kind: 'password', password: 'pencil-secret' },
    };
    const { client, ends, close } = await startSshWorld(credential);
    cleanups.push(close);
    const learned = await learns(client());
    expect(learned).toMatch(/drawbridge: build-box/);
    expect(learned).not.toMatch(/127\.0\.0\.1|pencil-secret|deploy/);
    expect(await ends[0]).toMatchObject({ code: 'target_error' });
  });
});
