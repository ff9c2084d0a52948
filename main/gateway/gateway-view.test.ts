import { expect, test } from 'vitest';
import { accessRequest, grant, me, person, resource } from '../../gateway-client/test-support/objects.ts';
import { type GatewayView, usableGrant, withGrant, withRequest } from './gateway-view.ts';

const view = (): GatewayView => ({
  connection: { status: 'online', since: '2026-11-22T10:00:00.000Z' },
  me: { ...me('alice'), user: { ...me('alice').user, id: person('alice').id } },
  resources: [resource()],
  requests: [],
  grants: [],
});

test('an own request waits at its resource until it is decided', () => {
  const pending = accessRequest();
  const waiting = withRequest(view(), pending);
  expect(waiting.resources?.[0]?.pending?.id).toBe(pending.id);
  const decided = withRequest(waiting, { ...pending, state: 'denied' });
  expect(decided.resources?.[0]?.pending).toBeUndefined();
  expect(decided.requests).toHaveLength(1);
});

test('a colleague’s request stands in the list and at no resource', () => {
  const after = withRequest(view(), accessRequest({ principal: person('bob') }));
  expect(after.requests).toHaveLength(1);
  expect(after.resources?.[0]?.pending).toBeUndefined();
});

test('a grant is usable at its resource until it ends', () => {
  const given = grant();
  const with1 = withGrant(view(), given);
  expect(with1.resources?.[0]?.grant?.id).toBe(given.id);
  expect(usableGrant(with1, 'orders-db', 'read')?.id).toBe(given.id);
  expect(usableGrant(with1, 'orders-db', 'write')).toBeUndefined();
  const over = withGrant(with1, { ...given, state: 'revoked' });
  expect(over.resources?.[0]?.grant).toBeUndefined();
  expect(usableGrant(over, 'orders-db', 'read')).toBeUndefined();
});

test('the end of one grant leaves the other of the same resource', () => {
  const read = grant();
  const write = grant({ profile: 'write' });
  const both = withGrant(withGrant(view(), read), write);
  expect(withGrant(both, { ...write, state: 'expired' }).resources?.[0]?.grant?.id).toBe(read.id);
});

test('other people’s grants, which reviewers hear of, are not kept', () => {
  const before = view();
  expect(withGrant(before, grant({ principal: person('bob') }))).toBe(before);
});
