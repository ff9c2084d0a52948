import type { Connection, RejectConnection } from 'ssh2';
import { printable } from '../printable.ts';
import { ssh2Parts } from '../server/ssh2-wire.ts';

/** Reasons of SSH_MSG_CHANNEL_OPEN_FAILURE (RFC 4254 section 5.1). */
export const OpenFailure = { prohibited: 1, connectFailed: 2, resourceShortage: 4 } as const;

/**
 * Refuses to open a channel, and says why. `reject` of ssh2 knows whom to tell but takes no reason, so what it calls
 * stands aside for that one call.
 */
export function refuseOpen(client: Connection, reject: RejectConnection, code: number, reason: string): void {
  const { wire } = ssh2Parts(client);
  const { channelOpenFail } = wire;
  wire.channelOpenFail = (id) => channelOpenFail.call(wire, id, code, `drawbridge: ${printable(reason)}`);
  try {
    reject();
  } finally {
    wire.channelOpenFail = channelOpenFail;
  }
}
