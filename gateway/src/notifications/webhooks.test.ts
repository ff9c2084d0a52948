import type { AccessRequest } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../test/support/access-world.ts';
import { createNotifiedAccess, type NotifiedAccess } from '../../../test/support/notified-access.ts';
import {
  type ReceivedWebhook,
  startWebhookReceiver,
  verifyWebhook,
  type WebhookReceiver,
} from '../../../test/support/webhook-receiver.ts';
import type { Caller } from '../access/caller.ts';
import type { Config } from '../config/load-config.ts';
import { Keyring } from '../store/keyring.ts';
import { Outbox } from './outbox.ts';

type Settings = Config['notifications']['webhooks'][number];

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const SECOND = 1000;
const DAY = 86_400_000;
const PROD = { resource: 'orders-db', profile: 'read', duration: 1800, reason: 'INC-4821' };

let world: AccessWorld;
let alice: Caller;
let bob: Caller;
let receiver: WebhookReceiver;
let gateways: NotifiedAccess[];
let receivers: WebhookReceiver[];

beforeEach(async () => {
  gateways = [];
  receivers = [];
  world = await createDemoWorld();
  alice = await world.person('alice', 'engineering');
  bob = await world.person('bob', 'dba');
  receiver = await listen();
});
afterEach(async () => {
  await Promise.all(gateways.map(({ notifications }) => notifications.stop()));
  await Promise.all(receivers.map((each) => each.close()));
  await world.close();
});

async function listen(port?: number): Promise<WebhookReceiver> {
  const started = await startWebhookReceiver(port);
  receivers.push(started);
  return started;
}

const webhook = (to: Pick<WebhookReceiver, 'url'>, more: Partial<Settings> = {}): Settings => ({
  name: 'siem',
  url: to.url,
  secret: SECRET,
  events: ['all'],
  includeStatements: false,
  ...more,
});

function gateway(...webhooks: Settings[]): NotifiedAccess {
  const created = createNotifiedAccess(world, { webhooks });
  gateways.push(created);
  return created;
}

/** A gateway that delivers. */
function running(...webhooks: Settings[]): NotifiedAccess {
  const created = gateway(...webhooks);
  created.notifications.start();
  return created;
}

/** Committed by a gateway that then tells nobody. */
const commit = (at: NotifiedAccess, wish: Partial<typeof PROD> = {}) =>
  at.requests.create(alice, { ...PROD, ...wish });

async function ask(at: NotifiedAccess, wish: Partial<typeof PROD> = {}): Promise<AccessRequest> {
  const request = await commit(at, wish);
  at.notifications.wake();
  return request;
}

const types = (of = receiver) => of.received.map(({ type }) => type);
const outbox = () => new Outbox(world.db, new Keyring([Buffer.alloc(32, 7)]));
const waiting = () =>
  world.db.selectFrom('notifications').select(['endpoint', 'state', 'attempts', 'last_error']).execute();
const nowSeconds = () => Math.floor(world.clock.now() / 1000);

/** Waits until an attempt came to its end. */
const attempted = (at: NotifiedAccess, count: number) =>
  expect.poll(() => at.attempts.length).toBeGreaterThanOrEqual(count);

/** Moves time until the message is due again; its timer is set a moment after the attempt is counted. */
async function retry(at: NotifiedAccess, after: number): Promise<void> {
  await expect.poll(async () => (await waiting())[0]?.last_error).toBeTruthy();
  world.clock.advance(after);
  at.notifications.wake();
}

describe('a webhook', () => {
  it('tells of a request as an auditor sees it, signed', async () => {
    const at = running(webhook(receiver));
    const request = await ask(at);
    await expect.poll(types).toEqual(['request.created']);
    const [told] = receiver.received as [ReceivedWebhook];
    expect(() => verifyWebhook(told, SECRET, nowSeconds())).not.toThrow();
    expect(JSON.parse(told.body)).toEqual({
      type: 'request.created',
      timestamp: new Date(world.clock.now()).toISOString(),
      data: {
        gateway: 'production',
        subject: request.id,
        actor: { kind: 'user', id: alice.user.id, name: 'alice', displayName: 'Alice' },
        address: '192.0.2.10',
        reason: 'INC-4821',
        request: expect.objectContaining({ id: request.id, state: 'pending', resource: 'orders-db' }),
      },
    });
    expect(told.data.request).not.toHaveProperty('reviewable');
    expect(told.id).toMatch(/^evt_[0-9a-f-]+$/);
    expect(told.headers['content-type']).toBe('application/json');
    await expect.poll(waiting).toEqual([]);
  });

  it('does not verify with another secret, with another body, or later', async () => {
    await ask(running(webhook(receiver)));
    await expect.poll(types).toHaveLength(1);
    const [told] = receiver.received as [ReceivedWebhook];
    const other = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
    expect(() => verifyWebhook(told, other, nowSeconds())).toThrow(/no signature/);
    expect(() => verifyWebhook({ ...told, body: `${told.body} ` }, SECRET, nowSeconds())).toThrow(/no sign/);
    expect(() => verifyWebhook(told, SECRET, nowSeconds() + 301)).toThrow(/too old/);
  });

  it('verifies with the old and the new secret while one is changed', async () => {
    const fresh = `whsec_${Buffer.alloc(32, 6).toString('base64')}`;
    await ask(running(webhook(receiver, { secret: `${fresh}, ${SECRET}` })));
    await expect.poll(types).toHaveLength(1);
    for (const secret of [fresh, SECRET])
      expect(() =>
        verifyWebhook(receiver.received[0] as ReceivedWebhook, secret, nowSeconds()),
      ).not.toThrow();
  });

  it('hears of what it was configured for, by name or by kind', async () => {
    const grants = await listen();
    const at = running(
      webhook(receiver, { events: ['request.approved'] }),
      webhook(grants, { name: 'grants', events: ['grant'] }),
    );
    const { id } = await ask(at);
    await at.reviews.review(bob, id, { verdict: 'approve' });
    at.notifications.wake();
    await expect.poll(() => types(grants)).toEqual(['grant.created']);
    await expect.poll(types).toEqual(['request.approved']);
    expect(grants.received[0]?.data.grant).toMatchObject({ requestId: id, state: 'approved' });
  });

  it('is told nothing of what was rolled back', async () => {
    const at = running(webhook(receiver));
    const entry = { actor: alice, action: 'request.created', subject: 'req_x' };
    await expect(
      world.db.transaction().execute(async (transaction) => {
        await at.notifications.note(transaction, { kind: 'configuration' }, entry);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await ask(at);
    await expect.poll(types).toHaveLength(1);
    expect(receiver.received[0]?.data.subject).not.toBe('req_x');
  });

  it('keeps nothing readable in the store', async () => {
    await commit(gateway(webhook(receiver)), { reason: 'patient 4711' });
    const [row] = await world.db.selectFrom('notifications').selectAll().execute();
    expect(JSON.stringify(row)).not.toContain('patient 4711');
  });
});

describe('delivery', () => {
  it.each([
    ['an error', () => receiver.answer(204, 500), 'it answered 500'],
    [
      'a redirect, which is not followed',
      () =>
        receiver.answer(204, {
          status: 307,
          headers: { location: `http://127.0.0.1:${receiver.port}/else` },
        }),
      'it answered 307',
    ],
  ])('is tried again after %s: the same id and body, signed anew', async (_name, prepare, reason) => {
    prepare();
    const at = running(webhook(receiver));
    await ask(at);
    await attempted(at, 1);
    expect(types()).toHaveLength(1);
    await expect.poll(async () => (await waiting())[0]?.last_error).toBe(reason);
    await retry(at, 5 * SECOND);
    await expect.poll(types).toHaveLength(2);
    const [first, second] = receiver.received as [ReceivedWebhook, ReceivedWebhook];
    expect([second.id, second.body]).toEqual([first.id, first.body]);
    expect(second.timestamp).toBe(first.timestamp + 5);
    expect(() => verifyWebhook(second, SECRET, nowSeconds())).not.toThrow();
    await expect
      .poll(() => at.attempts)
      .toEqual([
        ['webhook:siem', 'failed'],
        ['webhook:siem', 'delivered'],
      ]);
  });

  it('is given up for now when nobody answers for ten seconds', async () => {
    receiver.answer(204, 'silence');
    const at = running(webhook(receiver));
    await ask(at);
    await expect.poll(types).toHaveLength(1);
    world.clock.advance(10 * SECOND);
    await attempted(at, 1);
    await retry(at, 5 * SECOND);
    await expect.poll(() => at.attempts.at(-1)).toEqual(['webhook:siem', 'delivered']);
    expect(at.log[0]).toContain('no answer within 10 s');
  });

  it('waits for a receiver that is not there yet', async () => {
    await receiver.close();
    const at = running(webhook(receiver));
    await ask(at);
    await attempted(at, 1);
    expect(at.log[0]).toContain('ECONNREFUSED');
    const back = await listen(receiver.port);
    await retry(at, 5 * SECOND);
    await expect.poll(() => types(back)).toEqual(['request.created']);
  });

  it('leaves a receiver alone for as long as it asks', async () => {
    receiver.answer(204, { status: 503, headers: { 'retry-after': '120' } });
    const at = running(webhook(receiver));
    await ask(at);
    await attempted(at, 1);
    await retry(at, 119 * SECOND);
    await expect.poll(() => outbox().nextDue('webhook:siem')).toBe(world.clock.now() + SECOND);
    expect(types()).toHaveLength(1);
    await retry(at, SECOND);
    await expect.poll(types).toHaveLength(2);
  });

  it('is given up at once by a receiver that is gone for good', async () => {
    receiver.answer(410);
    const at = running(webhook(receiver));
    await ask(at);
    await expect.poll(() => at.attempts).toEqual([['webhook:siem', 'given_up']]);
    await expect
      .poll(() => at.notifications.counts())
      .toEqual([{ endpoint: 'webhook:siem', pending: 0, failed: 1 }]);
  });

  it('is given up after a day; the log says so without a secret, and what follows is told', async () => {
    receiver.answer(500);
    const at = running(webhook(receiver));
    const { id } = await ask(at);
    const start = world.clock.now();
    for (let attempt = 1; at.attempts.at(-1)?.[1] !== 'given_up'; attempt += 1) {
      await attempted(at, attempt);
      if (at.attempts.at(-1)?.[1] === 'given_up') break;
      const due = await outbox().nextDue('webhook:siem');
      await retry(at, (due ?? 0) - world.clock.now());
    }
    expect(world.clock.now() - start).toBeGreaterThan(DAY * 0.9);
    expect(world.clock.now() - start).toBeLessThan(DAY * 1.1);
    expect(await waiting()).toEqual([
      { endpoint: 'webhook:siem', state: 'failed', attempts: 11, last_error: 'it answered 500' },
    ]);
    expect(at.log.at(-1)).toContain('a notification was given up');
    expect(at.log.at(-1)).toContain(id);
    expect(at.log.join()).not.toMatch(/whsec|127\.0\.0\.1|team=shop/);
    receiver.answer(204);
    await ask(at, { profile: 'write' });
    await expect.poll(() => at.attempts.at(-1)).toEqual(['webhook:siem', 'delivered']);
  });

  it('to one endpoint goes on while another is down', async () => {
    const down = await listen();
    down.answer('silence');
    const at = running(webhook(down, { name: 'down' }), webhook(receiver));
    const { id } = await ask(at);
    await at.requests.cancel(alice, id);
    at.notifications.wake();
    await expect.poll(types).toEqual(['request.created', 'request.cancelled']);
    expect(types(down)).toEqual(['request.created']);
  });

  it('of one request keeps the order: what follows waits for what failed, other requests do not', async () => {
    receiver.answer(204, 500);
    const at = running(webhook(receiver));
    const first = await ask(at);
    await attempted(at, 1);
    await at.requests.cancel(alice, first.id);
    const other = await ask(at, { resource: 'orders-staging' });
    await expect
      .poll(() => receiver.received.filter(({ data }) => data.subject === other.id))
      .not.toEqual([]);
    expect(receiver.received.filter(({ data }) => data.subject === first.id)).toHaveLength(1);
    world.clock.advance(5 * SECOND);
    at.notifications.wake();
    await expect
      .poll(() => receiver.received.filter(({ data }) => data.subject === first.id).map(({ type }) => type))
      .toEqual(['request.created', 'request.created', 'request.cancelled']);
  });
});

describe('several gateways', () => {
  it('lose nothing when the one that committed is gone before it told anybody', async () => {
    await commit(gateway(webhook(receiver)));
    expect(types()).toEqual([]);
    running(webhook(receiver));
    await expect.poll(types).toEqual(['request.created']);
  });

  it('take over what another one had taken when it went', async () => {
    await commit(gateway(webhook(receiver)));
    const [taken] = await outbox().take('webhook:siem', 1, world.clock.now(), 30 * SECOND);
    const survivor = running(webhook(receiver));
    await expect.poll(() => outbox().nextDue('webhook:siem')).toBe(world.clock.now() + 30 * SECOND);
    expect(types()).toEqual([]);
    world.clock.advance(30 * SECOND);
    survivor.notifications.wake();
    await expect.poll(types).toEqual(['request.created']);
    expect(receiver.received[0]?.id).toBe(taken?.id);
  });

  it('deliver each event once between them', async () => {
    const [one, two] = [gateway(webhook(receiver)), gateway(webhook(receiver))] as const;
    const people = await Promise.all(
      Array.from({ length: 12 }, (_, index) => world.person(`engineer-${index}`, 'engineering')),
    );
    await Promise.all(people.map((person) => one.requests.create(person, PROD)));
    one.notifications.start();
    two.notifications.start();
    await expect.poll(waiting).toEqual([]);
    expect(types()).toEqual(people.map(() => 'request.created'));
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(people.length);
    expect(one.attempts.length + two.attempts.length).toBe(people.length);
  });

  it('give up what is for an endpoint that none of them has any more', async () => {
    await commit(gateway(webhook(receiver, { name: 'former' })));
    world.clock.advance(4 * DAY);
    const at = running(webhook(receiver));
    await expect.poll(waiting).toMatchObject([{ endpoint: 'webhook:former', state: 'failed' }]);
    expect(await at.notifications.counts()).toEqual([
      { endpoint: 'webhook:former', pending: 0, failed: 1 },
      { endpoint: 'webhook:siem', pending: 0, failed: 0 },
    ]);
  });
});
