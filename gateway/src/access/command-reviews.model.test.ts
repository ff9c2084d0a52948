import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  approve,
  type CommandWorld,
  createCommandWorld,
  EXPIRY,
} from '../../../test/support/command-world.ts';
import type { Caller } from './caller.ts';

let commands: CommandWorld;
beforeEach(async () => {
  commands = await createCommandWorld();
});
afterEach(() => commands.close());

const PEOPLE = {
  alice: ['engineering'],
  bob: ['dba'],
  beth: ['dba'],
  bella: ['dba', 'security'],
  carol: ['security'],
  olga: ['oncall'],
  dan: [],
} as const;
type Name = keyof typeof PEOPLE;

/** What somebody does, or what happens. */
type Step =
  | { readonly do: 'approve' | 'deny' | 'withdraw' | 'break'; readonly who: Name }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'cancel' | 'close' | 'resync' };

const who = fc.constantFrom(...(Object.keys(PEOPLE) as Name[]));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('approve' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('deny', 'withdraw', 'break'), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.nat(150) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('cancel', 'close', 'resync') }) },
);
const needs = fc.constantFrom(
  [approve('dba')],
  [approve(['dba', 'security'], { count: 2 })],
  [approve('dba'), approve('security', { policy: 'other' })],
  [approve('dba', { breakGlass: ['security'] })],
  [approve('dba', { escalate: { after: 120, groups: ['oncall'] }, breakGlass: ['security'] })],
  [approve('dba', { breakGlass: ['security'] }), approve('security', { policy: 'other' })],
);

/** Everybody who could have said yes by then, worked out apart from the code under test. */
function enough(
  requirements: readonly ReturnType<typeof approve>[],
  approvals: readonly { readonly who: Name; readonly at: number }[],
  end: number,
): boolean {
  return requirements.every((need) => {
    if (need.kind !== 'approve') return false;
    const groups = new Set(need.groups);
    if (need.escalate && end >= need.escalate.after)
      for (const group of need.escalate.groups) groups.add(group);
    const people = new Set(
      approvals
        .filter(({ who: name }) => PEOPLE[name].some((group) => groups.has(group)))
        .map((each) => each.who),
    );
    return people.size >= need.count;
  });
}

it('nothing runs without the approvals of enough different people, or broken glass, and nothing runs twice', async () => {
  const there = await commands.another();
  const callers = Object.fromEntries(
    await Promise.all(
      Object.entries(PEOPLE).map(async ([name, groups]) => [
        name,
        await commands.world.person(name, ...groups),
      ]),
    ),
  ) as Record<Name, Caller>;
  let ran = 0;
  await fc.assert(
    fc.asyncProperty(needs, fc.array(step, { maxLength: 12 }), async (requirements, steps) => {
      const session = await commands.openSession();
      const held = await commands.hold({ needs: requirements, session });
      const { id } = held.review;
      let elapsed = 0;
      let closed = false;
      let glass = false;
      const approvals: { who: Name; at: number }[] = [];
      for (const [n, each] of steps.entries()) {
        const { reviews } = n % 2 === 0 ? commands.gateway : there;
        switch (each.do) {
          case 'approve':
          case 'deny': {
            const voted = await reviews
              .vote(callers[each.who], id, { verdict: each.do })
              .catch(() => undefined);
            if (voted && each.do === 'approve') approvals.push({ who: each.who, at: elapsed });
            break;
          }
          case 'withdraw':
            await reviews.withdraw(callers[each.who], id).catch(() => undefined);
            break;
          case 'break':
            if (await reviews.breakGlass(callers[each.who], id, 'urgent').catch(() => undefined))
              glass = true;
            break;
          case 'wait':
            commands.world.clock.advance(each.seconds * 1000);
            elapsed += each.seconds;
            await there.expiry.wake();
            break;
          case 'cancel':
            held.cancel();
            break;
          case 'close':
            if (!closed) await commands.closeSession(session);
            closed = true;
            break;
          case 'resync':
            commands.gateway.holds.heard({ kind: 'resync' });
            break;
          default:
            each satisfies never;
        }
      }
      // What was decided arrives by itself, and only then time goes on; of a session that a gateway left when it died
      // one hears once another looks.
      await there.expiry.wake();
      if ((await commands.seen(held)).state !== 'pending') await held.outcome;
      commands.world.clock.advance(EXPIRY * 1000);
      const { state } = await held.outcome;
      await commands.gateway.holds.close();
      const { used_at } = await commands.row(held);
      const released = (await commands.audited(held)).filter((action) => action === 'command.released');
      if (state === 'approved') {
        ran += 1;
        expect(glass ? requirements.every((need) => need.kind === 'approve' && need.breakGlass) : true).toBe(
          true,
        );
        expect(glass || enough(requirements, approvals, elapsed)).toBe(true);
        expect(approvals.every(({ who: name }) => name !== 'alice' && name !== 'dan')).toBe(true);
        expect(approvals.every(({ at }) => at < EXPIRY)).toBe(true);
        expect(used_at).toBeInstanceOf(Date);
        expect(released).toHaveLength(1);
      } else {
        expect(released).toHaveLength(used_at === null ? 0 : 1);
      }
      // What is over stays so, whatever anybody says.
      for (const name of ['alice', 'bob', 'bella'] as const)
        await expect(
          commands.gateway.reviews.vote(callers[name], id, { verdict: 'approve' }),
        ).rejects.toMatchObject({
          code: expect.stringMatching(/^(not_pending|not_found|self_review|already_reviewed)$/),
        });
      expect((await commands.row(held)).used_at).toEqual(used_at);
    }),
    { numRuns: 80 },
  );
  expect(ran).toBeGreaterThan(0);
}, 120_000);
