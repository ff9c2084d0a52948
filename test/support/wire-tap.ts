import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A port in front of another one that keeps every byte which the client is sent. */
export interface WireTap {
  readonly port: number;
  /** What all its clients got so far, octets as characters of the same number. */
  received(): string;
  close(): Promise<void>;
}

export async function tapWire(port: number): Promise<WireTap> {
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const target = connect(port, '127.0.0.1');
    target.on('data', (chunk) => chunks.push(chunk));
    client.pipe(target).pipe(client);
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => {
        client.destroy();
        target.destroy();
      });
      socket.once('close', () => sockets.delete(socket));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The system gave no port.');
  return {
    port: address.port,
    received: () => Buffer.concat(chunks).toString('latin1'),
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
