import type { Socket } from 'node:net';

/** Why the gateway didn't take a connection, for the client at the local port to read. */
export interface TunnelRefusal {
  /** A code of `DrawbridgeError` or `ClientError`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** What a gate makes of a local connection. `opening` are the bytes the gateway hears first. */
export type Admission =
  | { readonly kind: 'connect'; readonly opening: Uint8Array }
  /** Asks to stop what another connection of this tunnel runs; holds its own proof, needs no secret. */
  | { readonly kind: 'cancel'; readonly opening: Uint8Array }
  /** Turned away; the gate has ended the socket. */
  | { readonly kind: 'closed' };

/**
 * The door of a tunnel's local port, one for each protocol: another user of this machine or a page in a
 * browser can reach the port, so the client must show the tunnel's secret in its own protocol before
 * anything is opened towards the gateway.
 */
export interface LocalGate {
  /** Talks to a fresh socket until it is admitted or closed. Leaves an admitted socket paused, unread bytes unshifted. */
  admit(socket: Socket, secret: string): Promise<Admission>;
  /** Tells an admitted client in its own protocol why there is no connection, and ends the socket. */
  refuse(socket: Socket, refusal: TunnelRefusal): void;
}
