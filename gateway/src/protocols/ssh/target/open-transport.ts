import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Clock } from '../../../clock.ts';
import { connectReadingInto } from '../../shared-read.ts';
import { SshTargetFailure } from './ssh-target-failure.ts';

/** How long it may take until the target is connected, in ms. */
export const CONNECT_TIMEOUT = 10_000;
/** How long a connected target may take to say that it speaks SSH, in ms. */
export const BANNER_TIMEOUT = 10_000;
/** The most that a target may say before that, in bytes. */
const GREETING_LIMIT = 64 * 1024;
/** The longest line of it; more than OpenSSH sends, and than RFC 4253 section 4.2 allows the identification itself. */
const LINE_LIMIT = 1024;
/** What the sockets of all targets read into: of a flood, some eight packets of 32 KB, which then go on together. */
const READ = Buffer.allocUnsafeSlow(256 * 1024);
const IDENTIFICATION = 'SSH-';
const NEWLINE = 0x0a;

export interface DialOptions {
  /** For messages. */
  readonly resource: string;
  readonly clock: Clock;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/**
 * Connects to an SSH server and waits until it has identified itself. Lines that it sends before (RFC 4253 section
 * 4.2) are dropped here, counted: ssh2 would read them without end, and lose bytes of those that come in pieces.
 * @returns a paused socket, of which the next bytes are the identification.
 * @throws SshTargetFailure
 */
export async function openTransport(
  address: { readonly host: string; readonly port: number },
  { resource, clock, signal }: DialOptions,
): Promise<Socket> {
  if (signal.aborted) throw SshTargetFailure.because('ended', resource);
  const { host, port } = address;
  const socket = connectReadingInto(READ, { host, port, noDelay: true, keepAlive: true });
  // Those that matter are waited for; one that comes in between must not end the process.
  socket.on('error', () => undefined);
  let failure: SshTargetFailure | undefined;
  const fail = (reason: 'timeout' | 'ended') => {
    failure = SshTargetFailure.because(reason, resource);
    socket.destroy(failure);
  };
  const abort = () => fail('ended');
  signal.addEventListener('abort', abort, { once: true });
  let cancelTimeout = clock.after(CONNECT_TIMEOUT, () => fail('timeout'));
  try {
    await once(socket, 'connect');
    cancelTimeout();
    cancelTimeout = clock.after(BANNER_TIMEOUT, () => fail('timeout'));
    await identified(socket, resource);
    return socket;
  } catch (error) {
    socket.destroy();
    if (failure !== undefined) throw failure;
    throw error instanceof SshTargetFailure
      ? error
      : SshTargetFailure.because('unreachable', resource, error);
  } finally {
    cancelTimeout();
    signal.removeEventListener('abort', abort);
  }
}

/** Resolves when the beginning of the identification has come, with the socket paused before it. */
function identified(socket: Socket, resource: string): Promise<void> {
  let line = Buffer.alloc(0);
  let seen = 0;
  return new Promise((resolve, reject) => {
    const done = (failure?: Error) => {
      socket.pause();
      socket.off('data', onData).off('error', onError).off('close', onClose).off('end', onClose);
      if (failure === undefined) resolve();
      else reject(failure);
    };
    const onError = (error: Error) => done(SshTargetFailure.because('lost', resource, error));
    const onClose = () => done(SshTargetFailure.because('lost', resource));
    const onData = (chunk: Buffer) => {
      seen += chunk.length;
      line = Buffer.concat([line, chunk]);
      for (;;) {
        const end = line.indexOf(NEWLINE);
        const length = end === -1 ? line.length : end;
        if (length > LINE_LIMIT) return done(SshTargetFailure.because('protocol', resource));
        if (end === -1) break;
        if (line.toString('latin1', 0, IDENTIFICATION.length) === IDENTIFICATION) {
          done();
          socket.unshift(line);
          return;
        }
        line = line.subarray(end + 1);
      }
      if (seen > GREETING_LIMIT) done(SshTargetFailure.because('flood', resource));
    };
    socket.on('data', onData).once('error', onError).once('close', onClose).once('end', onClose);
  });
}
