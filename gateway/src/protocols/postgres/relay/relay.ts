import type { Duplex } from 'node:stream';
import type { Clock } from '../../../clock.ts';
import type { Session, SessionEnd } from '../../../sessions/session.ts';
import type { Analysis } from '../analysis/plan.ts';
import { endClient } from '../client/end-client.ts';
import { errorResponse } from '../codec/backend-messages.ts';
import type { SessionFailure } from '../session-failure.ts';
import { targetFailure } from '../target/target-failure.ts';
import { MaskAnnouncements } from './announcements.ts';
import { BackendRelay } from './backend-relay.ts';
import { Conversation } from './conversation.ts';
import { FrontendRelay } from './frontend-relay.ts';
import type { Estimate } from './held-statement.ts';

/** Bytes that may wait for a slow reader before the other side is no longer read. */
const HIGH_WATER = 128 * 1024;
/** How long the target may take to close, and a review to be withdrawn, in ms. */
const MOST_FAREWELL = 1_000;

export interface RelayParts {
  readonly session: Session;
  readonly analysis: Analysis;
  readonly client: Duplex;
  readonly target: Duplex;
  readonly clock: Clock;
  /** The client hears of masked columns, see `ANNOUNCEMENTS_OPTION`. */
  readonly announcements: boolean;
  /** Makes of anything thrown what the client may read and how the session's end is booked. */
  readonly explain: (error: unknown) => SessionFailure;
  /** See `ClientVoice`. */
  readonly signOfLife: Buffer | undefined;
  readonly estimate?: Estimate;
  /** Asks the target to stop what it runs. */
  readonly cancel: () => void;
}

/** The two sockets of a session that is under way, from the first statement to the end. */
export class Relay {
  readonly #parts: RelayParts;
  readonly #conversation: Conversation;
  readonly #frontend: FrontendRelay;
  readonly #backend: BackendRelay;
  #clientPaused = true;
  #targetPaused = true;
  #over = false;
  #resolve: (end: SessionEnd) => void = () => undefined;

  constructor(parts: RelayParts) {
    const { client, target } = parts;
    this.#parts = parts;
    this.#conversation = new Conversation(parts.session, parts.analysis);
    const waiting = (work: Promise<unknown>, resume: () => void) =>
      void work.then(
        () => this.#step(resume),
        (error: unknown) => this.#fail(error),
      );
    const { clock, announcements, signOfLife } = parts;
    const tell = (message: Buffer) => {
      if (!this.#over) client.write(message);
    };
    const voice = { clock, tell, announcements, signOfLife };
    this.#frontend = new FrontendRelay(this.#conversation, target, voice, parts.estimate, (work) =>
      waiting(work, () => this.#frontend.resume()),
    );
    const masks = parts.announcements ? new MaskAnnouncements() : undefined;
    this.#backend = new BackendRelay(this.#conversation, client, masks, (work) =>
      waiting(work, () => this.#backend.resume()),
    );
  }

  /** Something is running at the target. */
  get busy(): boolean {
    return this.#conversation.queue.size > 0;
  }

  /** The client asked to stop what runs. */
  requestCancel(): void {
    this.#step(() => {
      this.#parts.session.record([{ event: { type: 'cancel' } }]);
      if (!this.#frontend.review.cancel() && this.busy) this.#parts.cancel();
    });
  }

  /**
   * Relays until it is over. Never rejects; both sides are closed when it resolves.
   * @param clientRest what was read of the client before, and of the target.
   */
  run(clientRest: Buffer, targetRest: Buffer): Promise<SessionEnd> {
    const { client, target, session } = this.#parts;
    return new Promise((resolve) => {
      this.#resolve = resolve;
      session.signal.addEventListener('abort', this.#onAbort, { once: true });
      target.on('data', this.#onTargetData).on('drain', this.#balance);
      target.on('end', this.#onTargetGone).on('close', this.#onTargetGone).on('error', this.#onTargetGone);
      client.on('data', this.#onClientData).on('drain', this.#balance);
      client.on('end', this.#onClientGone).on('close', this.#onClientGone).on('error', this.#onClientGone);
      if (session.signal.aborted) this.#onAbort();
      else if (client.destroyed) this.#onClientGone();
      else if (target.destroyed) this.#onTargetGone();
      else {
        this.#step(() => {
          if (targetRest.length > 0) this.#backend.push(targetRest);
          if (clientRest.length > 0) this.#frontend.push(clientRest);
        });
      }
    });
  }

  readonly #onClientData = (chunk: Buffer): void => this.#step(() => this.#frontend.push(chunk));

  readonly #onTargetData = (chunk: Buffer): void =>
    this.#step(() => {
      this.#backend.push(chunk);
      if (this.#frontend.hold === 'target') this.#frontend.resume();
    });

  /** One step of either direction; whatever it throws ends this session and nothing else. */
  #step(work: () => void): void {
    if (this.#over) return;
    try {
      work();
      this.#balance();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Reads a side as long as the other takes what comes of it. */
  readonly #balance = (): void => {
    if (this.#over) return;
    const { client, target } = this.#parts;
    const clientWaits = this.#frontend.full || isFull(target);
    if (clientWaits !== this.#clientPaused) {
      this.#clientPaused = clientWaits;
      if (clientWaits) client.pause();
      else client.resume();
    }
    const targetWaits = this.#backend.held || isFull(client);
    if (targetWaits !== this.#targetPaused) {
      this.#targetPaused = targetWaits;
      if (targetWaits) target.pause();
      else target.resume();
    }
  };

  readonly #onAbort = (): void => {
    const end = this.#parts.session.signal.reason as SessionEnd;
    this.#finish(end, errorResponse('FATAL', { sqlstate: '57P01', message: end.message }));
  };

  #fail(error: unknown): void {
    const failure = this.#parts.explain(error);
    this.#finish(failure.end, errorResponse('FATAL', failure.refusal));
  }

  readonly #onClientGone = (): void => {
    this.#finish({ code: 'client_closed', message: 'the client closed the connection' }, undefined);
  };

  readonly #onTargetGone = (): void => {
    const name = this.#conversation.resource;
    if (this.#frontend.terminated) this.#onClientGone();
    else if (this.#backend.fatal)
      this.#finish({ code: 'target_closed', message: `${name} ended the connection` }, undefined);
    else {
      const { refusal, end } = targetFailure(name, 'lost', undefined);
      this.#finish({ ...end, code: 'target_closed' }, errorResponse('FATAL', refusal));
    }
  };

  #finish(end: SessionEnd, farewell: Buffer | undefined): void {
    if (this.#over) return;
    this.#over = true;
    const { client, target, session, clock, cancel } = this.#parts;
    session.signal.removeEventListener('abort', this.#onAbort);
    this.#frontend.review.withdraw();
    target.off('data', this.#onTargetData).off('drain', this.#balance);
    client.off('data', this.#onClientData).off('drain', this.#balance);
    if (this.busy && !target.destroyed && end.code !== 'target_closed') cancel();
    // A target that is told goodbye closes by itself, in order; for all else there is no time.
    if (this.#frontend.terminated && !this.busy) target.end();
    else target.destroy();
    let cancelTimeout: () => void = () => undefined;
    const targetClosed = target.closed
      ? undefined
      : new Promise<void>((resolve) => target.once('close', () => resolve()));
    const late = new Promise<void>((resolve) => {
      cancelTimeout = clock.after(MOST_FAREWELL, () => {
        target.destroy();
        resolve();
      });
    });
    target.resume();
    // What was asked of people is recorded to its end, unless that takes too long.
    const settled = Promise.race([this.#frontend.review.settled, late]);
    void Promise.all([endClient(client, farewell, clock), targetClosed, settled]).then(() => {
      cancelTimeout();
      this.#resolve(end);
    });
  }
}

/** `drain` follows for certain once the stream asks for it. */
const isFull = (stream: Duplex): boolean => stream.writableNeedDrain && stream.writableLength > HIGH_WATER;
