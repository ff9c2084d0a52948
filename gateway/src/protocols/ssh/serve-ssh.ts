import type { KeyObject } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ParsedKey } from 'ssh2';
import type { Clock } from '../../clock.ts';
import type { ProtocolHandler, Session, SessionEnd } from '../../sessions/session.ts';
import { analyzeCommand } from './command/analyze-command.ts';
import { serverKey } from './server/greet-client.ts';
import { SshConnection, type SshLogger } from './server/ssh-connection.ts';
import { dialSshTarget } from './target/dial-ssh-target.ts';

export interface SshServerParts {
  readonly clock: Clock;
  /** What the mask `hash` is keyed with; the same on every gateway that shares a store. */
  readonly maskingKey: Uint8Array;
  /** The gateway's own host key, Ed25519. */
  readonly hostKey: KeyObject;
  readonly logger?: SshLogger;
  /** How targets are reached; tests bring their own. */
  readonly dial?: typeof dialSshTarget;
}

/**
 * Serves SSH connections: the client's ends here, the target's begins here with the gateway's credential, and between
 * them everything is decided on and recorded.
 */
export class SshServer implements ProtocolHandler {
  readonly protocol = 'ssh';
  readonly analyze = analyzeCommand;
  readonly #parts: SshServerParts;
  readonly #hostKey: ParsedKey;

  constructor(parts: SshServerParts) {
    this.#parts = parts;
    this.#hostKey = serverKey(parts.hostKey);
  }

  accept(stream: Duplex, session: Session): Promise<SessionEnd> {
    const { clock, maskingKey, dial = dialSshTarget, logger } = this.#parts;
    if ('setNoDelay' in stream && typeof stream.setNoDelay === 'function') stream.setNoDelay(true);
    return new SshConnection(
      { clock, maskingKey, hostKey: this.#hostKey, dial, logger },
      stream,
      session,
    ).run();
  }
}
