import type { KeyObject } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms, type ClientInfo, type Connection, type ParsedKey } from 'ssh2';
import { readPrivateKey } from '../target/read-private-key.ts';

/**
 * No SHA-1, no CBC, no compression (what it unpacks to has no bound). Clients choose by their own order; AES-GCM is
 * the fastest here, so the others are for those that don't have it.
 */
const ALGORITHMS = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
  ],
  serverHostKey: ['ssh-ed25519'],
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
} as const satisfies Algorithms;

/**
 * How often a client that is silent is asked whether it is there, in ms, and how often in vain. Dead connections are
 * noticed below already; somebody whose client is stopped for a while should find it again.
 */
const KEEPALIVE = { keepaliveInterval: 60_000, keepaliveCountMax: 30 };

/** The host key in a form that ssh2 takes. */
export const serverKey = (key: KeyObject): ParsedKey =>
  readPrivateKey(key.export({ type: 'pkcs8', format: 'pem' }).toString());

/**
 * Speaks SSH as a server on `stream`.
 * @param onClient called once the client has said what it is, before anything else.
 */
export function greetClient(
  stream: Duplex,
  hostKey: ParsedKey,
  onClient: (connection: Connection, info: ClientInfo) => void,
): void {
  const server = new ssh2.Server(
    {
      // A parsed key is what ssh2 makes of its texts, and takes as well.
      hostKeys: [{ key: hostKey as unknown as Buffer, passphrase: '' }],
      ident: 'Drawbridge',
      algorithms: ALGORITHMS as unknown as Algorithms,
      ...KEEPALIVE,
    },
    onClient,
  );
  server.injectSocket(stream as Socket);
}
