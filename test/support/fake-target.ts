import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface FakeTarget {
  readonly port: number;
  /** How many connections came so far. */
  readonly connections: number;
  close(): Promise<void>;
}

/** A server at which a resource may point; `serve` does with each connection as it likes. */
export async function startFakeTarget(serve: (socket: Socket) => void): Promise<FakeTarget> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** One message of a PostgreSQL server. */
export function message(type: string, ...parts: (string | Buffer | number)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part !== 'number') return Buffer.from(part);
      const int = Buffer.alloc(4);
      int.writeInt32BE(part);
      return int;
    }),
  );
  const head = Buffer.alloc(5);
  head.write(type, 0, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** What a server that lets everybody in says until it is ready. */
export const WELCOME = Buffer.concat([
  message('R', 0),
  message('S', 'server_version\0' + '18.0\0'),
  message('S', 'standard_conforming_strings\0' + 'on\0'),
  message('S', 'client_encoding\0' + 'UTF8\0'),
  message('K', 4711, 42),
  message('Z', 'I'),
]);

/** Answers the startup message with a welcome, and each message after it with what `answer` says. */
export function welcoming(answer: (socket: Socket, text: string) => void): (socket: Socket) => void {
  return (socket) => {
    let greeted = false;
    socket.on('data', (data: Buffer) => {
      if (greeted) return answer(socket, data.toString('latin1'));
      greeted = true;
      socket.write(WELCOME);
    });
  };
}
