import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readRecording } from '../support/read-recording.ts';
import { type SecondGateway, startSecondGateway } from '../support/second-gateway.ts';
import { SignedIn } from '../support/signed-in.ts';
import { type StoreCable, storeCable } from '../support/store-cable.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';

let store: TestDatabase;
let world: TestDemo;
let cable: StoreCable;
let second: SecondGateway;
let alice: SignedIn;
let carol: SignedIn;

beforeAll(async () => {
  store = await createTestDatabase();
  world = await startTestDemo({ DRAWBRIDGE_STORE_URL: store.url });
  cable = await storeCable(store.url);
  second = await startSecondGateway(world, cable.url, { sharedRecordings: true });
  alice = await SignedIn.at(world.demo.url, 'alice');
  carol = await SignedIn.at(world.demo.url, 'carol');
});
afterAll(async () => {
  await alice?.leave();
  await second?.stop();
  await cable?.close();
  await world?.stop();
  await store?.drop();
});

it('ends its sessions before another takes it for dead, and what it says of them stands once it is back', async () => {
  await alice.gets('orders-staging');
  const client = await alice.connect(await alice.tunnel('orders-staging', second.url));
  await client.query("select 'before the cut'");
  const { sessions } = await carol.api.call('listSessions', { query: { state: 'live', user: 'alice' } });
  const id = sessions[0]?.id ?? expect.fail('There is no session.');
  const session = () => carol.api.call('getSession', { params: { id } });

  const ended = new Promise<number>((resolve) => client.once('error', () => resolve(performance.now())));
  const cut = performance.now();
  cable.cut();
  // It hears of no revocation any more, so it can't go on for long; and nobody else may close it before that.
  expect((await ended) - cut).toBeLessThan(20_000);
  expect(await session()).toMatchObject({ state: 'live' });
  await expect
    .poll(session, { timeout: 40_000, interval: 500 })
    .toMatchObject({ state: 'closed', endCode: 'gateway_crashed' });

  cable.mend();
  await expect
    .poll(session, { timeout: 20_000, interval: 250 })
    .toMatchObject({ endCode: 'store_lost', recording: 'sealed', statements: 1 });
  const recording = await readRecording(carol, id);
  expect(recording.manifest).toMatchObject({ endCode: 'store_lost', crashed: false });
  await expect.poll(() => fetch(`${second.url}/readyz`).then(({ status }) => status)).toBe(200);
  const again = await alice.connect(await alice.tunnel('orders-staging', second.url));
  expect((await again.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
}, 120_000);
