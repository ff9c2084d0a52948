import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock.ts';
import { clientViolation, SessionFailure } from '../session-failure.ts';
import { readStartupPacket, type StartupPacket, startupPacketLength } from './startup-packet.ts';

/** How long a client may take until its startup message is there, in ms. */
export const STARTUP_TIMEOUT = 10_000;

/** What the client came for, and what it sent beyond. */
export interface Startup {
  readonly packet: Extract<StartupPacket, { kind: 'startup' | 'cancel' }>;
  readonly rest: Buffer;
}

/** "No encryption here": the way the bytes arrived is already protected. */
const NO = Buffer.from('N');

/**
 * Reads up to the StartupMessage or CancelRequest, and leaves the stream paused. Encryption asked for is declined,
 * once for each kind, as PostgreSQL does.
 * @throws SessionFailure on garbage, on a client that left, on silence, and when `signal` aborts.
 */
export function readStartup(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<Startup> {
  return new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0);
    const declined = new Set<string>();
    const settle = (outcome: () => void) => {
      cancelTimeout();
      stream.pause();
      stream.off('data', onData).off('end', onGone).off('close', onGone).off('error', onGone);
      signal.removeEventListener('abort', onGone);
      outcome();
    };
    const fail = (error: unknown) => settle(() => reject(error));
    const onGone = () =>
      fail(new SessionFailure('client_closed', { sqlstate: '08006', message: 'the client left' }));
    const cancelTimeout = clock.after(STARTUP_TIMEOUT, () =>
      fail(clientViolation(`no startup message came within ${STARTUP_TIMEOUT / 1000} s`)),
    );
    const onData = (chunk: Buffer) => {
      try {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        while (received.length >= 4) {
          const length = startupPacketLength(received);
          if (received.length < length) return;
          const packet = readStartupPacket(received.subarray(0, length));
          received = received.subarray(length);
          if (packet.kind === 'startup' || packet.kind === 'cancel') {
            settle(() => resolve({ packet, rest: received }));
            return;
          }
          if (declined.has(packet.kind)) throw clientViolation('encryption was declined already');
          declined.add(packet.kind);
          stream.write(NO);
        }
      } catch (error) {
        fail(error);
      }
    };
    stream.on('data', onData).on('end', onGone).on('close', onGone).on('error', onGone);
    signal.addEventListener('abort', onGone, { once: true });
    if (signal.aborted || stream.destroyed) onGone();
    else stream.resume();
  });
}
