import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock.ts';
import type { SessionEnd } from '../../../sessions/session.ts';
import type { ClientLink } from './client-link.ts';
import { DisconnectReason, sendBanner, sendDisconnect } from './messages.ts';

/** How long a client that was told in a channel may take to close by itself, in ms: what it was told last would hide that. */
const READING = 300;
/** How long it may take to read the last of all, in ms. */
const LEAVING = 400;

export interface Parting {
  readonly end: SessionEnd;
  readonly stream: Duplex;
  /** Undefined where the client never said what it is. */
  readonly link: ClientLink | undefined;
  /** Whether it is signing in: then a banner can be shown. */
  readonly signingIn: boolean;
  /** Whether it was told in a channel. */
  readonly told: boolean;
  readonly clock: Clock;
}

/** Tells the client why its connection ends, and closes. One that does not read is cut off, within a second. */
export async function partFromClient({ end, stream, link, signingIn, told, clock }: Parting): Promise<void> {
  if (end.code === 'client_closed' || link === undefined) {
    stream.destroy();
    return closed(stream, clock, LEAVING);
  }
  if (told) await closed(stream, clock, READING);
  if (stream.destroyed) return;
  const text = `drawbridge: ${end.message}`;
  if (signingIn) sendBanner(link.wire, `${text}\r\n`);
  const { connectionLost, protocolError } = DisconnectReason;
  sendDisconnect(link.wire, end.code === 'protocol_error' ? protocolError : connectionLost, text);
  link.writes.flush();
  stream.end();
  await closed(stream, clock, LEAVING);
  stream.destroy();
}

/** Resolves when the stream is closed, or after `ms`. Bytes of the client that nobody waits for are read meanwhile. */
function closed(stream: Duplex, clock: Clock, ms: number): Promise<void> {
  if (stream.closed) return Promise.resolve();
  return new Promise((resolve) => {
    // Not every Duplex destroys itself once both sides are over.
    const onOver = () => {
      if (stream.readableEnded && stream.writableFinished) stream.destroy();
    };
    const settle = () => {
      cancel();
      stream.off('end', onOver).off('finish', onOver).off('close', settle);
      resolve();
    };
    const cancel = clock.after(ms, settle);
    stream.on('end', onOver).on('finish', onOver).once('close', settle);
    stream.resume();
    onOver();
  });
}
