import { once } from 'node:events';
import { Duplex } from 'node:stream';
import type { SessionEndCode } from '@drawbridge/contract';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from '../clock.ts';
import { type SshStream, startSshShell } from './ssh-shell.ts';
import type { TerminalEnd } from './terminal-process.ts';

const SIZE = { columns: 80, rows: 24 };
const hostKey = ssh2.utils.generateKeyPairSync('ed25519');

let connections: Connection[];
let channels: ServerChannel[];
let pty: { cols: number; rows: number; term: string } | undefined;
let windows: string[];
let shownKey: string | undefined;
let agentAsked: boolean;
let endWith: (code: SessionEndCode | undefined) => void;
let streams: Duplex[];

/** One end of a connection. What is written arrives in a turn of its own, as from a network: ssh2 counts on that. */
class End extends Duplex {
  other: End | undefined;
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    setImmediate(() => {
      this.other?.push(chunk);
      done();
    });
  }
  override _final(done: () => void): void {
    setImmediate(() => {
      this.other?.push(null);
      done();
    });
  }
  override _destroy(_error: Error | null, done: () => void): void {
    done();
    setImmediate(() => this.other?.destroy());
  }
}

/** A gateway's SSH server at the other end of a stream. */
function dial(clientKey: string): SshStream {
  const [near, far] = [new End(), new End()];
  near.other = far;
  far.other = near;
  streams.push(near, far);
  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
    connections.push(connection);
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      if (context.method !== 'publickey') return context.reject(['publickey']);
      shownKey = `${context.key.algo} ${context.key.data.toString('base64')}`;
      if (shownKey === clientKey) context.accept();
      else context.reject(['publickey']);
    });
    connection.on('session', (accept) => {
      const session = accept();
      session.on('pty', (acceptPty, _reject, info) => {
        pty = { cols: info.cols, rows: info.rows, term: (info as { term?: string }).term ?? '' };
        acceptPty();
      });
      session.on('window-change', (acceptChange, _reject, { cols, rows }) => {
        windows.push(`${cols}x${rows}`);
        acceptChange?.();
      });
      session.on('auth-agent', () => {
        agentAsked = true;
      });
      session.on('shell', (acceptShell) => {
        channels.push(acceptShell());
      });
    });
  });
  server.injectSocket(far as never);
  const ended = new Promise<SessionEndCode | undefined>((resolve) => {
    endWith = resolve;
  });
  return Object.assign(near, { ended });
}

beforeEach(() => {
  connections = [];
  channels = [];
  windows = [];
  streams = [];
  pty = undefined;
  shownKey = undefined;
  agentAsked = false;
});
afterEach(() => {
  for (const stream of streams) stream.destroy();
});

function start(line = hostKey.public, signal = new AbortController().signal) {
  let text = '';
  const ends: TerminalEnd[] = [];
  const shell = startSshShell(
    { open: async (clientKey) => dial(clientKey), hostKey: line, clock: systemClock },
    SIZE,
    {
      output: (data) => {
        text += Buffer.from(data).toString();
      },
      ended: (end) => ends.push(end),
    },
    signal,
  );
  return { shell, ends, text: () => text };
}

test('opens a shell with a key made for it, and speaks both ways', async () => {
  const { shell, text, ends } = start();
  const process = await shell;
  expect(shownKey).toMatch(/^ssh-ed25519 /);
  expect(pty).toEqual({ cols: 80, rows: 24, term: 'xterm-256color' });
  expect(agentAsked).toBe(false);
  const [channel] = channels;
  channel?.write('hällo');
  await vi.waitFor(() => expect(text()).toBe('hällo'));
  process.write(Buffer.from('ls\r'));
  const [typed] = (await once(channel as ServerChannel, 'data')) as [Buffer];
  expect(typed.toString()).toBe('ls\r');
  process.resize({ columns: 100, rows: 40 });
  await vi.waitFor(() => expect(windows).toEqual(['100x40']));
  channel?.exit(3);
  channel?.end();
  endWith(undefined);
  await vi.waitFor(() => expect(ends).toEqual([{ status: 'exited', code: 3 }]));
});

test('takes a new key for each connection', async () => {
  const first = start();
  await first.shell;
  const before = shownKey;
  await start().shell;
  expect(shownKey).not.toBe(before);
});

test('tells nothing to a server that is not the gateway', async () => {
  const other = ssh2.utils.generateKeyPairSync('ed25519').public;
  const { shell } = start(other);
  const refused = expect(shell).rejects.toMatchObject({ code: 'host_key_mismatch' });
  endWith(undefined);
  await refused;
  expect(shownKey).toBeUndefined();
});

test('says why the gateway ended it, which it does after its exit status and its goodbye', async () => {
  const { shell, ends } = start();
  await shell;
  const [near] = streams;
  channels[0]?.exit(255);
  channels[0]?.end();
  connections[0]?.end();
  // Hanging up at the goodbye would cut the reason off.
  await once(near as Duplex, 'end');
  expect(near?.writableEnded).toBe(false);
  endWith('grant_revoked');
  await vi.waitFor(() => expect(ends).toEqual([{ status: 'ended', message: 'your access was ended' }]));
});

test('tells a lost connection from an exit', async () => {
  const { shell, ends } = start();
  await shell;
  endWith(undefined);
  for (const stream of streams) stream.destroy();
  await vi.waitFor(() => expect(ends).toMatchObject([{ status: 'lost' }]));
});

test('gives up when it is told to before there is a shell', async () => {
  const ending = new AbortController();
  const { shell } = start(hostKey.public, ending.signal);
  const refused = expect(shell).rejects.toThrow();
  ending.abort(new Error('closed'));
  endWith?.(undefined);
  await refused;
});
