import type { CommandReviewId, NewCommandVote } from '@drawbridge/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  approve,
  type CommandWorld,
  createCommandWorld,
  EXPIRY,
  type Waiting,
} from '../../../test/support/command-world.ts';
import type { Caller } from './caller.ts';

let commands: CommandWorld;
let held: Waiting;
beforeEach(async () => {
  commands = await createCommandWorld();
});
afterEach(() => commands.close());

const vote = (caller: Caller, verdict: NewCommandVote = { verdict: 'approve' }) =>
  commands.gateway.reviews.vote(caller, held.review.id, verdict);
const person = (name: string, ...groups: string[]) => commands.world.person(name, ...groups);
const stored = () => commands.row(held);

describe('one approval', () => {
  beforeEach(async () => {
    held = await commands.hold();
  });

  it('lets it run', async () => {
    expect(await vote(commands.bob, { verdict: 'approve', reason: 'looks right' })).toMatchObject({
      state: 'approved',
      reviewable: false,
      votes: [{ reviewer: { name: 'bob' }, verdict: 'approve', reason: 'looks right' }],
    });
    expect(await held.outcome).toMatchObject({ state: 'approved' });
  });

  it('is never the own one, also of somebody who could review others', async () => {
    const both = { ...commands.alice, user: { ...commands.alice.user, groups: ['engineering', 'dba'] } };
    await expect(vote(both)).rejects.toMatchObject({ code: 'self_review' });
    expect(await stored()).toMatchObject({ state: 'pending' });
  });

  it('counts only from a group that was asked', async () => {
    await expect(vote(await person('carol', 'security', 'auditor'))).rejects.toMatchObject({
      code: 'not_a_reviewer',
      details: { hint: 'It waits for dba.' },
    });
  });

  it('counts only where policy lets the person review', async () => {
    await commands.world.access.documents.bootstrap(
      [
        {
          kind: 'Policy',
          name: 'dba-reviews',
          cedar:
            'permit (principal in Group::"dba", action == Action::"access.review", resource in Label::"env:prod");',
        },
      ],
      'always',
    );
    await expect(vote(commands.bob)).rejects.toMatchObject({ code: 'not_found' });
    expect(await stored()).toMatchObject({ state: 'pending' });
  });

  it('of what somebody may not see looks like one that is not there', async () => {
    await expect(vote(await person('dan'))).rejects.toMatchObject({ code: 'not_found' });
    const absent = held.review.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) as CommandReviewId;
    await expect(
      commands.gateway.reviews.vote(commands.bob, absent, { verdict: 'approve' }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  it('replayed says already_reviewed', async () => {
    await vote(commands.bob);
    await expect(vote(commands.bob)).rejects.toMatchObject({ code: 'already_reviewed' });
  });

  it('by a second person after the first says not_pending', async () => {
    await vote(commands.bob);
    await expect(vote(await person('beth', 'dba'))).rejects.toMatchObject({ code: 'not_pending' });
  });

  it('comes too late once the time is over', async () => {
    commands.world.clock.advance(EXPIRY * 1000);
    await expect(vote(commands.bob)).rejects.toMatchObject({ code: 'not_pending' });
  });

  it('and a denial at once, at two gateways, leave one of the two', async () => {
    const there = await commands.another();
    const beth = await person('beth', 'dba');
    const results = await Promise.allSettled([
      vote(commands.bob),
      there.reviews.vote(beth, held.review.id, { verdict: 'deny' }),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await held.outcome).state).toBe((await stored()).state);
  });

  it('by the same person at two gateways at once is one vote', async () => {
    const there = await commands.another();
    const results = await Promise.allSettled([
      vote(commands.bob),
      there.reviews.vote(commands.bob, held.review.id, { verdict: 'approve' }),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await commands.world.db.selectFrom('command_votes').selectAll().execute()).toHaveLength(1);
  });
});

describe('a denial', () => {
  it('ends the wait, whatever else was said, with its reason or without', async () => {
    held = await commands.hold({ needs: [approve(['dba', 'security'], { count: 2 })] });
    await vote(commands.bob);
    expect(await vote(await person('carol', 'security'), { verdict: 'deny', reason: '' })).toMatchObject({
      state: 'denied',
    });
    expect(await held.outcome).toMatchObject({ state: 'denied', by: [{ name: 'carol' }] });
    expect(await commands.audited(held)).toEqual(['command.held', 'command.reviewed', 'command.denied']);
  });
});

describe('a quorum of two', () => {
  beforeEach(async () => {
    held = await commands.hold({ needs: [approve(['dba', 'security'], { count: 2 })] });
  });

  it('counts somebody in both groups once', async () => {
    const both = await person('bella', 'dba', 'security');
    expect(await vote(both)).toMatchObject({ state: 'pending', reviewable: false });
    await expect(vote(both)).rejects.toMatchObject({ code: 'already_reviewed' });
    expect(await stored()).toMatchObject({ state: 'pending' });
  });

  it('is met by two people, at whatever gateways', async () => {
    const there = await commands.another();
    const carol = await person('carol', 'security');
    await Promise.all([
      vote(commands.bob),
      there.reviews.vote(carol, held.review.id, { verdict: 'approve' }),
    ]);
    const { state, by } = await held.outcome;
    expect([state, by.map(({ name }) => name).sort()]).toEqual(['approved', ['bob', 'carol']]);
  });
});

describe('several policies', () => {
  it('each need somebody of their own groups', async () => {
    held = await commands.hold({ needs: [approve('dba'), approve('security', { policy: 'other' })] });
    expect(await vote(commands.bob)).toMatchObject({ state: 'pending' });
    await expect(vote(await person('beth', 'dba'))).rejects.toMatchObject({
      code: 'not_a_reviewer',
      details: { hint: 'It waits for security.' },
    });
    expect(await vote(await person('carol', 'security'))).toMatchObject({ state: 'approved' });
  });
});

describe('escalation', () => {
  const needs = [approve('dba', { escalate: { after: 120, groups: ['oncall'] } })];
  beforeEach(async () => {
    held = await commands.hold({ needs });
  });

  it('asks further groups when nobody decided for so long', async () => {
    const olga = await person('olga', 'oncall');
    await expect(commands.gateway.reviews.get(olga, held.review.id)).rejects.toMatchObject({
      code: 'not_found',
    });
    commands.world.clock.advance(120_000);
    await expect.poll(() => commands.audited(held)).toEqual(['command.held', 'command.escalated']);
    await expect.poll(() => commands.gateway.heard).toHaveLength(2);
    expect(await commands.gateway.reviews.get(olga, held.review.id)).toMatchObject({
      reviewable: true,
      escalatedAt: new Date(commands.world.clock.now()).toISOString(),
      needs: [{ groups: ['dba', 'oncall'] }],
    });
    expect(await commands.gateway.reviews.list(olga, { limit: 10, scope: 'reviewable' })).toHaveLength(1);
    expect(await vote(olga)).toMatchObject({ state: 'approved' });
    expect(await held.outcome).toMatchObject({ state: 'approved', by: [{ name: 'olga' }] });
  });

  it('still takes the word of those who were asked first', async () => {
    commands.world.clock.advance(120_000);
    await expect.poll(() => commands.audited(held)).toContain('command.escalated');
    expect(await vote(commands.bob)).toMatchObject({ state: 'approved' });
  });

  it('does not happen once it is decided', async () => {
    await vote(commands.bob);
    await held.outcome;
    commands.world.clock.advance(120_000);
    await commands.gateway.expiry.wake();
    expect(await commands.audited(held)).toEqual(['command.held', 'command.approved', 'command.released']);
  });

  it('happens once, however many gateways see the moment come', async () => {
    const others = await Promise.all([commands.another(), commands.another()]);
    commands.world.clock.advance(120_000);
    await Promise.all([commands.gateway, ...others].map(({ expiry }) => expiry.wake()));
    expect(await commands.audited(held)).toEqual(['command.held', 'command.escalated']);
  });

  it('covers what policy asks now only where that has escalated as well', async () => {
    commands.world.clock.advance(120_000);
    await expect.poll(() => commands.audited(held)).toContain('command.escalated');
    await vote(await person('olga', 'oncall'));
    const { covers } = await held.outcome;
    expect(covers(needs)).toBe(true);
    expect(covers([approve('dba')])).toBe(false);
    expect(covers([approve('dba', { escalate: { after: 121, groups: ['oncall'] } })])).toBe(false);
  });
});

describe('breaking glass', () => {
  const breakable = approve('dba', { breakGlass: ['security'] });
  const breakGlass = (caller = commands.alice) =>
    commands.gateway.reviews.breakGlass(caller, held.review.id, 'orders stand still');

  it('lets it run at once, marked, and those to be told see it', async () => {
    held = await commands.hold({ needs: [breakable] });
    const carol = await person('carol', 'security');
    const shown = () => commands.gateway.reviews.get(carol, held.review.id);
    await expect(shown()).rejects.toMatchObject({ code: 'not_found' });
    const glass = {
      reason: 'orders stand still',
      told: ['security'],
      at: new Date(commands.world.clock.now()).toISOString(),
    };
    expect(await breakGlass()).toMatchObject({ state: 'approved', breakable: false, brokenGlass: glass });
    expect(await held.outcome).toMatchObject({
      state: 'approved',
      brokenGlass: true,
      by: [],
      reason: 'orders stand still',
    });
    expect(await shown()).toMatchObject({ brokenGlass: glass, reviewable: false });
    const listed = await commands.gateway.reviews.list(carol, { limit: 10, scope: 'all' });
    expect(listed.map(({ id }) => id)).toEqual([held.review.id]);
    const [event] = await commands.world.db
      .selectFrom('audit_events')
      .selectAll()
      .where('action', '=', 'command.glass-broken')
      .execute();
    expect(event).toMatchObject({
      subject: held.review.id,
      reason: 'orders stand still',
      details: { told: ['security'] },
      address: '192.0.2.10',
    });
  });

  it('is for its sender alone', async () => {
    held = await commands.hold({ needs: [breakable] });
    await expect(breakGlass(commands.bob)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await commands.gateway.reviews.get(commands.bob, held.review.id)).toMatchObject({
      breakable: false,
      reviewable: true,
    });
  });

  it('needs every policy that asks for an approval to offer it', async () => {
    held = await commands.hold({ needs: [breakable, approve('security', { policy: 'other' })] });
    expect(held.review.breakable).toBe(false);
    await expect(breakGlass()).rejects.toMatchObject({ code: 'policy_denied' });
    expect(await stored()).toMatchObject({ state: 'pending' });
  });

  it('is over once it is decided', async () => {
    held = await commands.hold({ needs: [breakable] });
    await vote(commands.bob, { verdict: 'deny' });
    await expect(breakGlass()).rejects.toMatchObject({ code: 'not_pending' });
  });

  it('covers only policies that offer it, and tell no others than were told', async () => {
    held = await commands.hold({ needs: [breakable] });
    await breakGlass();
    const { covers } = await held.outcome;
    expect(covers([breakable])).toBe(true);
    expect(covers([approve('dba')])).toBe(false);
    expect(covers([approve('dba', { breakGlass: ['security', 'board'] })])).toBe(false);
    expect(covers([breakable, { kind: 'justify', ticket: true, policy: 'ticket' }])).toBe(false);
  });
});

describe('withdrawing', () => {
  beforeEach(async () => {
    held = await commands.hold();
  });

  it('is for its sender, while it waits', async () => {
    await expect(commands.gateway.reviews.withdraw(commands.bob, held.review.id)).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await commands.gateway.reviews.withdraw(commands.alice, held.review.id)).toMatchObject({
      state: 'withdrawn',
      stateReason: 'its sender withdrew it',
    });
    expect(await held.outcome).toMatchObject({ state: 'withdrawn' });
    await expect(commands.gateway.reviews.withdraw(commands.alice, held.review.id)).rejects.toMatchObject({
      code: 'not_pending',
    });
  });
});

describe('what people see', () => {
  it('is their own, what they may review or voted on, and all with admin.read', async () => {
    held = await commands.hold();
    const [carol, dan, erin] = await Promise.all([
      person('carol', 'security'),
      person('dan'),
      person('erin', 'auditor'),
    ]);
    const list = async (caller: Caller, scope: 'own' | 'reviewable' | 'all') =>
      (await commands.gateway.reviews.list(caller, { limit: 10, scope })).length;
    const seen = async (caller: Caller) => [
      await list(caller, 'own'),
      await list(caller, 'reviewable'),
      await list(caller, 'all'),
    ];
    expect(await seen(commands.alice)).toEqual([1, 0, 1]);
    expect(await seen(commands.bob)).toEqual([0, 1, 1]);
    expect(await seen(carol)).toEqual([0, 0, 0]);
    expect(await seen(dan)).toEqual([0, 0, 0]);
    expect(await seen(erin)).toEqual([0, 0, 1]);
    await vote(commands.bob);
    // Who voted goes on seeing it, also without the group.
    const bob = await person('bob');
    expect(await seen(bob)).toEqual([0, 0, 1]);
  });

  it('can be narrowed to a state or a session, newest first', async () => {
    const other = await commands.openSession();
    const first = await commands.hold();
    commands.world.clock.advance(1000);
    held = await commands.hold({ session: other });
    await vote(commands.bob);
    const list = async (filter: object) =>
      (await commands.gateway.reviews.list(commands.alice, { limit: 10, scope: 'all', ...filter })).map(
        ({ id }) => id,
      );
    expect(await list({})).toEqual([held.review.id, first.review.id]);
    expect(await list({ session: other.id })).toEqual([held.review.id]);
    expect(await list({ state: 'approved' })).toEqual([held.review.id]);
    expect(await list({ state: 'pending' })).toEqual([first.review.id]);
    await commands.closeSession();
    expect(await list({ state: 'pending' })).toEqual([]);
    expect(await list({ state: 'withdrawn' })).toEqual([first.review.id]);
  });

  it('arrives by the event stream for each as they may see it', async () => {
    held = await commands.hold();
    const view = await commands.gateway.reviews.watch(held.review.id);
    expect(view(commands.alice.user)).toMatchObject({ reviewable: false });
    expect(view(commands.bob.user)).toMatchObject({ reviewable: true });
    expect(view((await person('dan')).user)).toBeUndefined();
    await vi.waitFor(() => expect(commands.gateway.heard).toContain(held.review.id));
  });
});
