import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** An address that nobody has a reason to talk to, and how often somebody did. */
export interface ListeningPost {
  readonly port: number;
  /** First bytes of each connection (empty while none came) and each datagram. */
  readonly heard: readonly string[];
  stop(): Promise<void>;
}

/** Listens for TCP and UDP on one port of 127.0.0.1; a connection counts even where it says nothing. */
export async function startListeningPost(): Promise<ListeningPost> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const tcp = createServer((socket) => {
    const place = heard.push('tcp') - 1;
    sockets.add(socket);
    socket.once('data', (bytes) => {
      heard[place] = `tcp ${bytes.toString('latin1').split('\r\n', 1)[0]}`;
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\naccess-control-allow-origin: *\r\n\r\nok');
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  tcp.listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const address = tcp.address();
  if (typeof address !== 'object' || address === null) throw new Error('It has no port.');
  const { port } = address;
  const udp = createSocket('udp4');
  udp.on('message', (bytes) => heard.push(`udp ${bytes.length} bytes`));
  udp.bind(port, '127.0.0.1');
  await once(udp, 'listening');
  return {
    port,
    heard,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([
        new Promise((done) => tcp.close(done)),
        new Promise<void>((done) => udp.close(done)),
      ]);
    },
  };
}
