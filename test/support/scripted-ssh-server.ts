import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type ServerConfig } from 'ssh2';
import { makeSshKey, type SshKey } from './ssh-key.ts';

export interface ScriptedSshServer {
  readonly port: number;
  /** Public line of its host key. */
  readonly hostKey: string;
  close(): Promise<void>;
}

export interface SshScript {
  readonly hostKey?: SshKey;
  readonly config?: Partial<ServerConfig>;
  /** Each connection, before a byte of it was read. */
  readonly connected?: (connection: Connection, socket: Socket) => void;
  /** Each attempt to sign in; lets everybody in when absent. */
  readonly authenticate?: (context: AuthContext, connection: Connection) => void;
}

/** An SSH server in this process that does as it is told; for what no honest server does, and for passwords. */
export async function startScriptedSshServer(script: SshScript = {}): Promise<ScriptedSshServer> {
  const key = script.hostKey ?? (await makeSshKey());
  const sockets = new Set<Socket>();
  const server = new ssh2.Server({ ...script.config, hostKeys: [key.privateKey] }, (connection) => {
    const socket = socketOf(connection);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    connection.on('error', () => undefined);
    connection.on('authentication', (context) => {
      if (script.authenticate === undefined) context.accept();
      else script.authenticate(context, connection);
    });
    script.connected?.(connection, socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    hostKey: key.publicKey,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** What ssh2 keeps of a server's connection for itself. */
interface Internals {
  readonly _sock: Socket;
  readonly _protocol: {
    _offer: { constructor: new (lists: object) => object; lists: Record<string, { array: string[] }> };
    _hostKeys: Record<string, ParsedKey>;
    readonly _kex: { readonly negotiated: { serverHostKey: string } };
    readonly _cipher: { encrypt(packet: Buffer): void };
    readonly _packetRW: {
      readonly write: { allocStart: number; alloc(length: number): Buffer; finalize(packet: Buffer): Buffer };
    };
  };
}
const internals = (connection: Connection) => connection as unknown as Internals;
const socketOf = (connection: Connection) => internals(connection)._sock;

/** Sends one message as it is, encrypted as the connection stands. */
export function sendMessage(connection: Connection, payload: Buffer): void {
  const { _cipher: cipher, _packetRW: packets } = internals(connection)._protocol;
  const packet = packets.write.alloc(payload.length);
  packet.set(payload, packets.write.allocStart);
  cipher.encrypt(packets.write.finalize(packet));
}

/**
 * Has a server show a host key or certificate that it need not have the private key of.
 * @param shown blob, as on the wire.
 * @param key what signs instead.
 */
export function showHostKey(connection: Connection, algorithm: string, shown: Buffer, key: SshKey): void {
  const protocol = internals(connection)._protocol;
  const signer = ssh2.utils.parseKey(key.privateKey);
  if (signer instanceof Error) throw signer;
  const { kex, cs, sc } = protocol._offer.lists as unknown as Record<string, { array: string[] }>;
  const names = (direction: unknown) =>
    Object.fromEntries(Object.entries(direction as object).map(([name, { array }]) => [name, array]));
  protocol._offer = new protocol._offer.constructor({
    ...{ kex: kex?.array, serverHostKey: [algorithm], cs: names(cs), sc: names(sc) },
  }) as Internals['_protocol']['_offer'];
  const forged = Object.create(signer) as ParsedKey;
  forged.getPublicSSH = () => shown;
  forged.sign = (data, hash) => {
    // The signature's type is that of the plain key.
    protocol._kex.negotiated.serverHostKey = signer.type;
    return signer.sign(data, hash);
  };
  protocol._hostKeys = { [algorithm]: forged };
}
