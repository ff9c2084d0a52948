import type { AccessRequest } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AccessWorld, createDemoWorld } from '../../../../test/support/access-world.ts';
import { createNotifiedAccess, type NotifiedAccess } from '../../../../test/support/notified-access.ts';
import {
  type SlackCall,
  type SlackMessage,
  type SlackWorkspace,
  startSlackWorkspace,
} from '../../../../test/support/slack-workspace.ts';
import type { Caller } from '../../access/caller.ts';
import { ACTIONS } from './buttons.ts';
import type { Acknowledgement, Interactions } from './interactions.ts';

const SECOND = 1000;
const DAY = 86_400_000;
const PROD = { resource: 'orders-db', profile: 'read', duration: 1800, reason: 'INC-4821' };

let world: AccessWorld;
let slack: SlackWorkspace;
let at: NotifiedAccess;
let interactions: Interactions;
let audited: unknown[];
let alice: Caller;
let bob: Caller;
let gateways: NotifiedAccess[];

beforeEach(async () => {
  gateways = [];
  audited = [];
  world = await createDemoWorld();
  slack = await startSlackWorkspace(() => world.clock.now());
  alice = await member('alice', 'engineering');
  bob = await member('bob', 'dba');
  at = running();
  interactions = answering(at);
});
afterEach(async () => {
  await Promise.all(gateways.map(({ notifications }) => notifications.stop()));
  await slack.close();
  await world.close();
});

/** A person with an account in Slack, both with the same address. */
async function member(name: string, ...groups: string[]): Promise<Caller> {
  const person = await world.person(name, ...groups);
  const email = `${name}@shop.example`;
  await world.db
    .updateTable('users')
    .set({ email, email_verified: true })
    .where('id', '=', person.user.id)
    .execute();
  slack.users.set(idOf(name), { email: `${name.toUpperCase()}@shop.example` });
  return person;
}

const idOf = (name: string) => `U0${name.toUpperCase()}`;

function running(): NotifiedAccess {
  const { apiUrl, token, signingSecret, channel } = slack;
  const created = createNotifiedAccess(world, {
    slack: { apiUrl, token, signingSecret, channel, mentions: { dba: 'S0DBA' }, includeStatements: false },
  });
  gateways.push(created);
  created.notifications.start();
  return created;
}

function answering({ notifications, reviews }: NotifiedAccess): Interactions {
  const answers = notifications.interactions({
    review: (caller, id, review) => reviews.review(caller, id, review),
    vote: async () => expect.fail('no command is held'),
    audit: async (user, subject, details) => void audited.push({ user: user.name, subject, ...details }),
  });
  return answers ?? expect.fail('Slack is not configured.');
}

async function ask(wish: Partial<typeof PROD> = {}): Promise<AccessRequest> {
  const request = await at.requests.create(alice, { ...PROD, ...wish });
  at.notifications.wake();
  return request;
}

const posted = async (): Promise<SlackMessage> => {
  await expect.poll(() => slack.messages).toHaveLength(1);
  return slack.messages[0] ?? expect.fail();
};
const receive = async ({ headers, body }: SlackCall): Promise<Acknowledgement> => {
  const answer = await interactions.receive(headers, Buffer.from(body));
  await interactions.settled();
  at.notifications.wake();
  return answer;
};
const press = async (name: string, action: string = ACTIONS.approve) =>
  receive(slack.pressed(idOf(name), await posted(), action));
const grants = () => world.db.selectFrom('grants').select(['user_id', 'state']).execute();
const stateOf = async (id: string) =>
  (await world.db.selectFrom('access_requests').select(['id', 'state']).execute()).find(
    (row) => row.id === id,
  )?.state;
/** Everything that a message shows. */
const shown = (message: SlackMessage | undefined) => JSON.stringify(message?.blocks);
const buttonsOf = (message: SlackMessage | undefined) =>
  message?.blocks.flatMap((block) =>
    block.type === 'actions' ? (block.elements ?? []).map(({ action_id }) => action_id) : [],
  );

describe('a message', () => {
  it('says who wants what, why and for how long, and lets people decide', async () => {
    const { id } = await ask();
    const message = await posted();
    for (const words of ['Alice', 'orders-db', 'read', '30m', 'INC-4821', 'env: prod', '1 of dba'])
      expect(shown(message)).toContain(words);
    expect(buttonsOf(message)).toEqual([ACTIONS.approve, ACTIONS.deny, ACTIONS.open]);
    expect(shown(message)).toContain(`https://drawbridge.example.com/open/${id}`);
  });

  it('shows what people wrote as they wrote it, never as markup', async () => {
    const reason = '<!channel> *Approved by Bob* <https://evil.example|details> & `more`';
    await ask({ reason });
    const message = await posted();
    const quotes = message.blocks.flatMap(({ elements = [] }) =>
      elements.filter(({ type }) => type === 'rich_text_quote'),
    );
    expect(quotes).toEqual([{ type: 'rich_text_quote', elements: [{ type: 'text', text: reason }] }]);
    expect(message.text).not.toContain('<!channel>');
  });

  it('is not sent for what needs nobody', async () => {
    await ask({ resource: 'orders-staging' });
    await ask();
    expect(shown(await posted())).toContain('orders-db');
    await expect.poll(() => at.attempts.length).toBeGreaterThanOrEqual(3);
    expect(slack.messages).toHaveLength(1);
  });

  it('is sent when somebody went ahead without approval, with nothing left to decide', async () => {
    const cedar =
      '@approve("dba") @breakglass("security") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.approved };';
    await world.access.documents.bootstrap(
      [{ kind: 'Policy', name: 'production-needs-a-dba', cedar }],
      'always',
    );
    await at.requests.create(alice, { ...PROD, breakGlass: true, reason: 'the shop is down' });
    at.notifications.wake();
    const message = await posted();
    expect(shown(message)).toMatch(/went ahead without approval.*Told: security.*the shop is down/);
    expect(buttonsOf(message)).toEqual([ACTIONS.open]);
    await expect.poll(() => world.db.selectFrom('notifications').select('type').execute()).toEqual([]);
    expect(slack.messages).toHaveLength(1);
  });

  it('follows what becomes of the request elsewhere, and has no buttons to decide then', async () => {
    const { id } = await ask();
    await posted();
    await at.reviews.review(bob, id, { verdict: 'approve', duration: 600, reason: 'have a look' });
    at.notifications.wake();
    await expect.poll(() => buttonsOf(slack.messages[0])).toEqual([ACTIONS.open]);
    for (const words of ['Approved by', 'Bob', '10m', 'have a look'])
      expect(shown(slack.messages[0])).toContain(words);
  });

  it('is not sent for what was withdrawn before Slack could be told', async () => {
    slack.fail('chat.postMessage', { status: 503 });
    const { id } = await ask();
    await expect.poll(() => at.attempts).toEqual([['slack', 'failed']]);
    await at.requests.cancel(alice, id);
    await expect
      .poll(() => world.db.selectFrom('notifications').select('last_error').orderBy('seq').execute())
      .toEqual([{ last_error: expect.stringContaining('503') }, { last_error: null }]);
    world.clock.advance(5 * SECOND);
    at.notifications.wake();
    await expect.poll(() => at.attempts.length).toBe(3);
    expect(slack.messages).toEqual([]);
  });

  it('waits for as long as Slack asks, and is sent once', async () => {
    slack.fail('chat.postMessage', {
      status: 429,
      headers: { 'retry-after': '30' },
      body: { ok: false, error: 'ratelimited' },
    });
    await ask();
    await expect.poll(() => at.attempts).toEqual([['slack', 'failed']]);
    await expect
      .poll(() => world.db.selectFrom('notifications').select('due_at').execute())
      .toEqual([{ due_at: new Date(world.clock.now() + 30 * SECOND) }]);
    world.clock.advance(30 * SECOND);
    at.notifications.wake();
    await posted();
  });

  it('is answered, for all to see, when nobody decides and others are asked', async () => {
    const { id } = await ask();
    const { ts } = await posted();
    const entry = { actor: 'gateway' as const, action: 'request.escalated', subject: id };
    await world.db
      .transaction()
      .execute((transaction) => at.notifications.note(transaction, { kind: 'request', id }, entry));
    at.notifications.wake();
    await expect.poll(() => slack.messages.map(({ thread }) => thread)).toEqual([undefined, ts]);
    expect(slack.messages[1]?.text).toBe('Nobody has answered yet. Now asked: dba.');
    expect(shown(slack.messages[1])).toContain('"usergroup_id":"S0DBA"');
  });

  it('that somebody removed is not sent again', async () => {
    const { id } = await ask();
    await posted();
    slack.fail('chat.update', { body: { ok: false, error: 'message_not_found' } });
    await at.requests.cancel(alice, id);
    at.notifications.wake();
    await expect
      .poll(() => at.attempts)
      .toEqual([
        ['slack', 'delivered'],
        ['slack', 'delivered'],
      ]);
    expect(slack.messages).toHaveLength(1);
  });
});

describe('a pressed button', () => {
  it('approves as the person with that verified address: the grant is there, and the message says by whom', async () => {
    const { id } = await ask();
    expect(await press('bob')).toEqual({ status: 200 });
    expect(await grants()).toEqual([{ user_id: alice.user.id, state: 'approved' }]);
    await expect.poll(() => shown(slack.messages[0])).toContain('Approved by');
    expect(shown(slack.messages[0])).toContain('Bob');
    expect(slack.whispers).toEqual([]);
    expect(audited).toEqual([{ user: 'bob', subject: id, slackUser: 'U0BOB', verdict: 'approve' }]);
  });

  it('denies with the reason that a modal asks for', async () => {
    const { id } = await ask();
    await press('bob', ACTIONS.deny);
    const [view] = slack.views;
    if (!view) throw new Error('No modal was opened.');
    expect(await stateOf(id)).toBe('pending');
    expect(await receive(slack.submitted('U0BOB', view, '  '))).toEqual({
      status: 200,
      body: { response_action: 'errors', errors: { reason: expect.stringContaining('Say why') } },
    });
    expect(await stateOf(id)).toBe('pending');
    expect(await receive(slack.submitted('U0BOB', view, 'use \0\ud800staging'))).toEqual({ status: 200 });
    expect(await stateOf(id)).toBe('denied');
    await expect.poll(() => shown(slack.messages[0])).toContain('use staging');
  });

  it('does nothing where it only opens the app', async () => {
    const { id } = await ask();
    expect(await press('bob', ACTIONS.open)).toEqual({ status: 200 });
    expect(await stateOf(id)).toBe('pending');
    expect(slack.calls).not.toContain('users.info');
  });
});

describe('nobody decides', () => {
  let id: AccessRequest['id'];
  beforeEach(async () => {
    id = (await ask()).id;
    await posted();
  });
  afterEach(async () => {
    expect(await stateOf(id)).toBe('pending');
    expect(await grants()).toEqual([]);
  });

  it.each<[string, (call: SlackCall) => SlackCall]>([
    [
      'with a forged signature',
      (call) => ({ ...call, headers: { ...call.headers, 'x-slack-signature': 'v0=00' } }),
    ],
    ['with a body that was changed', (call) => ({ ...call, body: call.body.replace('U0BOB', 'U0CAROL') })],
    ['without a signature', ({ body }) => ({ headers: {}, body })],
  ])('%s', async (_name, change) => {
    const call = slack.pressed('U0BOB', await posted(), ACTIONS.approve);
    await expect(receive(change(call))).rejects.toMatchObject({ code: 'token_invalid', status: 401 });
    expect(slack.calls).not.toContain('users.info');
  });

  it('with the secret of another app, or with a call that is too old', async () => {
    const payload = {
      type: 'block_actions',
      user: { id: 'U0BOB' },
      trigger_id: 't',
      actions: [{ action_id: ACTIONS.approve, value: id }],
    };
    const old = slack.sign(payload, { at: world.clock.now() - 301 * SECOND });
    const other = slack.sign(payload, { secret: 'f'.repeat(32) });
    for (const call of [old, other])
      await expect(receive(call)).rejects.toMatchObject({ code: 'token_invalid' });
  });

  it('who has no account here', async () => {
    slack.users.set('U0EVE', { email: 'eve@shop.example' });
    await press('eve');
    expect(slack.whispers).toEqual([
      expect.stringContaining('nobody at this gateway has the verified e-mail'),
    ]);
    expect(slack.whispers[0]).toContain('Sign in to Drawbridge (https://drawbridge.example.com)');
  });

  it('whose address the identity provider does not vouch for', async () => {
    await world.db
      .updateTable('users')
      .set({ email_verified: false })
      .where('id', '=', bob.user.id)
      .execute();
    await press('bob');
    expect(slack.whispers).toEqual([expect.stringContaining('verified')]);
  });

  it('whose address Slack has not confirmed, or does not tell', async () => {
    slack.users.set('U0BOB', { email: 'bob@shop.example', confirmed: false });
    await press('bob');
    slack.users.set('U0BOB', {});
    await press('bob');
    expect(slack.whispers).toEqual([
      expect.stringContaining('not say that your e-mail address is confirmed'),
      expect.stringContaining('not say that your e-mail address is confirmed'),
    ]);
  });

  it('who shares the address with somebody else', async () => {
    const other = await world.person('robert', 'dba');
    await world.db
      .updateTable('users')
      .set({ email: 'Bob@Shop.example', email_verified: true })
      .where('id', '=', other.user.id)
      .execute();
    await press('bob');
    expect(slack.whispers).toEqual([expect.stringContaining('several people')]);
  });

  it.each([
    ['of another company, in a shared channel', { team: 'T0EVIL' }],
    ['whom Slack calls a stranger', { stranger: true }],
    ['whose account was closed', { deleted: true }],
  ])('%s, whatever their address', async (_name, account) => {
    slack.users.set('U0BOB', { email: 'bob@shop.example', ...account });
    await press('bob');
    expect(slack.whispers).toEqual([expect.stringContaining('not of the workspace')]);
  });

  it('whose groups may have changed since they signed in last', async () => {
    await world.db
      .updateTable('users')
      .set({ signed_in_at: new Date(world.clock.now() - 8 * DAY) })
      .where('id', '=', bob.user.id)
      .execute();
    await press('bob');
    expect(slack.whispers).toEqual([expect.stringContaining('groups may have changed')]);
  });

  it('on their own request', async () => {
    await press('alice');
    expect(slack.whispers).toEqual([expect.stringContaining('nobody reviews their own request')]);
  });

  it('whom policy does not let review', async () => {
    await member('dan');
    await press('dan');
    expect(slack.whispers).toEqual([expect.stringContaining('Nothing was decided')]);
  });

  it('before it is known who they are: no modal opens for a stranger', async () => {
    slack.users.set('U0EVE', { email: 'eve@shop.example' });
    await press('eve', ACTIONS.deny);
    expect(slack.views).toEqual([]);
    expect(slack.whispers).toHaveLength(1);
  });

  it('while Slack does not say who pressed, and whoever pressed is told so', async () => {
    slack.fail('users.info', { body: { ok: false, error: 'missing_scope' } });
    await press('bob');
    expect(slack.whispers).toEqual([expect.stringContaining('missing_scope')]);
  });

  it('and nothing is told to an address that is not Slack’s', async () => {
    await receive(
      slack.sign({
        type: 'block_actions',
        user: { id: 'U0EVE' },
        trigger_id: 't',
        response_url: 'http://127.0.0.1:9/respond',
        actions: [{ action_id: ACTIONS.approve, value: id }],
      }),
    );
    expect(at.log.at(-1)).toContain('could not be told');
  });
});

describe('a call of Slack’s', () => {
  it('is taken once, whichever gateway it is repeated at', async () => {
    const { id } = await ask();
    const call = slack.pressed('U0ALICE', await posted(), ACTIONS.approve);
    await receive(call);
    expect(slack.whispers).toHaveLength(1);
    await expect(receive(call)).rejects.toMatchObject({ code: 'token_invalid' });
    interactions = answering(running());
    await expect(receive(call)).rejects.toMatchObject({ code: 'token_invalid' });
    expect(slack.whispers).toHaveLength(1);
    expect(await stateOf(id)).toBe('pending');
  });

  it.each([
    ['of a kind that is not ours', { type: 'message_action', user: { id: 'U0BOB' } }],
    [
      'with a button of something else',
      {
        type: 'block_actions',
        user: { id: 'U0BOB' },
        trigger_id: 't',
        actions: [{ action_id: 'x', value: 'y' }],
      },
    ],
    [
      'with an id that is none',
      {
        type: 'block_actions',
        user: { id: 'U0BOB' },
        trigger_id: 't',
        actions: [{ action_id: ACTIONS.approve, value: 'req_1' }],
      },
    ],
    [
      'with a modal of something else',
      {
        type: 'view_submission',
        user: { id: 'U0BOB' },
        view: { callback_id: 'x', private_metadata: '', state: { values: {} } },
      },
    ],
  ])('%s is acknowledged, and nothing is done', async (_name, payload) => {
    expect(await receive(slack.sign(payload))).toEqual({ status: 200 });
    expect(slack.calls).toEqual([]);
  });
});
