import { type AccessRequest, DrawbridgeError, type Grant } from '@drawbridge/contract';
import { beforeEach, expect, test, vi } from 'vitest';
import {
  accessRequest,
  commandReview,
  grant,
  me,
  person,
} from '../../gateway-client/test-support/objects.ts';
import type { GatewayConnection } from '../gateway/gateway-connection.ts';
import type { GatewayView } from '../gateway/gateway-view.ts';
import { type ManualClock, manualClock } from '../test-support/manual-clock.ts';
import { type QuietNotifier, quietNotifier } from '../test-support/quiet-notifier.ts';
import { Outside } from './outside.ts';

const bob = { ...me('bob', ['dba']), user: { ...me('bob').user, id: person('bob').id } };
const request = accessRequest({ reviewable: true });
const viewWith = (requests: AccessRequest[], grants: Grant[] = []): GatewayView => ({
  connection: { status: 'online', since: '' },
  me: bob,
  requests,
  grants,
});

let clock: ManualClock;
let notifier: QuietNotifier;
let opened: unknown[];
let outside: Outside;
let wanted: boolean;
beforeEach(() => {
  clock = manualClock();
  notifier = quietNotifier();
  opened = [];
  wanted = true;
  outside = new Outside({
    notifier,
    clock,
    wanted: () => wanted,
    open: (gateway, place) => opened.push([gateway, place]),
    watching: () => false,
    log: () => undefined,
  });
});

/** A gateway whose API answers as the test says. */
function gateway(
  view: GatewayView,
  call: (operation: string, input: unknown) => Promise<unknown> = async () => request,
) {
  const calls: unknown[] = [];
  const subject = {
    profile: { id: 'g', name: 'Acme', url: 'https://gw.example' },
    view,
    run: (task: (api: unknown) => unknown) =>
      task({
        call: (operation: string, input: unknown) => {
          calls.push([operation, input]);
          return call(operation, input);
        },
      }),
    take: () => undefined,
  };
  return {
    calls,
    connection: subject as unknown as GatewayConnection,
    set: (next: GatewayView) => Object.assign(subject, { view: next }),
  };
}

test('approves from the notification, without the window, and tells the result', async () => {
  const { connection, calls } = gateway(viewWith([request]), async () => ({ ...request, state: 'approved' }));
  outside.changed(connection, viewWith([]), viewWith([request]));
  notifier.press(request.id, 'Approve');
  await vi.waitFor(() => expect(notifier.shown.at(-1)?.title).toBe('You approved orders-db, read'));
  expect(calls).toEqual([['createReview', { params: { id: request.id }, body: { verdict: 'approve' } }]]);
  expect(opened).toEqual([]);
});

test('a click opens the request, and decides nothing', () => {
  const { connection, calls } = gateway(viewWith([request]));
  outside.changed(connection, viewWith([]), viewWith([request]));
  notifier.press(request.id);
  expect(opened).toEqual([['g', { page: 'approval', request: request.id }]]);
  expect(calls).toEqual([]);
});

test('asks the gateway nothing where somebody else was first', async () => {
  const { connection, calls, set } = gateway(viewWith([request]));
  outside.changed(connection, viewWith([]), viewWith([request]));
  set(viewWith([{ ...request, state: 'denied', reviewable: false }]));
  notifier.press(request.id, 'Approve');
  await vi.waitFor(() => expect(notifier.shown.at(-1)?.body).toBe('It is denied already.'));
  expect(calls).toEqual([]);
});

test('says why a decision was refused', async () => {
  const { connection } = gateway(viewWith([request]), () =>
    Promise.reject(new DrawbridgeError('self_review', 'nobody reviews their own request')),
  );
  await outside.review(connection, request.id, 'deny');
  expect(notifier.shown.at(-1)).toMatchObject({
    title: 'Not decided: orders-db, read',
    body: 'Nobody reviews their own request.',
  });
});

test('takes a notification away when the request is decided elsewhere', () => {
  const { connection } = gateway(viewWith([request]));
  outside.changed(
    connection,
    viewWith([request]),
    viewWith([{ ...request, state: 'approved', reviewable: false }]),
  );
  expect(notifier.withdrawn).toEqual([request.id]);
});

test('announces five minutes before the end, once, and not for what was ended meanwhile', () => {
  const expiresAt = new Date(clock.now() + 30 * 60_000).toISOString();
  const mine = grant({ principal: person('bob'), state: 'active', expiresAt });
  const other = grant({ principal: person('bob'), resource: 'staging', state: 'active', expiresAt });
  const { connection, set } = gateway(viewWith([], [mine, other]));
  outside.changed(connection, viewWith([]), viewWith([], [mine, other]));
  set(viewWith([], [mine, { ...other, state: 'ended' }]));
  clock.pass(24 * 60_000);
  expect(notifier.shown).toEqual([]);
  clock.pass(60_000);
  expect(notifier.shown.map(({ title }) => title)).toEqual(['5 min left on orders-db']);
  outside.changed(connection, viewWith([], []), viewWith([], [mine]));
  clock.pass(60_000);
  expect(notifier.shown).toHaveLength(1);
});

test('decides about a held statement from its notification, and takes it away where somebody else did', async () => {
  const held = commandReview({ reviewable: true });
  const holding = (override: object = {}): GatewayView => ({
    ...viewWith([]),
    commandReviews: [{ ...held, ...override }],
  });
  const nothing = { ...viewWith([]), commandReviews: [] };
  const { connection, calls, set } = gateway(holding(), async () => ({ ...held, state: 'approved' }));
  outside.changed(connection, nothing, holding());
  notifier.press(held.id, 'Approve');
  await vi.waitFor(() => expect(notifier.shown.at(-1)?.title).toBe('You approved a statement on orders-db'));
  expect(calls).toEqual([['voteOnCommand', { params: { id: held.id }, body: { verdict: 'approve' } }]]);
  expect(opened).toEqual([]);
  const over = holding({ state: 'expired', reviewable: false });
  set(over);
  outside.changed(connection, holding(), over);
  expect(notifier.withdrawn).toEqual([held.id]);
  await outside.vote(connection, held.id, 'deny');
  expect(notifier.shown.at(-1)).toMatchObject({
    title: 'Not decided: a statement on orders-db',
    body: 'It is expired already.',
  });
  expect(calls).toHaveLength(1);
});

test('is quiet where the person wants it so', () => {
  wanted = false;
  outside.changed(gateway(viewWith([request])).connection, viewWith([]), viewWith([request]));
  expect(notifier.shown).toEqual([]);
});
