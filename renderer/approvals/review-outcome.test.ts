import { expect, it } from 'vitest';
import { people } from '../dev/people.ts';
import { request, review } from '../test-support/objects.ts';
import { reviewOutcome, shortest } from './review-outcome.ts';
import { sessionSummary } from './session-summary.ts';

const outcome = (rest: Parameters<typeof request>[1]) => reviewOutcome(request(1, rest), people.bob.id).text;

it('says who decided, and what became of the time', () => {
  expect(outcome({ state: 'approved', reviews: [review(1, people.bob, 'approve')] })).toBe('Approved by you');
  expect(
    outcome({ state: 'approved', reviews: [review(1, people.carol, 'approve', { duration: 1200 })] }),
  ).toBe('Shortened to 20 min by Carol');
  expect(outcome({ state: 'denied', reviews: [review(1, people.carol, 'deny')] })).toBe('Denied by Carol');
  expect(outcome({ state: 'approved', reviews: [] })).toBe('Granted by policy');
  expect(outcome({ state: 'expired' })).toBe('Lapsed');
  expect(outcome({ state: 'cancelled' })).toBe('Withdrawn');
});

it('takes the shortest of several approvals', () => {
  const reviews = [
    review(1, people.bob, 'approve', { duration: 1800 }),
    review(2, people.carol, 'approve', { duration: 900 }),
  ];
  expect(shortest({ duration: 3600, reviews })).toBe(900);
  expect(shortest({ duration: 3600, reviews: [review(1, people.bob, 'approve')] })).toBeUndefined();
});

it('sums up a session', () => {
  expect(sessionSummary({ statements: 1, rows: 12_480, refused: 0 })).toBe('1 statement, 12,480 rows');
  expect(sessionSummary({ statements: 31, rows: 1, refused: 2 })).toBe('31 statements, 1 row, 2 refused');
});
