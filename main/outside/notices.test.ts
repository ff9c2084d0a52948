import type { AccessRequest, Grant, Review } from '@drawbridge/contract';
import { expect, test } from 'vitest';
import { accessRequest, grant, me, newId, person } from '../../gateway-client/test-support/objects.ts';
import type { GatewayView } from '../gateway/gateway-view.ts';
import { lastMinutes, noticesOf, reviewTold } from './notices.ts';

const alice = { ...me('alice'), user: { ...me('alice').user, id: person('alice').id } };
const view = (requests: AccessRequest[], grants: Grant[] = []): GatewayView => ({
  connection: { status: 'online', since: '' },
  me: alice,
  requests,
  grants,
});
const review = (parts: Partial<Review>): Review =>
  ({
    id: newId('rev'),
    requestId: newId('req'),
    reviewer: person('bob'),
    verdict: 'approve',
    createdAt: '2026-11-22T10:00:00.000Z',
    ...parts,
  }) as Review;
const bobs = accessRequest({
  principal: person('bob'),
  reviewable: true,
  resource: 'ledger-db',
  profile: 'write',
  reason: 'INC-4182: three customers',
});
const texts = (before: GatewayView, after: GatewayView) =>
  noticesOf(before, after).map(({ title, body }) => [title, body]);

test('a request to review can be decided from its notification', () => {
  const [notice] = noticesOf(view([]), view([bobs]));
  expect(notice).toMatchObject({
    title: 'Bob asks for ledger-db, write',
    body: '30 min, production. INC-4182: three customers',
    stays: true,
  });
  expect(notice?.buttons.map(({ label }) => label)).toEqual(['Approve', 'Deny', 'Open']);
});

test('says each thing once, and nothing of what was there at the start', () => {
  expect(noticesOf({ connection: { status: 'connecting', since: '' } }, view([bobs], [grant()]))).toEqual([]);
  expect(noticesOf(view([bobs]), view([{ ...bobs }]))).toEqual([]);
  expect(noticesOf(view([]), view([accessRequest()]))).toEqual([]);
  expect(noticesOf(view([]), view([{ ...bobs, reviewable: false }]))).toEqual([]);
});

test('tells the requester who decided, and what', () => {
  const asked = accessRequest();
  const approved = { ...asked, state: 'approved' as const };
  expect(texts(view([asked]), view([{ ...approved, reviews: [review({ duration: 1200 })] }]))).toEqual([
    ['Approved: orders-db, read', 'Bob shortened it to 20 min. They start when you first connect.'],
  ]);
  expect(texts(view([asked]), view([{ ...approved, reviews: [review({})] }]))[0]?.[1]).toBe(
    'Bob approved 30 min. They start when you first connect.',
  );
  const denied = {
    ...asked,
    state: 'denied' as const,
    reviews: [review({ verdict: 'deny', reason: 'Use the refunds page' })],
  };
  expect(texts(view([asked]), view([denied]))).toEqual([
    ['Denied: orders-db, read', 'Bob: “Use the refunds page”'],
  ]);
  expect(texts(view([asked]), view([{ ...asked, state: 'cancelled' }]))).toEqual([]);
});

test('tells that access ended, unless the person ended it', () => {
  const active = grant({ state: 'active', duration: 3600, expiresAt: '2026-11-22T11:00:00.000Z' });
  expect(texts(view([], [active]), view([], [{ ...active, state: 'expired' }]))).toEqual([
    ['Ended: orders-db, read', 'Time is up: it was given for 1 h.'],
  ]);
  expect(
    texts(
      view([], [active]),
      view([], [{ ...active, state: 'revoked', endedBy: person('bob'), endReason: 'Incident is over' }]),
    )[0]?.[1],
  ).toBe('Bob ended it: “Incident is over”');
  expect(
    texts(view([], [active]), view([], [{ ...active, state: 'ended', endedBy: person('alice') }])),
  ).toEqual([]);
  const unused = grant();
  expect(texts(view([], [unused]), view([], [{ ...unused, state: 'expired' }]))[0]?.[1]).toBe(
    'It was not used in time.',
  );
});

test('announces the last five minutes of what is longer', () => {
  const active = grant({ state: 'active', duration: 1800, expiresAt: '2026-11-22T14:21:00.000Z' });
  expect(lastMinutes(active, Date.parse('2026-11-22T14:16:00.000Z'))).toMatchObject({
    title: '5 min left on orders-db',
    body: 'Its sessions close at 14:21 UTC.',
  });
  expect(lastMinutes(active, Date.parse('2026-11-22T14:10:00.000Z'))).toBeUndefined();
  expect(lastMinutes(active, Date.parse('2026-11-22T14:22:00.000Z'))).toBeUndefined();
  expect(lastMinutes({ ...active, duration: 300 }, Date.parse('2026-11-22T14:18:00.000Z'))).toBeUndefined();
});

test('tells what came of a decision', () => {
  expect(reviewTold({ ...bobs, state: 'approved' }, 'approve')).toMatchObject({
    title: 'You approved ledger-db, write',
    body: 'Bob has 30 min from the first connection on.',
  });
  expect(reviewTold(bobs, 'approve').body).toBe('Bob still waits for another approval.');
});
