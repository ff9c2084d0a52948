import { describe, expect, it } from 'vitest';
import { people } from '../dev/people.ts';
import { isUsable } from '../state/grant-time.ts';
import { at, grant, now, request, review } from '../test-support/objects.ts';
import { grantEnding, pastAccess, requestEnding } from './grant-ending.ts';

const me = people.alice.id;

describe('grantEnding', () => {
  it('names who ended it, and quotes why', () => {
    const revoked = grant(1, {
      state: 'revoked',
      endedAt: at(-1),
      endedBy: people.carol,
      endReason: 'Use the export.',
    });
    expect(grantEnding(revoked, me)).toEqual({
      text: 'Revoked by Carol Lindqvist',
      tone: 'denied',
      at: at(-1),
      said: 'Use the export.',
    });
    expect(grantEnding(grant(1, { state: 'ended', endedBy: people.alice }), me).text).toBe('Ended by you');
  });
  it('tells a grant that ran out from one that was never used', () => {
    expect(grantEnding(grant(1, { state: 'expired', activatedAt: at(-90) }), me).text).toBe(
      'The time is over',
    );
    expect(grantEnding(grant(1, { state: 'expired' }), me).text).toBe('Not used in time');
  });
});

it('quotes why a request was denied', () => {
  const denied = request(1, {
    state: 'denied',
    reviews: [review(1, people.bob, 'deny', { reason: 'Not today.' })],
  });
  expect(requestEnding(denied)).toMatchObject({
    text: 'Denied by Bob Okafor',
    tone: 'denied',
    said: 'Not today.',
  });
});

it('lists what is over, newest first, and only one’s own', () => {
  const past = pastAccess(
    [
      grant(1, { state: 'expired', endedAt: at(-60), activatedAt: at(-120) }),
      grant(2),
      grant(3, { state: 'ended', endedAt: at(-5), principal: people.bob }),
    ],
    [
      request(4, { state: 'denied', decidedAt: at(-30) }),
      request(5, { state: 'approved', decidedAt: at(-20) }),
      request(6),
      request(7, { state: 'cancelled', decidedAt: at(-10), principal: people.dan }),
    ],
    me,
    (candidate) => isUsable(candidate, now),
  );
  expect(past.map((entry) => entry.id)).toEqual([request(4).id, grant(1).id]);
});
