import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { EventStream } from './event-stream.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

let clock: ManualClock;
let signedIn: Set<string>;
let stream: EventStream<string>;
let server: Server;

beforeEach(async () => {
  clock = new ManualClock();
  signedIn = new Set(['alice', 'bob']);
  stream = new EventStream<string>({
    clock,
    logger: silent,
    hello: { type: 'hello', gateway: 'test', version: '0' },
    whose: (viewer) => viewer,
    // The id says whose it is; its lookup takes a turn, as the store's does.
    async resolve({ kind, id }) {
      await Promise.resolve();
      if (kind === 'broken') throw new Error('the store is away');
      return (viewer) => (kind === 'request' && id === viewer ? { type: 'configuration' } : undefined);
    },
  });
  server = createServer((incoming, response) => {
    const viewer = incoming.url?.slice(1) ?? '';
    stream.open(response, { viewer, stillValid: async () => signedIn.has(viewer) });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  stream.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/** A client of the stream: `until` waits for words, `ended` for the end. */
async function subscribe(viewer: string) {
  const { port } = server.address() as AddressInfo;
  const call = request({ port, host: '127.0.0.1', path: `/${viewer}` }).end();
  const [response] = await once(call, 'response');
  let text = '';
  response.setEncoding('utf8');
  response.on('error', () => undefined);
  response.on('data', (chunk: string) => (text += chunk));
  const until = async (words: string): Promise<void> => {
    while (!text.includes(words)) await once(response, 'data');
  };
  await until('event: hello');
  return { until, ended: once(response, 'close'), text: () => text };
}

it('sends each change to whoever may see it, and to nobody else', async () => {
  const alice = await subscribe('alice');
  const bob = await subscribe('bob');
  stream.changed({ kind: 'request', id: 'alice' });
  stream.changed({ kind: 'request', id: 'bob' });
  await alice.until('event: configuration');
  // Changes go out in order, so alice's would have come to bob before his own.
  await bob.until('event: configuration');
  expect(bob.text().match(/event: configuration/g)).toHaveLength(1);
});

it('goes on after a change that could not be looked up', async () => {
  const alice = await subscribe('alice');
  stream.changed({ kind: 'broken' });
  stream.changed({ kind: 'request', id: 'alice' });
  await alice.until('event: configuration');
});

it('ends the streams of a sign-in that ended, at once and alone', async () => {
  const alice = await subscribe('alice');
  const bob = await subscribe('bob');
  signedIn.delete('alice');
  stream.changed({ kind: 'signin', id: 'whichever' });
  await alice.ended;
  stream.changed({ kind: 'request', id: 'bob' });
  await bob.until('event: configuration');
});

it('keeps quiet streams alive, but not those whose sign-in ran out', async () => {
  const alice = await subscribe('alice');
  const bob = await subscribe('bob');
  signedIn.delete('bob');
  clock.advance(15_000);
  await alice.until(': keep-alive');
  await bob.ended;
});

it('says hello again when changes may have been missed', async () => {
  const alice = await subscribe('alice');
  stream.resync();
  await alice.until('event: hello\ndata: {"type":"hello","gateway":"test","version":"0"}\n\nevent: hello');
});

it('of one person ends the oldest when there are too many, and leaves others alone', async () => {
  const others = await subscribe('bob');
  const oldest = await subscribe('alice');
  const younger = await Promise.all(Array.from({ length: 50 }, () => subscribe('alice')));
  await oldest.ended;
  stream.changed({ kind: 'request', id: 'alice' });
  await Promise.all(younger.map((each) => each.until('configuration')));
  stream.changed({ kind: 'request', id: 'bob' });
  await others.until('configuration');
});
