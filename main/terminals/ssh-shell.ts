import type { Duplex } from 'node:stream';
import type { SessionEndCode } from '@drawbridge/contract';
import { newSshKeyPair } from '@drawbridge/gateway-client';
import ssh2, { type Client, type ClientChannel } from 'ssh2';
import { AppError } from '../app-error.ts';
import { type MainClock, timestamp } from '../clock.ts';
import type { TerminalSize } from '../ipc/terminal-port.ts';
import { HeldStream } from './held-stream.ts';
import { plainText } from './terminal-line.ts';
import type { ProcessEvents, TerminalEnd, TerminalProcess } from './terminal-process.ts';

/** How long the way through the gateway to a shell may take at most, and how often a quiet one is asked for a sign of life. Milliseconds. */
const READY_TIMEOUT = 30_000;
const KEEPALIVE = 15_000;
const KEEPALIVES_UNANSWERED = 3;
/** How long a reason may follow the end of the bytes, in milliseconds. */
const LAST_WORDS = 1_000;

/** What a shell exits with that the gateway ended; also what `ssh` itself says where a connection fails. */
const EXIT_OF_GATEWAY = 255;

/** A byte stream to a resource, as the gateway's client opens it. */
export type SshStream = Duplex & { readonly ended: Promise<SessionEndCode | undefined> };

export interface SshShellParts {
  /** Opens the stream; only a client that shows `clientKey` is served on it. */
  readonly open: (clientKey: string, signal: AbortSignal) => Promise<SshStream>;
  /** The line of the key that the gateway's SSH server has to show. */
  readonly hostKey: string;
  readonly clock: MainClock;
}

/**
 * Opens a shell with a terminal on a resource: SSH through the gateway, with a key made for this one connection, so
 * that none is kept anywhere. Rejects with what refused it.
 */
export async function startSshShell(
  parts: SshShellParts,
  size: TerminalSize,
  events: ProcessEvents,
  signal: AbortSignal,
): Promise<TerminalProcess> {
  const key = newSshKeyPair('drawbridge');
  const [type = '', blob = ''] = key.public.split(' ');
  const stream = await parts.open(`${type} ${blob}`, signal);
  const client = new ssh2.Client();
  const closing = () => closeClient(client, stream);
  signal.addEventListener('abort', closing, { once: true });
  try {
    signal.throwIfAborted();
    await signIn(client, stream, parts.hostKey, key.private);
    const channel = await openShell(client, size);
    return new SshShell(client, channel, stream, parts.clock, events);
  } catch (error) {
    closing();
    const code = await reasonOf(stream, parts.clock);
    if (code === undefined || signal.aborted) throw error;
    throw new AppError('session_ended', endWords(code), undefined, { cause: error });
  } finally {
    signal.removeEventListener('abort', closing);
  }
}

function signIn(client: Client, stream: SshStream, hostKey: string, privateKey: string): Promise<void> {
  const expected = Buffer.from(hostKey.split(' ')[1] ?? '', 'base64');
  return new Promise((resolve, reject) => {
    let isGateway = true;
    client.once('ready', resolve);
    client.once('close', () => reject(broken('the connection was closed before a shell could start')));
    // Stays: an error without a listener would end the app.
    client.on('error', (error: Error & { readonly level?: string }) => {
      if (!isGateway) {
        reject(
          new AppError(
            'host_key_mismatch',
            'what answered is not the gateway: its SSH host key is another',
            'Nothing was sent to it. Tell whoever runs the gateway.',
            { cause: error },
          ),
        );
      } else if (error.level === 'client-authentication')
        reject(broken('the gateway did not accept the key of this connection', error));
      else reject(broken(`the shell did not start (${plainText(error.message)})`, error));
    });
    client.connect({
      sock: new HeldStream(stream),
      username: 'drawbridge',
      privateKey,
      hostVerifier: (shown: Buffer) => {
        isGateway = expected.length > 0 && shown.equals(expected);
        return isGateway;
      },
      authHandler: ['publickey'],
      agentForward: false,
      readyTimeout: READY_TIMEOUT,
      keepaliveInterval: KEEPALIVE,
      keepaliveCountMax: KEEPALIVES_UNANSWERED,
    });
  });
}

function openShell(client: Client, { columns, rows }: TerminalSize): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.once('close', () => reject(broken('the connection was closed before a shell could start')));
    client.shell({ term: 'xterm-256color', cols: columns, rows, width: 0, height: 0 }, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(broken(plainText(error.message), error));
    });
  });
}

class SshShell implements TerminalProcess {
  readonly environment = undefined;
  readonly foreground = undefined;
  readonly #client: Client;
  readonly #channel: ClientChannel;
  readonly #stream: SshStream;
  #exit: Extract<TerminalEnd, { status: 'exited' }> | undefined;

  constructor(
    client: Client,
    channel: ClientChannel,
    stream: SshStream,
    clock: MainClock,
    events: ProcessEvents,
  ) {
    this.#client = client;
    this.#channel = channel;
    this.#stream = stream;
    channel.on('data', (data: Buffer) => events.output(data));
    channel.stderr.on('data', (data: Buffer) => events.output(data));
    channel.on('exit', (code: number | null, signal?: string) => {
      this.#exit = {
        status: 'exited',
        ...(code === null ? {} : { code }),
        ...(signal === undefined ? {} : { signal: `SIG${signal.replace(/^SIG/, '')}` }),
      };
    });
    channel.once('close', () => {
      void this.#ending(clock).then((end) => {
        // A shell is all that this connection is for.
        closeClient(client, stream);
        events.ended(end);
      });
    });
  }

  write(data: Uint8Array): void {
    if (this.#channel.writable) this.#channel.write(Buffer.from(data));
  }

  resize({ columns, rows }: TerminalSize): void {
    if (this.#channel.writable) this.#channel.setWindow(rows, columns, 0, 0);
  }

  pause(): void {
    this.#channel.pause();
    this.#channel.stderr.pause();
  }

  resume(): void {
    this.#channel.resume();
    this.#channel.stderr.resume();
  }

  end(): void {
    this.resume();
    closeClient(this.#client, this.#stream);
  }

  /**
   * The gateway's reason counts more than the exit status that comes with it, and follows it: hanging up at once would
   * cut it off.
   */
  async #ending(clock: MainClock): Promise<TerminalEnd> {
    if (this.#exit !== undefined && this.#exit.code !== EXIT_OF_GATEWAY) return this.#exit;
    const code = await reasonOf(this.#stream, clock);
    if (this.#exit !== undefined && (code === undefined || BY_ITSELF.has(code))) return this.#exit;
    return code === undefined || code === 'client_closed'
      ? { status: 'lost', at: timestamp(clock) }
      : { status: 'ended', message: endWords(code) };
  }
}

function closeClient(client: Client, stream: SshStream): void {
  client.end();
  stream.end();
}

function reasonOf(stream: SshStream, clock: MainClock): Promise<SessionEndCode | undefined> {
  return new Promise((resolve) => {
    const callOff = clock.after(LAST_WORDS, () => resolve(undefined));
    void stream.ended.then((code) => {
      callOff();
      resolve(code);
    });
  });
}

const broken = (message: string, cause?: Error): AppError =>
  new AppError('shell_failed', message, 'Try again.', cause === undefined ? undefined : { cause });

/** How a session whose shell exited ends. */
const BY_ITSELF: ReadonlySet<SessionEndCode> = new Set(['client_closed', 'target_closed']);

const WORDS: Readonly<Record<SessionEndCode, string>> = {
  client_closed: 'the connection was closed',
  target_closed: 'the host closed the connection',
  protocol_error: 'what was sent was not understood',
  target_error: 'the host could not be used',
  grant_expired: 'the time of your access is over',
  grant_revoked: 'your access was ended',
  signed_out: 'you signed out',
  terminated: 'somebody ended the session',
  policy_changed: 'a policy now forbids it',
  resource_removed: 'the resource was removed',
  recording_failed: 'the session could not be recorded',
  store_lost: 'the gateway lost its database',
  gateway_shutdown: 'the gateway was stopped',
  gateway_crashed: 'the gateway failed',
};

const endWords = (code: SessionEndCode): string => WORDS[code];
