import type { Duplex } from 'node:stream';
import type { Session, SessionEnd } from '../../../sessions/session.ts';

/** Why one connection is over. The first reason stands. */
export class Ending {
  readonly done: Promise<SessionEnd>;
  readonly #abort = new AbortController();
  #resolve: (end: SessionEnd) => void = () => undefined;

  /** Ends when the session must, and when the client leaves. */
  constructor(session: Session, stream: Duplex) {
    this.done = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const onAbort = () => this.end(session.signal.reason as SessionEnd);
    const onLeft = () => this.end({ code: 'client_closed', message: 'the client left' });
    session.signal.addEventListener('abort', onAbort, { once: true });
    this.signal.addEventListener('abort', () => session.signal.removeEventListener('abort', onAbort), {
      once: true,
    });
    // Errors may come even after the end, when nobody else listens any more.
    stream.on('error', onLeft).once('end', onLeft).once('close', onLeft);
    if (session.signal.aborted) onAbort();
    else if (stream.destroyed) onLeft();
  }

  /** Aborted with the end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get over(): boolean {
    return this.signal.aborted;
  }

  end(end: SessionEnd): void {
    if (this.over) return;
    this.#resolve(end);
    this.#abort.abort(end);
  }
}
