import { once } from 'node:events';
import { connect } from 'node:net';
import ssh2, { type Client, type Connection } from 'ssh2';
import { startScriptedSshServer } from './scripted-ssh-server.ts';

/** A client and the server's side of its connection, both in this process, signed in. */
export interface SshPair {
  readonly client: Client;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** @param onConnection called before the client can ask for anything. */
export async function connectSshPair(
  onConnection: (connection: Connection) => void = () => undefined,
): Promise<SshPair> {
  let connection: Connection | undefined;
  const server = await startScriptedSshServer({
    // ssh2's client asks only OpenSSH for OpenSSH's extensions.
    config: { ident: 'OpenSSH_9.9' },
    connected(made, accepted) {
      accepted.setNoDelay(true);
      connection = made;
      onConnection(made);
    },
  });
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  client.connect({ sock: socket, username: 'alice', password: 'any' });
  await once(client, 'ready');
  if (connection === undefined) throw new Error('a client is signed in without a connection');
  return {
    client,
    connection,
    async close() {
      // Not `once`, which takes the reset of a connection for a failure.
      const closed = new Promise<void>((resolve) => {
        if (socket.closed) resolve();
        else socket.once('close', () => resolve());
      });
      client.end();
      await server.close();
      await closed;
    },
  };
}
