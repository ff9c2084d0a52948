import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { connectReadingInto, lendReads } from './shared-read.ts';

const READ = Buffer.allocUnsafeSlow(64 * 1024);
let server: Server;
let accepted: Promise<Socket>;
let port: number;

beforeEach(async () => {
  server = createServer();
  accepted = once(server, 'connection').then(([socket]) => socket as Socket);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  (await accepted).destroy();
  server.close();
});

/** A connection and its other end. */
async function connected(): Promise<[near: Socket, far: Socket]> {
  const near = connectReadingInto(READ, { host: '127.0.0.1', port });
  await once(near, 'connect');
  return [near, await accepted];
}

/** What was sent before is at the other end's system, and was read there if anything reads. */
async function roundTrips(): Promise<void> {
  const next = once(server, 'connection') as Promise<[Socket]>;
  const near = connectReadingInto(READ, { host: '127.0.0.1', port });
  const [far] = await next;
  for (let count = 0; count < 20; count += 1) {
    near.write('there');
    await once(far, 'data');
    far.write('and back');
    await once(near, 'data');
  }
  near.destroy();
}

it('hands out chunks that stay as they are while more is read', async () => {
  const [near, far] = await connected();
  const chunks: Buffer[] = [];
  near.on('data', (chunk: Buffer) => chunks.push(chunk));
  for (const text of ['first', 'second', 'third']) {
    far.write(text);
    await once(near, 'data');
  }
  expect(chunks.map(String)).toEqual(['first', 'second', 'third']);
});

it('shows its buffer itself to those who asked for it, and keeps what they wait for', async () => {
  const [near, far] = await connected();
  const shown: Buffer[] = [];
  near.on('data', (chunk: Buffer) => shown.push(chunk));
  lendReads(near);
  for (const text of ['first', 'other']) {
    far.write(text);
    await once(near, 'data');
  }
  expect(shown.map(String)).toEqual(['other', 'other']);
  near.pause();
  far.write('later');
  await roundTrips();
  near.resume();
  await once(near, 'data');
  expect(String(shown[2])).toBe('later');
});

it('keeps what comes before anybody listens', async () => {
  const [near, far] = await connected();
  far.write('early');
  await expect.poll(() => near.bytesRead).toBe('early'.length);
  far.end(' and late');
  expect(Buffer.concat(await near.toArray()).toString()).toBe('early and late');
});

it('loses nothing between listeners while it is paused', async () => {
  const [near, far] = await connected();
  const heard: string[] = [];
  near.once('data', (chunk: Buffer) => {
    heard.push(String(chunk));
    near.pause();
  });
  far.write('one');
  await once(near, 'pause');
  far.write('two');
  await roundTrips();
  expect(heard).toEqual(['one']);
  near.on('data', (chunk: Buffer) => heard.push(String(chunk))).resume();
  await once(near, 'data');
  expect(heard).toEqual(['one', 'two']);
});

it('holds up a sender while nobody reads, and goes on where it was', async () => {
  const [near, far] = await connected();
  near.pause();
  const sent = Buffer.alloc(16 * 1024 * 1024, 'all of this ');
  far.end(sent);
  await roundTrips();
  expect(far.bytesWritten - far.writableLength).toBeLessThan(sent.length);
  expect(near.readableLength).toBeLessThan(1024 * 1024);
  const received: Buffer[] = [];
  near.on('data', (chunk: Buffer) => received.push(chunk)).resume();
  await once(near, 'end');
  expect(Buffer.concat(received).equals(sent)).toBe(true);
});

it('comes to its end where it flows and nobody listens', async () => {
  const [near, far] = await connected();
  near.resume();
  far.write('not heard');
  await expect.poll(() => near.bytesRead).toBe('not heard'.length);
  far.end('nor this');
  await once(near, 'end');
});

it('does not mix up what several sockets read', async () => {
  const [one, far] = await connected();
  const next = once(server, 'connection') as Promise<[Socket]>;
  const other = connectReadingInto(READ, { host: '127.0.0.1', port });
  const [farther] = await next;
  farther.end('b'.repeat(100_000));
  far.end('a'.repeat(100_000));
  const [a, b] = await Promise.all([one.toArray(), other.toArray()]);
  expect(Buffer.concat(a).toString()).toBe('a'.repeat(100_000));
  expect(Buffer.concat(b).toString()).toBe('b'.repeat(100_000));
});

it('reads at the second address where the first does not answer', async () => {
  const near = connectReadingInto(READ, {
    host: 'database.example',
    port,
    lookup: (_name, _options, found) =>
      found(null, [
        { address: '::1', family: 6 },
        { address: '127.0.0.1', family: 4 },
      ]),
  });
  (await accepted).end('here');
  expect(Buffer.concat(await near.toArray()).toString()).toBe('here');
});
