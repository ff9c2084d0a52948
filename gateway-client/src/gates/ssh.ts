import type { LocalGate } from './local-gate.ts';

/**
 * SSH's gate is at the gateway: it was told the tunnel's client key, and serves nobody who can't show it (see
 * `TunnelQuery.clientKey`). Until then no grant's clock runs.
 */
export function createSshGate(): LocalGate {
  return {
    async admit(socket) {
      socket.pause();
      return { kind: 'connect', opening: new Uint8Array() };
    },
    refuse(socket, { message }) {
      // Lines before the version are shown by clients as they are (RFC 4253 section 4.2).
      socket.end(`drawbridge: ${message.replaceAll(/[^\x20-\x7e]/g, '?')}\r\n`);
    },
  };
}
