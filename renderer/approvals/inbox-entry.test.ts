import { expect, it } from 'vitest';
import { people } from '../dev/people.ts';
import { at, commandReview, request } from '../test-support/objects.ts';
import { heldOutcome, wantsText } from './held-words.ts';
import { decidedEntries } from './inbox-entry.ts';

it('shows what of others is over, requests and held statements together, newest first', () => {
  const entries = decidedEntries(
    [
      request(1, { state: 'approved', decidedAt: at(-3) }),
      request(2),
      request(3, { state: 'denied', principal: people.bob }),
    ],
    [commandReview(4, { state: 'denied', decidedAt: at(-1) }), commandReview(5)],
    people.bob.id,
  );
  expect(entries.map(({ kind, id }) => [kind, id.slice(-1)])).toEqual([
    ['held', '4'],
    ['request', '1'],
  ]);
});

it('says what became of a held statement', () => {
  const outcome = (rest: Parameters<typeof commandReview>[1]) =>
    heldOutcome(commandReview(1, rest), people.bob.id).text;
  const vote = (verdict: 'approve' | 'deny', reviewer = people.bob) => [
    { reviewer, verdict, createdAt: at(0) },
  ];
  expect(outcome({})).toBe('Held statement');
  expect(outcome({ state: 'approved', votes: vote('approve') })).toBe('Approved by you');
  expect(outcome({ state: 'denied', votes: vote('deny', people.carol) })).toBe('Denied by Carol');
  expect(outcome({ state: 'expired' })).toBe('Not answered');
  expect(outcome({ state: 'withdrawn' })).toBe('Withdrawn');
  const brokenGlass = { reason: 'Down', at: at(0), told: ['security'] };
  expect(outcome({ state: 'approved', brokenGlass })).toBe('Broken glass');
});

it('says what somebody wants', () => {
  expect(wantsText({ kind: 'statement', state: 'pending' })).toBe('wants to run one statement');
  expect(wantsText({ kind: 'forward', state: 'denied' })).toBe('wanted to open one connection');
});
