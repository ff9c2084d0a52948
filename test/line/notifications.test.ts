import type { AccessRequest } from '@drawbridge/contract';
import { ApiClient } from '@drawbridge/gateway-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type SecondGateway, startSecondGateway } from '../support/second-gateway.ts';
import { SignedIn } from '../support/signed-in.ts';
import {
  type SlackCall,
  type SlackMessage,
  type SlackWorkspace,
  startSlackWorkspace,
} from '../support/slack-workspace.ts';
import { startTestDemo, type TestDemo } from '../support/test-demo.ts';
import { startWebhookReceiver, verifyWebhook, type WebhookReceiver } from '../support/webhook-receiver.ts';

const SECRET = `whsec_${Buffer.alloc(32, 5).toString('base64')}`;
const [APPROVE, DENY] = ['drawbridge.approve', 'drawbridge.deny'];
const PROD = { resource: 'orders-db', profile: 'read', duration: 600, reason: 'INC-4821' };

let store: TestDatabase;
let slack: SlackWorkspace;
let receiver: WebhookReceiver;
let world: TestDemo;
let twins: SecondGateway[];
let startTwin: (name: string) => Promise<SecondGateway>;
let alice: SignedIn;
let bob: SignedIn;
let erin: SignedIn;

beforeAll(async () => {
  twins = [];
  store = await createTestDatabase();
  slack = await startSlackWorkspace();
  receiver = await startWebhookReceiver();
  // Slack comes from the environment here, and from the file at the other gateways.
  world = await startTestDemo({
    DRAWBRIDGE_STORE_URL: store.url,
    DRAWBRIDGE_NOTIFICATIONS_SLACK_TOKEN: slack.token,
    DRAWBRIDGE_NOTIFICATIONS_SLACK_SIGNING_SECRET: slack.signingSecret,
    DRAWBRIDGE_NOTIFICATIONS_SLACK_CHANNEL: slack.channel,
    DRAWBRIDGE_NOTIFICATIONS_SLACK_API_URL: slack.apiUrl,
  });
  const settings = {
    notifications: {
      webhooks: [{ name: 'siem', url: receiver.url, secret: { value: SECRET }, events: 'all' }],
      slack: {
        token: { value: slack.token },
        signingSecret: { value: slack.signingSecret },
        channel: slack.channel,
        apiUrl: slack.apiUrl,
      },
    },
  };
  startTwin = (name) => startSecondGateway(world, store.url, { name, settings });
  for (const name of ['second', 'third']) twins.push(await startTwin(name));
  const signIn = (name: string) => SignedIn.at(world.demo.url, name);
  alice = await signIn('alice');
  bob = await signIn('bob');
  erin = await signIn('erin');
  for (const name of ['alice', 'bob', 'dan'])
    slack.users.set(`U0${name.toUpperCase()}`, { email: `${name}@shop.example` });
});
afterEach(async () => {
  await alice.leave();
  const { requests } = await alice.api.call('listRequests', { query: { scope: 'own', state: 'pending' } });
  for (const { id } of requests) await cancel(id);
});
afterAll(async () => {
  for (const twin of twins ?? []) await twin.stop();
  await world?.stop();
  await receiver?.close();
  await slack?.close();
  await store?.drop();
});

const gatewayAt = (index: number): SecondGateway => twins[index] ?? expect.fail('There is no such gateway.');
const at = (index: number, { tokens }: SignedIn) => new ApiClient({ gateway: gatewayAt(index).url, tokens });
const ask = (api = alice.api): Promise<AccessRequest> => api.call('createRequest', { body: PROD });
const cancel = (id: AccessRequest['id']) => alice.api.call('cancelRequest', { params: { id } });
const stateOf = async (id: AccessRequest['id']) =>
  (await alice.api.call('getRequest', { params: { id } })).state;
const about = (id: string) => receiver.received.filter(({ data }) => data.subject === id);

const post = (gateway: string, { headers, body }: SlackCall) =>
  fetch(`${gateway}/v1/slack/interactions`, { method: 'POST', headers, body });
const messageOf = async (id: string): Promise<SlackMessage> => {
  const find = () => slack.messages.find(({ blocks }) => JSON.stringify(blocks).includes(id));
  await expect.poll(find).toBeDefined();
  return find() ?? expect.fail();
};

describe('webhooks', () => {
  it('come once, signed, from a cluster of gateways, whichever of them made the change', async () => {
    const ids: string[] = [];
    for (const index of [0, 1, 0, 1]) {
      const { id } = await ask(at(index, alice));
      await at(1 - index, alice).call('cancelRequest', { params: { id } });
      ids.push(id);
    }
    for (const id of ids)
      await expect
        .poll(() => about(id).map(({ type }) => type))
        .toEqual(['request.created', 'request.cancelled']);
    const own = ids.flatMap(about);
    expect(new Set(own.map(({ id }) => id)).size).toBe(own.length);
    for (const each of own) expect(() => verifyWebhook(each, SECRET, Date.now() / 1000)).not.toThrow();
    expect(about(ids[0] ?? '')[0]?.data).toMatchObject({
      actor: { name: 'alice' },
      request: { resource: 'orders-db', state: 'pending' },
    });
  });

  it('outlive the gateway that was killed before it could tell', async () => {
    await receiver.close();
    // Nobody is left to take it but the one that is killed.
    await gatewayAt(1).kill();
    const { id } = await ask(at(0, alice));
    await expect.poll(() => gatewayAt(0).log.join('\n')).toMatch(/ECONNREFUSED/);
    await gatewayAt(0).kill();
    receiver = await startWebhookReceiver(receiver.port);
    twins[1] = await startTwin('third');
    await expect
      .poll(() => about(id).map(({ type }) => type), { timeout: 45_000 })
      .toEqual(['request.created']);
    expect(gatewayAt(1).log.join('\n')).not.toContain(SECRET);
  });

  it('are counted where the gateway is watched', async () => {
    const metrics = await (await fetch(`${gatewayAt(1).url}/metrics`)).text();
    expect(metrics).toMatch(/drawbridge_notifications_pending\{endpoint="webhook:siem"\} 0/);
    expect(metrics).toMatch(/drawbridge_notifications_failed\{endpoint="slack"\} 0/);
    expect(metrics).toMatch(
      /drawbridge_notification_attempts_total\{endpoint="webhook:siem",outcome="delivered"\} \d/,
    );
  });
});

describe('Slack', () => {
  it('lets Bob approve: Alice’s grant is there and works, and the message says who it was', async () => {
    const { id } = await ask();
    const message = await messageOf(id);
    const answer = await post(world.demo.url, slack.pressed('U0BOB', message, APPROVE));
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    await expect.poll(() => stateOf(id)).toBe('approved');
    const client = await alice.connect(await alice.tunnel('orders-db'));
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await expect.poll(async () => JSON.stringify((await messageOf(id)).blocks)).toContain('Bob Okafor');
    expect(JSON.stringify((await messageOf(id)).blocks)).not.toContain(APPROVE);
    const { events } = await erin.api.call('listAudit', { query: { subject: id } });
    expect(events.map(({ action, actor }) => [action, actor?.name])).toEqual([
      ['request.approved', 'bob'],
      ['slack.review', 'bob'],
      ['request.created', 'alice'],
    ]);
    const { grantId } = await alice.api.call('getRequest', { params: { id } });
    if (grantId) await alice.api.call('revokeGrant', { params: { id: grantId }, body: {} });
  });

  it('takes the reason of a denial, at another gateway than the one that asked', async () => {
    const { id } = await ask();
    const message = await messageOf(id);
    const opened = slack.views.length;
    await post(world.demo.url, slack.pressed('U0BOB', message, DENY));
    await expect.poll(() => slack.views.length).toBe(opened + 1);
    const view = slack.views.at(-1) ?? expect.fail();
    const empty = await post(gatewayAt(1).url, slack.submitted('U0BOB', view, ' '));
    expect(await empty.json()).toMatchObject({ response_action: 'errors' });
    await post(gatewayAt(1).url, slack.submitted('U0BOB', view, 'use staging'));
    await expect.poll(() => stateOf(id)).toBe('denied');
    const { reviews } = await alice.api.call('getRequest', { params: { id } });
    expect(reviews).toMatchObject([{ reviewer: { name: 'bob' }, verdict: 'deny', reason: 'use staging' }]);
  });

  it('is nobody’s way around: forged, old, repeated, unknown, not a reviewer, the requester himself', async () => {
    const { id } = await ask();
    const message = await messageOf(id);
    const good = slack.pressed('U0BOB', message, APPROVE);
    const refused = async (call: SlackCall) => {
      const answer = await post(world.demo.url, call);
      expect(await answer.json()).toMatchObject({ error: { code: 'token_invalid' } });
    };
    await refused({ ...good, headers: { ...good.headers, 'x-slack-signature': `v0=${'0'.repeat(64)}` } });
    await refused({ ...good, body: good.body.replace('U0BOB', 'U0DAN') });
    const payload = JSON.parse(new URLSearchParams(good.body).get('payload') ?? '') as object;
    await refused(slack.sign(payload, { at: Date.now() - 301_000 }));
    slack.users.set('U0EVE', { email: 'eve@shop.example' });
    slack.users.set('U0MALLORY', { email: 'bob@shop.example', team: 'T0EVIL' });
    for (const [user, words] of [
      ['U0EVE', 'nobody at this gateway'],
      ['U0MALLORY', 'not of the workspace'],
      ['U0ALICE', 'nobody reviews their own request'],
    ] as const) {
      const call = slack.pressed(user, message, APPROVE);
      expect((await post(world.demo.url, call)).status).toBe(200);
      await expect.poll(() => slack.whispers.at(-1)).toContain(words);
      await refused(call);
    }
    expect(await stateOf(id)).toBe('pending');
  });

  it('does not stand in the way of Bob in the app', async () => {
    const { id } = await ask();
    await messageOf(id);
    await bob.api.call('createReview', { params: { id }, body: { verdict: 'deny', reason: 'no' } });
    await expect.poll(async () => JSON.stringify((await messageOf(id)).blocks)).toContain('Denied by');
  });

  it('lets Bob release a held statement, which is not shown to the channel', async () => {
    const grant = await alice.gets('orders-db', { profile: 'write', approvedBy: bob });
    const client = await alice.connect(await alice.tunnel('orders-db'));
    const heldOne = async () =>
      (await alice.api.call('listCommandReviews', { query: { scope: 'own', state: 'pending' } })).reviews[0]
        ?.id;

    const change = "update orders set status = 'cancelled' where id = -470011";
    const running = client.query(change);
    await expect.poll(heldOne).toBeDefined();
    const held = (await heldOne()) ?? expect.fail();
    const message = await messageOf(held);
    const shown = JSON.stringify(message.blocks);
    for (const words of ['sql.write public.orders', 'Alice Moreau', '1 of dba'])
      expect(shown).toContain(words);
    expect(shown).not.toContain('-470011');
    await post(world.demo.url, slack.pressed('U0BOB', message, APPROVE));
    expect((await running).command).toBe('UPDATE');
    await expect.poll(async () => JSON.stringify((await messageOf(held)).blocks)).toContain('Bob Okafor');

    const refused = client.query(change);
    await expect.poll(heldOne).toBeDefined();
    const second = await messageOf((await heldOne()) ?? expect.fail());
    await post(world.demo.url, slack.pressed('U0BOB', second, DENY));
    await expect.poll(() => slack.views.at(-1)?.view.private_metadata).toContain('cmd_');
    await post(
      world.demo.url,
      slack.submitted('U0BOB', slack.views.at(-1) ?? expect.fail(), 'not in production'),
    );
    await expect(refused).rejects.toMatchObject({
      code: '42501',
      message: expect.stringContaining('not in production'),
    });

    const urgent = client.query(change);
    await expect.poll(heldOne).toBeDefined();
    const third = (await heldOne()) ?? expect.fail();
    await alice.api.call('breakGlass', { params: { id: third }, body: { reason: 'the shop is down' } });
    expect((await urgent).command).toBe('UPDATE');
    await expect
      .poll(async () => JSON.stringify((await messageOf(third)).blocks))
      .toMatch(/went ahead without approval.*Told: security.*the shop is down/);
    const { ts } = await messageOf(third);
    await expect
      .poll(() => slack.messages.find(({ thread }) => thread === ts)?.text)
      .toBe('🚨 Alice Moreau went ahead without approval. Told: security.');
    await client.end();
    await alice.api.call('revokeGrant', { params: { id: grant.id }, body: {} });
  });
});
