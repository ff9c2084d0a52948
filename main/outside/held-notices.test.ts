import type { AccessRequest, CommandReview, CommandVote } from '@drawbridge/contract';
import { expect, test } from 'vitest';
import { accessRequest, commandReview, me, person } from '../../gateway-client/test-support/objects.ts';
import type { GatewayView } from '../gateway/gateway-view.ts';
import { fitsNotice, heldNoticesOf, voteTold } from './held-notices.ts';

const bob = person('bob').id;
const alice = person('alice').id;
const view = (commandReviews: CommandReview[], requests: AccessRequest[] = []): GatewayView => ({
  connection: { status: 'online', since: '' },
  me: me('bob', ['dba']),
  requests,
  commandReviews,
});
const vote = (parts: Partial<CommandVote>): CommandVote => ({
  reviewer: person('bob'),
  verdict: 'approve',
  createdAt: '2026-11-22T10:01:00.000Z',
  ...parts,
});
const held = commandReview({ reviewable: true });

test('a held statement can be decided from its notification, where all of it can be read there', () => {
  const [notice] = heldNoticesOf(view([]), view([held]), bob);
  expect(notice).toMatchObject({
    key: held.id,
    title: 'A statement is held on orders-db',
    body: 'Alice, write: delete from orders where id = 6001 It fails at 10:05 UTC.',
    click: { type: 'open', place: { page: 'review', review: held.id } },
    stays: true,
  });
  expect(notice?.buttons.map(({ label }) => label)).toEqual(['Approve', 'Deny', 'Open']);
});

test.each([
  ['is cut off', { truncated: true }],
  ['is long', { text: `delete from orders where id in (${'6001, '.repeat(60)}1)` }],
  ['has parameters', { parameters: ['6001'] }],
  ['has a comment that ends at a line break', { text: 'delete from orders --\nwhere id = 6001' }],
  ['has another comment', { text: 'delete from orders /* where id = 6001 */' }],
  ['has characters that nobody sees', { text: 'delete from orders\u202e where id = 6001' }],
])('what %s is only opened from its notification', (_what, override) => {
  const review = commandReview({ reviewable: true, ...override });
  expect(fitsNotice(review)).toBe(false);
  const [notice] = heldNoticesOf(view([]), view([review]), bob);
  expect(notice?.buttons.map(({ label }) => label)).toEqual(['Open to decide']);
});

test('several plain lines are read as one', () => {
  expect(fitsNotice(commandReview({ text: 'delete from orders\n  where id = 6001\n' }))).toBe(true);
});

test('says each thing once, and nothing of what was there at the start', () => {
  const connecting: GatewayView = { connection: { status: 'connecting', since: '' } };
  expect(heldNoticesOf(connecting, view([held]), bob)).toEqual([]);
  expect(heldNoticesOf(view([held]), view([{ ...held, estimatedRows: 3 }]), bob)).toEqual([]);
  expect(heldNoticesOf(view([]), view([{ ...held, reviewable: false }]), bob)).toEqual([]);
  expect(heldNoticesOf(view([]), view([held]), alice)).toEqual([]);
});

test('tells the sender what became of it', () => {
  const after = (override: Partial<CommandReview>) =>
    heldNoticesOf(view([held]), view([{ ...held, ...override }]), alice).map(({ title, body }) => [
      title,
      body,
    ]);
  expect(after({ state: 'approved', votes: [vote({})] })).toEqual([
    ['Approved: a statement on orders-db', 'Bob approved it: delete from orders where id = 6001'],
  ]);
  expect(
    after({ state: 'denied', votes: [vote({ verdict: 'deny', reason: 'Use the refunds page.' })] }),
  ).toEqual([
    [
      'Denied: a statement on orders-db',
      'Bob: “Use the refunds page.” It did not run: delete from orders where id = 6001',
    ],
  ]);
  expect(after({ state: 'expired' })[0]?.[0]).toBe('Not answered: a statement on orders-db');
  expect(after({ state: 'withdrawn' })).toEqual([]);
  const glass = { reason: 'Down', at: held.createdAt, told: ['security'] };
  expect(after({ state: 'approved', brokenGlass: glass })).toEqual([]);
});

test('broken glass is told to others, with nothing to decide', () => {
  const brokenGlass = { reason: 'Checkout is down', at: held.createdAt, told: ['security'] };
  const broken = { ...held, state: 'approved' as const, reviewable: false, brokenGlass };
  const [notice] = heldNoticesOf(view([]), view([broken]), bob);
  expect(notice).toMatchObject({
    title: 'Alice broke the glass on orders-db',
    body: '“Checkout is down” Ran without approval: delete from orders where id = 6001',
  });
  expect(notice?.buttons.map(({ label }) => label)).toEqual(['Open']);
  expect(heldNoticesOf(view([broken]), view([{ ...broken }]), bob)).toEqual([]);
  const request = accessRequest({ state: 'approved', brokenGlass });
  expect(heldNoticesOf(view([], []), view([], [request]), bob)[0]).toMatchObject({
    title: 'Alice broke the glass for orders-db',
    body: 'read, without approval: “Checkout is down”',
    buttons: [{ label: 'Open' }],
  });
});

test('tells what came of a decision', () => {
  expect(voteTold({ ...held, state: 'approved' }, 'approve')).toMatchObject({
    title: 'You approved a statement on orders-db',
    body: 'It runs now, once: delete from orders where id = 6001',
  });
  expect(voteTold(held, 'approve').body).toBe('Alice still waits for another approval.');
});
