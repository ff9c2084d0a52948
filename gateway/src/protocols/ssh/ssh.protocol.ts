import type { KeyObject } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { ProtocolHandler } from '../../sessions/session.ts';
import { SshServer, type SshServerParts } from './serve-ssh.ts';

export interface SshProtocolParts {
  readonly clock: Clock;
  /** What the mask `hash` is keyed with; the same on every gateway that shares a store. */
  readonly maskingKey: Uint8Array;
  /** The gateway's own host key, Ed25519. */
  readonly hostKey: KeyObject;
  readonly logger?: SshServerParts['logger'];
}

/** SSH: what the registry of protocols sees. */
export function createSshProtocol({ clock, maskingKey, hostKey, logger }: SshProtocolParts): ProtocolHandler {
  return new SshServer({ clock, maskingKey, hostKey, ...(logger === undefined ? {} : { logger }) });
}
