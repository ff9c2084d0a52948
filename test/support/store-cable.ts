import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** What stands between one gateway and its store, to be cut. */
export interface StoreCable {
  /** The store's address through it. */
  readonly url: string;
  /** From now on the store sees the connections closed and the gateway sees them silent: neither hears of the other. */
  cut(): void;
  /** New connections get through again, and the old ones end. */
  mend(): void;
  close(): Promise<void>;
}

/** Forwards connections to the store, byte by byte, until it is cut. */
export async function storeCable(storeUrl: string): Promise<StoreCable> {
  const target = new URL(storeUrl);
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let isCut = false;
  const server = createServer((near) => {
    near.on('error', () => undefined);
    if (isCut) {
      // Nobody answers.
      near.pause();
      return;
    }
    const far = connect(Number(target.port || 5432), target.hostname);
    far.on('error', () => undefined);
    const pair = { near, far };
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near, { end: false });
    far.on('end', () => isCut || near.end());
    near.on('close', () => {
      pairs.delete(pair);
      far.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const silent = new Set<Socket>();
  server.on('connection', (socket) => {
    silent.add(socket);
    socket.on('close', () => silent.delete(socket));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  const url = new URL(storeUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    cut() {
      isCut = true;
      for (const { near, far } of pairs) {
        near.unpipe(far);
        near.pause();
        far.destroy();
      }
    },
    mend() {
      isCut = false;
      for (const socket of silent) socket.destroy();
    },
    async close() {
      for (const socket of silent) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
