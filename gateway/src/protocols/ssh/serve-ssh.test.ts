import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientChannel, ServerChannel, Session as TargetSession } from 'ssh2';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SshSessionOptions } from '../../../../test/support/ssh-relay-session.ts';
import {
  begin,
  outcomeOf,
  run,
  type SshWorld,
  startSshWorld,
  startTargetHost,
  type TargetHost,
} from '../../../../test/support/ssh-relay-world.ts';
import { MOST_CHANNELS } from './server/client-link.ts';

const MB = 1024 * 1024;
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function world(
  behave: (session: TargetSession) => void,
  session: SshSessionOptions = {},
): Promise<SshWorld & { host: TargetHost }> {
  const host = await startTargetHost(behave);
  cleanups.push(() => host.close());
  const made = await startSshWorld(host.credential, { session });
  cleanups.push(() => made.close());
  return { ...made, host };
}

/** A target on which each command is what `command` does with its channel. */
const commands =
  (command: (channel: ServerChannel, text: string) => void) =>
  (session: TargetSession): void => {
    session.on('exec', (accept, _reject, { command: text }) => command(accept(), text));
  };

const finish = (channel: ServerChannel, status: number) => {
  channel.exit(status);
  channel.end();
};
/** Also after the end of output, where ssh2's own `exit` says nothing. */
function exitStatus(channel: ServerChannel, status: number): void {
  const { _client, outgoing } = channel as unknown as {
    _client: { _protocol: { exitStatus(id: number, status: number): void } };
    outgoing: { id: number };
  };
  _client._protocol.exitStatus(outgoing.id, status);
}
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('a command', () => {
  it('has its output, its errors and its exit status', async () => {
    const { signIn } = await world(
      commands((channel, text) => {
        channel.write(`ran ${text}\n`);
        channel.stderr.write('and complained\n');
        finish(channel, 3);
      }),
    );
    const { client, session } = await signIn();
    const { stdout, stderr, exit } = await run(client, 'make test');
    expect([stdout.toString(), stderr.toString(), exit]).toEqual([
      'ran make test\n',
      'and complained\n',
      [3],
    ]);
    expect(session.recorded.map(({ event }) => event.type)).toEqual([
      'client',
      'channel',
      'output',
      'output',
      'exit',
    ]);
    expect(session.events('client')).toMatchObject([{ name: expect.stringMatching(/^ssh2js/) }]);
    expect(session.events('channel')).toMatchObject([
      { channel: 1, kind: 'exec', command: 'make test', actions: ['ssh.exec'], decision: 'allow' },
    ]);
    expect(session.events('exit')).toEqual([
      { type: 'exit', channel: 1, code: 3, bytesIn: 0, bytesOut: stdout.length + stderr.length },
    ]);
  });

  it('tells by which signal it died, and with which words', async () => {
    const { signIn } = await world(
      commands((channel) => {
        channel.exit('SEGV', true, 'it fell over');
        channel.end();
      }),
    );
    const { client, session } = await signIn();
    const { exit } = await run(client, './crash');
    expect(exit).toEqual([null, 'SIGSEGV', true, 'it fell over']);
    expect(session.events('exit')).toMatchObject([{ signal: 'SEGV' }]);
  });

  it('reads to the end of its input, and is heard after that', async () => {
    const { signIn } = await world(
      commands((channel) => {
        const read: Buffer[] = [];
        channel.on('data', (chunk: Buffer) => read.push(chunk));
        channel.on('end', () => {
          channel.write(`got ${Buffer.concat(read)}`);
          finish(channel, 0);
        });
      }),
    );
    const { client, session } = await signIn();
    const { channel, outcome } = await begin(client, 'cat');
    // Sent before the target can have said that it began.
    channel.end('all of it');
    expect((await outcome).stdout.toString()).toBe('got all of it');
    expect(session.payload('input').toString()).toBe('all of it');
  });

  it('carries 10 MB each way, byte for byte', async () => {
    const [up, down] = [randomBytes(10 * MB), randomBytes(10 * MB)];
    const { signIn } = await world(
      commands((channel, text) => {
        if (text === 'send') {
          channel.write(down);
          finish(channel, 0);
          return;
        }
        const hash = createHash('sha256');
        channel.on('data', (chunk: Buffer) => hash.update(chunk));
        channel.on('end', () => {
          channel.write(hash.digest('hex'));
          finish(channel, 0);
        });
      }),
    );
    const { client, session } = await signIn();
    expect(sha256((await run(client, 'send')).stdout)).toBe(sha256(down));
    expect(sha256(session.payload('output'))).toBe(sha256(down));
    const { channel, outcome } = await begin(client, 'receive');
    channel.end(up);
    expect((await outcome).stdout.toString()).toBe(sha256(up));
    expect(sha256(session.payload('input'))).toBe(sha256(up));
    expect(session.events('exit')).toMatchObject([
      { bytesIn: 0, bytesOut: down.length },
      { bytesIn: up.length, bytesOut: 64 },
    ]);
  });

  it('keeps stdout and stderr whole when the client reads neither for a while', async () => {
    const pieces = 200;
    const piece = (index: number) => Buffer.alloc(32 * 1024, index);
    const { signIn } = await world(
      commands((channel) => {
        const next = (index: number) => {
          if (index === pieces) return finish(channel, 0);
          channel.write(piece(index), () => channel.stderr.write(piece(index), () => next(index + 1)));
        };
        next(0);
      }),
    );
    const { client, session } = await signIn();
    const { channel, outcome } = await begin(client, 'both');
    channel.pause();
    channel.stderr.pause();
    // What is recorded is what was sent: it stands still when the client's window is full.
    await vi.waitFor(() => expect(session.payload('output').length).toBeGreaterThan(1.5 * MB));
    channel.resume();
    channel.stderr.resume();
    const { stdout, stderr } = await outcome;
    const expected = Buffer.concat(Array.from({ length: pieces }, (_, index) => piece(index)));
    expect(stdout.equals(expected)).toBe(true);
    expect(stderr.equals(expected)).toBe(true);
  });

  it('is held back while the client does not read, and goes on when it does', async () => {
    const total = 64 * MB;
    let written = 0;
    const { signIn } = await world(
      commands((channel) => {
        const chunk = Buffer.alloc(64 * 1024, 'x');
        const more = () => {
          while (written < total) {
            written += chunk.length;
            if (!channel.write(chunk)) return channel.once('drain', more);
          }
          return finish(channel, 0);
        };
        more();
      }),
    );
    const { client, session } = await signIn();
    const { channel, outcome } = await begin(client, 'flood');
    channel.pause();
    let before = -1;
    await vi.waitFor(
      () => {
        const [last, now] = [before, written];
        before = now;
        expect(now).toBe(last);
      },
      { interval: 100 },
    );
    expect(written).toBeLessThan(16 * MB);
    expect(session.payload('output').length).toBeLessThan(8 * MB);
    channel.resume();
    expect((await outcome).stdout.length).toBe(total);
  });

  it('still has its exit status when the client closed first', async () => {
    let end: () => void = () => undefined;
    const { signIn } = await world(
      commands((channel) => {
        // Output is over, the command is not.
        (channel as unknown as { eof(): void }).eof();
        end = () => {
          exitStatus(channel, 7);
          channel.close();
        };
      }),
    );
    const { client, session } = await signIn();
    const { channel, outcome } = await begin(client, 'daemon');
    channel.once('end', () => {
      channel.end();
      channel.close();
      end();
    });
    expect((await outcome).exit).toEqual([7]);
    await vi.waitFor(() => expect(session.events('exit')).toMatchObject([{ code: 7 }]));
  });

  it('runs beside others on one connection', async () => {
    const { signIn } = await world(
      commands((channel, text) => {
        channel.on('data', (chunk: Buffer) => channel.write(`${text}:${chunk}`));
        channel.on('end', () => finish(channel, 0));
      }),
    );
    const { client, session } = await signIn();
    const begun = await Promise.all(['a', 'b', 'c'].map((text) => begin(client, text)));
    for (const { channel } of begun) channel.end('x');
    expect(
      (await Promise.all(begun.map(({ outcome }) => outcome))).map(({ stdout }) => stdout.toString()),
    ).toEqual(['a:x', 'b:x', 'c:x']);
    expect(new Set(session.events('channel').map(({ channel }) => channel))).toEqual(new Set([1, 2, 3]));
  });

  it('goes on while keys are renewed', async () => {
    const { signIn, host } = await world(
      commands((channel) => {
        channel.on('data', (chunk: Buffer) => channel.write(chunk));
        channel.on('end', () => finish(channel, 0));
      }),
    );
    const { client } = await signIn();
    const { channel, outcome } = await begin(client, 'cat');
    const bytes = randomBytes(8 * MB);
    channel.write(bytes.subarray(0, 4 * MB));
    (client as unknown as { _protocol: { rekey(): void } })._protocol.rekey();
    host.connections[0]?.rekey();
    channel.end(bytes.subarray(4 * MB));
    expect(sha256((await outcome).stdout)).toBe(sha256(bytes));
  });
});

describe('a shell', () => {
  it('has the terminal that was asked for, its size and its signals', async () => {
    const seen: unknown[] = [];
    const { signIn } = await world((session) => {
      session.on('env', (accept, _reject, { key, val }) => {
        seen.push(['env', key, val]);
        accept?.();
      });
      session.on('pty', (accept, _reject, { term, cols, rows }) => {
        seen.push(['pty', term, cols, rows]);
        accept?.();
      });
      session.on('window-change', (accept, _reject, { cols, rows }) => {
        seen.push(['size', cols, rows]);
        accept?.();
      });
      session.on('signal', (accept, _reject, { name }) => {
        seen.push(['signal', name]);
        accept?.();
        channel?.exit(0);
        channel?.end();
      });
      let channel: ServerChannel | undefined;
      session.on('shell', (accept) => {
        channel = accept();
        channel.write('$ ');
      });
    });
    const { client, session } = await signIn();
    const shell = await new Promise<ClientChannel>((resolve, reject) =>
      client.shell(
        { term: 'xterm-256color', cols: 100, rows: 30 },
        { env: { LANG: 'de_DE.UTF-8', LD_PRELOAD: '/tmp/evil.so' } },
        (error, channel) => (error ? reject(error) : resolve(channel)),
      ),
    );
    const outcome = outcomeOf(shell);
    await once(shell, 'data');
    shell.setWindow(40, 120, 0, 0);
    shell.signal('INT');
    expect((await outcome).exit).toEqual([0]);
    expect(new Set(seen)).toEqual(
      new Set([
        ['env', 'LANG', 'de_DE.UTF-8'],
        ['pty', 'xterm-256color', 100, 30],
        ['size', 120, 40],
        ['signal', 'INT'],
      ]),
    );
    expect(session.events('channel')).toMatchObject([
      {
        kind: 'shell',
        actions: ['ssh.shell'],
        terminal: { term: 'xterm-256color', columns: 100, rows: 30 },
      },
    ]);
    expect(session.events('resize')).toMatchObject([{ columns: 120, rows: 40 }]);
    expect(session.events('signal')).toMatchObject([{ signal: 'INT' }]);
  });

  it('passes the modes of the terminal on as they were sent', async () => {
    // VINTR 3, ISPEED 38400, and one that ssh2 does not know.
    const modes = Buffer.from('01000000038000009600fe0000000100', 'hex');
    const { signIn, host } = await world((session) => {
      session.on('pty', (accept) => accept?.());
      session.on('shell', (accept) => accept());
    });
    const { client } = await signIn();
    const payloads: Buffer[] = [];
    const wire = host.connections[0] as unknown as {
      _protocol: { _decipher: { _onPayload: (p: Buffer) => unknown } };
    };
    const decipher = wire._protocol._decipher;
    const next = decipher._onPayload;
    decipher._onPayload = (payload) => {
      payloads.push(Buffer.from(payload));
      return next(payload);
    };
    client.shell({ modes: modes as never }, () => undefined);
    await vi.waitFor(() => expect(payloads.some((payload) => payload.includes(modes))).toBe(true));
  });
});

describe('policy', () => {
  it('refuses a command before the target hears of it', async () => {
    const heard: string[] = [];
    const { signIn } = await world(
      commands((channel, text) => {
        heard.push(text);
        finish(channel, 0);
      }),
      {
        decide: ([action]) =>
          action?.context.program === 'shutdown'
            ? {
                verdict: 'deny',
                reason: 'no policy lets alice shut build-box down',
                policies: ['never-down'],
              }
            : { verdict: 'allow', policies: [] },
      },
    );
    const { client, session } = await signIn();
    const { stdout, stderr, exit } = await run(client, 'shutdown now');
    expect([stdout.toString(), stderr.toString(), exit]).toEqual([
      '',
      'drawbridge: no policy lets alice shut build-box down\n',
      [126],
    ]);
    expect((await run(client, 'uptime')).exit).toEqual([0]);
    expect(heard).toEqual(['uptime']);
    expect(session.events('channel')).toMatchObject([
      { decision: 'deny', reason: 'no policy lets alice shut build-box down', policies: ['never-down'] },
      { decision: 'allow' },
    ]);
    expect(session.events('exit')[0]).toMatchObject({ code: 126 });
  });

  it('asks people where policy needs them', async () => {
    const { signIn } = await world(() => undefined, {
      decide: () => ({ verdict: 'needs', requirements: [], policies: [] }),
    });
    const { client } = await signIn();
    expect((await run(client, 'uptime')).stderr.toString()).toBe('drawbridge: it needs a review\n');
  });

  it('refuses a command that is not text', async () => {
    const { signIn } = await world(() => expect.fail('the target was asked'));
    const { client } = await signIn();
    const { outcome } = await begin(client, Buffer.from([0x6c, 0x73, 0x20, 0xff]) as unknown as string);
    expect((await outcome).exit).toEqual([126]);
  });

  it('opens no subsystem but SFTP, no X11 and no agent', async () => {
    const { signIn } = await world(() => expect.fail('the target was asked'));
    const { client } = await signIn();
    await expect(
      new Promise((resolve, reject) =>
        client.subsys('netconf', (error, channel) => (error ? reject(error) : resolve(channel))),
      ),
    ).rejects.toThrow('Unable to start subsystem');
    await expect(begin(client, 'xterm', { x11: true })).rejects.toThrow('Unable to request X11');
  });

  it(`takes ${MOST_CHANNELS} channels and no more`, async () => {
    const { signIn } = await world(commands(() => undefined));
    const { client } = await signIn();
    const opened = await Promise.allSettled(Array.from({ length: 200 }, () => begin(client, 'sleep')));
    expect(opened.filter(({ status }) => status === 'fulfilled')).toHaveLength(MOST_CHANNELS);
    expect(opened.at(-1)).toMatchObject({
      reason: { message: expect.stringContaining(`a connection may have ${MOST_CHANNELS} channels open`) },
    });
    for (const each of opened) if (each.status === 'fulfilled') each.value.channel.close();
  });

  it('forgets sessions in which nothing was run', async () => {
    const { signIn } = await world(commands((channel) => finish(channel, 0)));
    const { client } = await signIn();
    for (let count = 0; count < 40; count += 1)
      await expect(begin(client, 'xterm', { x11: true })).rejects.toThrow('Unable to request X11');
    expect((await run(client, 'true')).exit).toEqual([0]);
  });
});

describe('masking', () => {
  const CARD = '4111 1111 1111 1111';
  it('masks what comes in two pieces, on stdout and stderr', async () => {
    const { signIn } = await world(
      commands((channel) => {
        channel.write(`card ${CARD.slice(0, 9)}`, () =>
          setImmediate(() => {
            channel.write(`${CARD.slice(9)} paid\n`);
            channel.stderr.write(`no ${CARD}\n`);
            finish(channel, 0);
          }),
        );
      }),
      { text: [{ detect: 'card', mask: 'last4' }] },
    );
    const { client, session } = await signIn();
    const { stdout, stderr } = await run(client, 'pay');
    expect(stdout.toString()).toMatch(/^card .*1111 paid\n$/);
    for (const said of [stdout, stderr, session.payload('output')])
      expect(said.toString()).not.toContain(CARD);
    const masked = session.events('output').map((event) => [event.stream, event.masked]);
    expect(masked.filter(([, matches]) => matches !== undefined)).toEqual([
      ['stdout', 1],
      ['stderr', 1],
    ]);
  });

  it('gives out what might be the beginning of something when nothing follows', async () => {
    let channel: ServerChannel | undefined;
    const { signIn } = await world(
      commands((opened) => {
        channel = opened;
        opened.write('41');
      }),
      { text: [{ detect: 'card', mask: 'full' }] },
    );
    const { client } = await signIn();
    const { channel: opened, outcome } = await begin(client, 'prompt');
    const [seen] = await once(opened, 'data');
    expect(String(seen)).toBe('41');
    if (channel !== undefined) finish(channel, 0);
    expect((await outcome).stdout.toString()).toBe('41');
  });
});

describe('the recording', () => {
  it('has everything before it goes on: what cannot be recorded reaches nobody', async () => {
    const heard: string[] = [];
    let channel: ServerChannel | undefined;
    const { signIn } = await world(
      commands((opened) => {
        channel = opened;
        opened.on('data', (chunk: Buffer) => heard.push(String(chunk)));
      }),
    );
    const { client, session, end } = await signIn();
    const { channel: opened, outcome } = await begin(client, 'cat');
    opened.write('one');
    await vi.waitFor(() => expect(heard).toEqual(['one']));
    session.diskFull = true;
    opened.write('two');
    expect(await end).toMatchObject({ code: 'recording_failed' });
    expect(heard).toEqual(['one']);
    expect((await outcome).stdout.toString()).toBe('');
    expect(channel).toBeDefined();
  });

  it('keeps output from the client when it cannot be written', async () => {
    const { signIn } = await world(
      commands((channel) => {
        channel.on('data', () => channel.write('a secret'));
      }),
    );
    const { client, session, end } = await signIn();
    const { channel, outcome } = await begin(client, 'cat');
    session.onRecord = (entries) => {
      if (entries.some(({ event }) => event.type === 'input')) session.diskFull = true;
    };
    channel.write('go');
    expect((await outcome).stdout.toString()).toBe('');
    expect(await end).toMatchObject({ code: 'recording_failed' });
  });

  it('asks the target for nothing that could not be recorded', async () => {
    const { signIn } = await world(() => expect.fail('the target was asked'));
    const { client, session, end } = await signIn();
    session.diskFull = true;
    client.exec('id', () => undefined);
    expect(await end).toMatchObject({ code: 'recording_failed' });
  });
});
