import type { ServerResponse } from 'node:http';
import { DrawbridgeError } from '@drawbridge/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FakeGateway, startFakeGateway } from '../test-support/fake-gateway.ts';
import { accessRequest } from '../test-support/objects.ts';
import { signInTo, type TemporaryHome, temporaryHome } from '../test-support/temporary-home.ts';
import { AccessTokens } from './access-tokens.ts';
import { ApiClient } from './api-client.ts';
import { liveEvents } from './live-events.ts';

let gateway: FakeGateway;
let home: TemporaryHome;
let stop: AbortController;
let waits: number[];

beforeEach(async () => {
  gateway = await startFakeGateway();
  home = await temporaryHome();
  await signInTo(home, gateway, 'alice');
  stop = new AbortController();
  waits = [];
});

afterEach(async () => {
  stop.abort();
  await gateway.close();
  await home.remove();
});

const hello = { type: 'hello', gateway: 'test', version: '0.1.0' };
const event = (value: unknown) => `event: any\ndata: ${JSON.stringify(value)}\n\n`;
const begin = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

const listen = (silence?: number) =>
  liveEvents({
    api: new ApiClient({
      gateway: gateway.url,
      tokens: new AccessTokens({ gateway: gateway.url, store: home.store }),
    }),
    signal: stop.signal,
    random: () => 0,
    clock: {
      sleep: (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    },
    ...(silence === undefined ? {} : { silence }),
  });

test('gives events as they come, over any split, and passes unknown ones over', async () => {
  const asked = accessRequest({ reason: 'überall ✓' });
  const bytes = Buffer.from(
    `${event(hello)}: keep-alive\n\n${event({ type: 'from-the-future' })}${event({ type: 'request', request: asked })}`,
  );
  gateway.handlers.events = ({ response }) => {
    begin(response);
    for (const byte of bytes) response.write(Buffer.of(byte));
  };
  const events = listen();
  expect((await events.next()).value).toEqual(hello);
  expect((await events.next()).value).toEqual({ type: 'request', request: asked });
  stop.abort();
  expect((await events.next()).done).toBe(true);
});

test('a lost stream is opened again, with longer waits while it fails', async () => {
  let connects = 0;
  gateway.handlers.events = ({ response }) => {
    connects += 1;
    if (connects >= 2 && connects <= 4) throw new DrawbridgeError('not_ready', 'starting');
    begin(response).write(event(hello));
    if (connects === 1) response.end();
  };
  const seen: string[] = [];
  for await (const { type } of listen()) {
    seen.push(type);
    if (type === 'hello' && connects === 5) break;
  }
  expect(seen).toEqual(['hello', 'disconnected', 'disconnected', 'disconnected', 'disconnected', 'hello']);
  expect(waits).toEqual([250, 500, 1000, 2000]);
});

test('a stream that falls silent is given up', async () => {
  gateway.handlers.events = ({ response }) => void begin(response).write(event(hello));
  const events = listen(60);
  expect((await events.next()).value).toEqual(hello);
  expect((await events.next()).value).toMatchObject({ type: 'disconnected' });
  expect((await events.next()).value).toEqual(hello);
  await events.return(undefined);
});

test('what waiting does not mend is thrown', async () => {
  gateway.handlers.events = () => {
    throw new DrawbridgeError('signed_out', 'this sign-in was ended');
  };
  await expect(listen().next()).rejects.toMatchObject({ code: 'signed_out' });
});

test('who stops listening leaves no open connection', async () => {
  const closed = new Promise<void>((resolve) => {
    gateway.handlers.events = ({ response }) => {
      response.on('close', resolve);
      begin(response).write(event(hello));
    };
  });
  for await (const _ of listen()) break;
  await closed;
});
