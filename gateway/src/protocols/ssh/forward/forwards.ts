import type { Channel } from 'ssh2';
import type { Answer } from '../../../policy/decision.ts';
import type { Held, Session } from '../../../sessions/session.ts';
import { type Destination, forwardAction, forwardEvent, named, uncheckable } from './destination.ts';
import { type ForwardedBytes, ForwardedConnection } from './forwarded-connection.ts';

/** Forwarded connections and listeners that one connection may have at once. */
const MOST_FORWARDS = 64;
const NO_BYTES: ForwardedBytes = { bytesIn: 0, bytesOut: 0 };

export interface ForwardsParts {
  readonly session: Session;
  nextChannel(): number;
  onFailure(error: unknown): void;
}

/** One forward that was allowed, from the moment it is asked of the target. */
export interface Forward {
  /** The policies that allowed it. */
  readonly policies: readonly string[];
  /** Carries the bytes of two channels that were opened for it. */
  join(client: Channel, target: Channel): void;
  /** It is over, or came to nothing. */
  close(): void;
}

/** All forwards of a connection: decided, recorded, counted, and ended together. */
export class Forwards {
  readonly #parts: ForwardsParts;
  readonly #live = new Set<() => void>();
  #deciding = 0;
  readonly #end = new AbortController();

  constructor(parts: ForwardsParts) {
    this.#parts = parts;
  }

  get over(): boolean {
    return this.#end.signal.aborted;
  }

  /**
   * Decides on a forward, and records the answer. What is allowed has to be closed.
   * @returns the forward, or why there is none.
   * @throws RecordingFailed
   */
  async ask(destination: Destination): Promise<Forward | { readonly reason: string }> {
    const { session } = this.#parts;
    let verdict: Answer;
    this.#deciding += 1;
    try {
      verdict = this.#tooMany() ?? (await decide(session, destination, this.#end.signal));
    } finally {
      this.#deciding -= 1;
    }
    if (this.over || session.signal.aborted) return { reason: 'the session is over' };
    return this.#begin(destination, verdict);
  }

  /** A connection that came to where the target listens: allowed with the listener, and recorded for itself. @throws RecordingFailed */
  arrived(destination: Destination, policies: readonly string[]): Forward | { readonly reason: string } {
    this.#deciding += 1;
    const tooMany = this.#tooMany();
    this.#deciding -= 1;
    return this.#begin(destination, tooMany ?? { verdict: 'allow', policies });
  }

  /** Ends all, at once. */
  end(): void {
    if (this.over) return;
    this.#end.abort();
    for (const end of [...this.#live]) end();
  }

  /** Counts those that are being decided on, this one included. */
  #tooMany(): Answer | undefined {
    if (this.#live.size + this.#deciding <= MOST_FORWARDS) return undefined;
    return { verdict: 'deny', reason: `${MOST_FORWARDS} connections are forwarded already`, policies: [] };
  }

  #begin(destination: Destination, verdict: Answer): Forward | { readonly reason: string } {
    const { session, nextChannel } = this.#parts;
    const channel = nextChannel();
    session.record([{ event: forwardEvent(channel, destination, verdict) }]);
    session.used([forwardAction(destination)], verdict);
    if (verdict.verdict === 'deny') return { reason: verdict.reason };
    let joined: ForwardedConnection | undefined;
    const finish = (bytes: ForwardedBytes) => {
      if (this.#live.delete(end)) this.#record(channel, bytes);
    };
    const end = () => {
      if (joined === undefined) finish(NO_BYTES);
      else joined.end();
    };
    this.#live.add(end);
    return {
      policies: verdict.policies,
      join: (client, target) => {
        joined = new ForwardedConnection(client, target, finish);
      },
      close: end,
    };
  }

  #record(channel: number, bytes: ForwardedBytes): void {
    const { session, onFailure } = this.#parts;
    try {
      session.record([{ event: { type: 'exit', channel, ...bytes } }]);
    } catch (error) {
      onFailure(error);
    }
  }
}

/** @param signal withdraws it */
async function decide(session: Session, destination: Destination, signal: AbortSignal): Promise<Answer> {
  const problem = uncheckable(destination);
  if (problem !== undefined) return { verdict: 'deny', reason: problem, policies: [] };
  const actions = [forwardAction(destination)];
  const decision = session.decide(actions);
  return decision.verdict === 'needs'
    ? session.hold(actions, decision, heldForward(destination), { signal })
    : decision;
}

function heldForward(destination: Destination): Held {
  const { host, port, direction } = destination;
  const text = `${direction === 'in' ? 'listen at' : 'connect to'} ${named(destination)}`;
  return { kind: 'forward', text, exact: JSON.stringify([direction, host, port]) };
}
