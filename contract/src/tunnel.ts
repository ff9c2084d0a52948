import { z } from 'zod';
import { SessionEndCode } from './access.ts';
import { SshPublicKey } from './documents.ts';
import { Name } from './ids.ts';

/**
 * The tunnel: one WebSocket for one client connection. The upgrade request is
 * `GET /v1/tunnel?resource=…&profile=…` with `Authorization: Bearer <access token>`; a refusal is an
 * ordinary HTTP answer with an `ErrorBody`. After the upgrade, binary messages are the bytes of the
 * resource's own protocol, both ways, and nothing else: backpressure is the sockets' own.
 */
export const TUNNEL_PATH = '/v1/tunnel';
export const TUNNEL_SUBPROTOCOL = 'drawbridge.tunnel.v1';

export const TunnelQuery = z.strictObject({
  resource: Name,
  /** Needed only where the caller has grants for several profiles of the resource. */
  profile: Name.optional(),
  /**
   * For SSH: the public key that the client at the other end of the tunnel has to show, so that nobody else on its
   * machine can use it. Type and base64 as in a `.pub` file, without comment.
   */
  clientKey: SshPublicKey.max(2000).optional(),
});
export type TunnelQuery = z.infer<typeof TunnelQuery>;

/** WebSocket close code (RFC 6455 section 7.4.2) with which the gateway ends a session that did not end by itself. */
export const TUNNEL_CLOSE_ENDED = 4403;

/** The close reason's JSON, at most 123 bytes as RFC 6455 wants it: the words stand in the protocol's own error. */
export const TunnelClose = z.object({ code: SessionEndCode });
export type TunnelClose = z.infer<typeof TunnelClose>;
