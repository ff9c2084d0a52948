import type { Client } from 'ssh2';
import type { Clock } from '../../../clock.ts';
import type { Session } from '../../../sessions/session.ts';
import type { ClientLink } from '../server/client-link.ts';
import type { TargetLink } from '../server/target-link.ts';

/** Something that runs in a channel. */
export interface Running {
  /** Ends it at once, telling the client why. Never throws. */
  end(message: string): void;
}

/** What all channels of one connection share. */
export interface ChannelContext {
  readonly session: Session;
  /** Aborted when the connection is over. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly maskingKey: Uint8Array;
  readonly client: ClientLink;
  readonly target: Client;
  readonly targetLink: TargetLink;
  /** Whether the target's connection is gone. */
  readonly targetLost: () => boolean;
  readonly nextChannel: () => number;
  /** To be told of what begins to run; the result, that it ended. */
  readonly runs: (running: Running) => () => void;
  /** Ends the whole connection. */
  readonly fail: (error: unknown) => void;
  /** Runs the body of a listener: what it throws ends the connection, and never gets into ssh2 or out of it. */
  readonly guard: (task: () => void) => void;
}
