import { type CommandReview, CommandReviewId, GrantId, SessionId, UserId } from '@drawbridge/contract';
import { uuidv7 } from 'uuidv7';
import { describe, expect, it } from 'vitest';
import { assertBlocks } from '../../../../test/support/slack-blocks.ts';
import { webhookBody } from '../webhook/webhook-body.ts';
import { ACTIONS } from './buttons.ts';
import { commandMessage } from './command-message.ts';
import { fitted } from './message-size.ts';

const person = (name: string) => ({
  kind: 'user' as const,
  id: UserId.parse(`usr_${uuidv7()}`),
  name,
  displayName: `${name} <&> *bold*`,
});

const held = (more: Partial<CommandReview> = {}): CommandReview => ({
  id: CommandReviewId.parse(`cmd_${uuidv7()}`),
  sessionId: SessionId.parse(`ses_${uuidv7()}`),
  grantId: GrantId.parse(`grt_${uuidv7()}`),
  principal: person('alice'),
  resource: 'orders-db',
  protocol: 'postgres',
  labels: { env: 'prod' },
  profile: 'write',
  grantReason: 'INC-4821',
  kind: 'statement',
  text: "delete from customers where email = 'jo@example.com' -- ``` <!channel>",
  truncated: false,
  parameters: ['4711', null],
  actions: [{ name: 'sql.write', object: 'public.customers' }],
  hasWhere: true,
  estimatedRows: 3,
  needs: [{ kind: 'approve', count: 2, groups: ['dba', 'security'], policy: 'p' }],
  policies: ['p'],
  votes: [],
  state: 'pending',
  reviewable: false,
  breakable: false,
  createdAt: '2026-01-05T12:00:00.000Z',
  expiresAt: '2026-01-05T12:05:00.000Z',
  ...more,
});

const PUBLIC = { publicUrl: 'https://drawbridge.example.com', mentions: { dba: 'S0DBA' } };
const message = (review: CommandReview, includeStatements = true, decidable = true) => {
  const content = commandMessage(review, { ...PUBLIC, includeStatements, decidable });
  expect(assertBlocks(content.text, content.blocks)).toBeUndefined();
  return { ...content, shown: JSON.stringify(content.blocks) };
};

describe('the message of a held command', () => {
  it('shows the statement in a code block, its parameters, and what it would do', () => {
    const review = held();
    const { blocks, shown } = message(review);
    expect(blocks[0]).toMatchObject({
      elements: expect.arrayContaining([
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: review.text }] },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: '$1 = 4711\n$2 = NULL' }] },
      ]),
    });
    for (const words of ['sql.write public.customers', 'about 3 rows', '2 of dba, security', 'INC-4821'])
      expect(shown).toContain(words);
    expect(shown).toContain(ACTIONS.approve);
  });

  it('shows neither statement nor parameters unless told to', () => {
    const { shown, text } = message(held(), false);
    expect(`${shown}${text}`).not.toMatch(/jo@example|delete from|4711/);
    expect(shown).toContain('sql.write public.customers');
  });

  it('is its gist where all of it would be too long for Slack', () => {
    const whole = message(held({ text: '\u0001'.repeat(2500) }));
    const { text, blocks } = fitted(whole);
    expect(assertBlocks(text, blocks)).toBeUndefined();
    expect(JSON.stringify(blocks).length).toBeLessThan(12_000);
    expect(blocks.at(-1)).toEqual(whole.blocks.at(-1));
    expect(JSON.stringify(blocks)).toContain('It is too long to be shown here');
  });

  it('has nothing to press but the way into the app where nobody decides in Slack', () => {
    const { shown } = message(held(), true, false);
    expect(shown).not.toContain(ACTIONS.approve);
    expect(shown).toContain(ACTIONS.open);
  });

  it('alerts those in Slack who may decide, and nobody once it is decided', () => {
    const alert = '{"type":"usergroup","usergroup_id":"S0DBA"}';
    expect(message(held()).shown).toContain(alert);
    expect(message(held({ state: 'withdrawn' })).shown).not.toContain(alert);
  });

  it('says that a statement without WHERE has none', () => {
    expect(message(held({ hasWhere: false })).shown).toContain('without WHERE');
  });

  it('cuts what is long and says so, within what Slack takes', () => {
    const { shown } = message(
      held({
        text: '𝒔'.repeat(10_000),
        parameters: Array.from({ length: 100 }, () => 'v'.repeat(500)),
        actions: Array.from({ length: 200 }, (_, index) => ({
          name: 'sql.read',
          object: `public.table_${index}`,
        })),
        grantReason: 'r'.repeat(2000),
      }),
    );
    expect(shown).toContain('It goes on; an approval covers all of it');
    expect(shown.length).toBeLessThan(12_000);
  });

  it.each<[CommandReview['state'], Partial<CommandReview>, RegExp]>([
    [
      'approved',
      { votes: [{ reviewer: person('bob'), verdict: 'approve', createdAt: '2026-01-05T12:01:00.000Z' }] },
      /Approved by .*bob/,
    ],
    [
      'denied',
      {
        votes: [
          {
            reviewer: person('bob'),
            verdict: 'deny',
            reason: 'not now',
            createdAt: '2026-01-05T12:01:00.000Z',
          },
        ],
      },
      /Denied by .*bob.*not now/,
    ],
    ['expired', {}, /Not decided in time/],
    ['withdrawn', { stateReason: 'the client cancelled it' }, /Withdrawn.*cancelled it/],
  ])('that is %s has nothing to decide any more', (state, more, words) => {
    const { shown } = message(held({ state, ...more }));
    expect(shown).toMatch(words);
    expect(shown).not.toContain(ACTIONS.approve);
    expect(shown).toContain(ACTIONS.open);
  });

  it('says that somebody went ahead without approval, and who was told', () => {
    const brokenGlass = { reason: 'the shop is down', at: '2026-01-05T12:01:00.000Z', told: ['security'] };
    const { shown } = message(held({ state: 'approved', brokenGlass }));
    expect(shown).toMatch(/went ahead without approval.*security.*the shop is down/);
  });
});

describe('a webhook about a held command', () => {
  const event = (review: CommandReview) => ({
    id: 'evt_1',
    type: 'command.held',
    at: new Date(0),
    subject: review.id,
    object: { kind: 'command' as const, review },
  });

  it('has what it does but not its text, unless told to', () => {
    const body = webhookBody(event(held()), { gateway: 'production', includeStatements: false });
    expect(body).not.toMatch(/jo@example|delete from|4711/);
    expect(JSON.parse(body).data.commandReview).toMatchObject({
      actions: [{ name: 'sql.write' }],
      state: 'pending',
    });
    expect(webhookBody(event(held()), { gateway: 'production', includeStatements: true })).toContain(
      'jo@example',
    );
  });
});
