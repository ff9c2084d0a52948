import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock.ts';

/** How long a client may take to read what it is told at the end, in ms. */
const FAREWELL = 500;

/**
 * Tells the client why, if there is a message, and closes. A client that reads gets to see it; one that does not
 * is cut off after `FAREWELL`.
 */
export function endClient(stream: Duplex, message: Buffer | undefined, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    stream.on('error', () => undefined);
    if (stream.closed) {
      resolve();
      return;
    }
    const cancelTimeout = clock.after(FAREWELL, () => stream.destroy());
    stream.once('close', () => {
      cancelTimeout();
      resolve();
    });
    // Read to the end what comes: closing with bytes unread resets the connection, and the message would be lost.
    stream.removeAllListeners('data');
    stream.resume();
    // Not every Duplex destroys itself once both sides are over.
    const close = () => {
      if (stream.readableEnded && stream.writableFinished) stream.destroy();
    };
    stream.once('end', close);
    stream.once('finish', close);
    if (message !== undefined && stream.writable) stream.end(message);
    else stream.end();
    close();
  });
}
