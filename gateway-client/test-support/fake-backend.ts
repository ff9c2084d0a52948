import type { WebSocket } from 'ws';

/** What one tunnel connection brought, and a say in what it gets. */
export interface FakeBackend {
  /** Everything received, in order. */
  received(): Buffer;
  readonly queries: string[];
  readonly closed: Promise<void>;
}

const message = (type: string, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const cstring = (text: string): Buffer => Buffer.from(`${text}\0`);

const READY = message('Z', Buffer.from('I'));
export const fatal = (code: string, text: string): Buffer =>
  message(
    'E',
    cstring('SFATAL'),
    cstring('VFATAL'),
    cstring(`C${code}`),
    cstring(`M${text}`),
    Buffer.from([0]),
  );
/** A result of one text column and one row. */
export const oneRow = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  return Buffer.concat([
    message('T', int16(1), cstring('answer'), int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)),
    message('D', int16(1), int32(bytes.length), bytes),
    message('C', cstring('SELECT 1')),
    READY,
  ]);
};

/**
 * The gateway's side of a PostgreSQL connection, after authentication: greets, answers each simple query by
 * `onQuery`, and goes on Terminate.
 */
export function serveBackend(
  socket: WebSocket,
  onQuery: (query: string, send: (bytes: Buffer) => void) => void,
): FakeBackend {
  let all = Buffer.alloc(0);
  let at = 0;
  const queries: string[] = [];
  const send = (bytes: Buffer) => socket.send(bytes);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  let started = false;
  socket.on('message', (data: Buffer) => {
    all = Buffer.concat([all, data]);
    if (!started) {
      if (all.length < 4 || all.length < all.readUInt32BE(0)) return;
      started = true;
      at = all.readUInt32BE(0);
      send(
        Buffer.concat([
          message('R', int32(0)),
          message('S', cstring('server_version'), cstring('18.0')),
          message('S', cstring('client_encoding'), cstring('UTF8')),
          message('K', int32(7), int32(42)),
          READY,
        ]),
      );
    }
    while (all.length >= at + 5 && all.length >= at + 1 + all.readUInt32BE(at + 1)) {
      const type = String.fromCharCode(all[at] ?? 0);
      const end = at + 1 + all.readUInt32BE(at + 1);
      if (type === 'Q') {
        const query = all.toString('utf8', at + 5, end - 1);
        queries.push(query);
        onQuery(query, send);
      }
      if (type === 'X') socket.close(1000);
      at = end;
    }
  });
  return { received: () => all, queries, closed };
}
