import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls';
import type { Clock } from '../../../clock.ts';
import type { PostgresCredential } from '../../../sessions/session.ts';
import { connectReadingInto } from '../../shared-read.ts';
import { requestSsl } from '../codec/frontend-messages.ts';
import { targetFailure } from './target-failure.ts';

/** How long it may take until the target is connected and encrypted, in ms. */
const CONNECT_TIMEOUT = 10_000;
/** The answer to SSLRequest that lets TLS begin. */
const YES = 0x53;
/** What the sockets of all targets read into, where they are without TLS. As large as Node's own reads. */
const READ = Buffer.allocUnsafeSlow(64 * 1024);

/** Where to dial; what a target credential says about that. */
export type TargetAddress = Pick<PostgresCredential, 'host' | 'port' | 'tls' | 'ca'>;

export interface DialOptions {
  /** For messages. */
  readonly resource: string;
  readonly clock: Clock;
  /** Ends the attempt. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection to a PostgreSQL server, encrypted as the address says.
 * @throws SessionFailure (`target_error`) that names the resource and never the address.
 */
export async function dialTarget(address: TargetAddress, options: DialOptions): Promise<Socket | TLSSocket> {
  const { resource, clock, signal } = options;
  let failure = (error: unknown) => targetFailure(resource, 'unreachable', error);
  const tcp = { host: address.host, port: address.port, noDelay: true, keepAlive: true };
  // TLS takes the reading of its socket into its own hands.
  const socket = address.tls === 'disable' ? connectReadingInto(READ, tcp) : connectTcp(tcp);
  const abort = () => socket.destroy(new Error('the session ended'));
  const cancelTimeout = clock.after(CONNECT_TIMEOUT, () => {
    failure = (error) => targetFailure(resource, 'timeout', error);
    socket.destroy(new Error('connect timeout'));
  });
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    await settled(socket, 'connect');
    if (address.tls === 'disable') return socket;
    socket.write(requestSsl());
    const answer = await settled<Buffer>(socket, 'data');
    socket.pause();
    // More than one byte would be read as if it had come encrypted (CVE-2021-23222).
    if (answer[0] !== YES || answer.length !== 1) {
      failure = (error) => targetFailure(resource, answer.length === 1 ? 'no_tls' : 'protocol', error);
      throw new Error('the answer to SSLRequest is not S');
    }
    const secure = connectTls({ socket, ...tlsOptions(address) });
    failure = (error) => targetFailure(resource, 'certificate', error);
    await settled(secure, 'secureConnect');
    return secure;
  } catch (error) {
    socket.destroy();
    throw failure(error);
  } finally {
    cancelTimeout();
    signal.removeEventListener('abort', abort);
  }
}

/** As libpq's sslmode: `require` encrypts and, given a CA, verifies the chain; only `verify-full` looks at the name. */
function tlsOptions(address: TargetAddress): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: address.tls !== 'require' || address.ca !== undefined,
    checkServerIdentity: (_name, certificate) =>
      address.tls === 'verify-full' ? checkServerIdentity(address.host, certificate) : undefined,
    // SNI takes names only (RFC 6066 section 3).
    ...(isIP(address.host) ? {} : { servername: address.host }),
    ...(address.ca === undefined ? {} : { ca: address.ca }),
  };
}

/** The first `event`; rejects when the socket fails or closes before. */
function settled<T>(socket: Socket, event: 'connect' | 'secureConnect' | 'data'): Promise<T> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => done(() => reject(error));
    const onClose = () => done(() => reject(new Error('it closed the connection')));
    const onEvent = (value: T) => done(() => resolve(value));
    const done = (outcome: () => void) => {
      socket.off(event, onEvent).off('error', onError).off('close', onClose).off('end', onClose);
      // An error after this has a reader of its own or comes with 'close'.
      socket.on('error', () => undefined);
      outcome();
    };
    socket.once(event, onEvent).once('error', onError).once('close', onClose).once('end', onClose);
  });
}
