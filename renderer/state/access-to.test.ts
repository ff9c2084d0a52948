import { describe, expect, it } from 'vitest';
import { people } from '../dev/people.ts';
import { at, grant, now, readProfile, request, resource, review } from '../test-support/objects.ts';
import { accessTo } from './access-to.ts';

const orders = resource('orders-db');
const active = (number: number, minutes: number, rest = {}) =>
  grant(number, { state: 'active', activatedAt: at(minutes - 60), expiresAt: at(minutes), ...rest });
const known = (rest: Partial<Parameters<typeof accessTo>[1]> = {}) => ({
  me: people.alice.id,
  grants: [],
  requests: [],
  ...rest,
});

describe('accessTo', () => {
  it('puts a grant in use before an unused one and before a request', () => {
    const access = accessTo(
      orders,
      known({ grants: [grant(1), active(2, 41)], requests: [request(3)] }),
      now,
    );
    expect(access).toMatchObject({ kind: 'active', grant: { id: active(2, 41).id } });
  });
  it('takes a grant for over at its end, whatever its state still says', () => {
    expect(accessTo(orders, known({ grants: [active(1, 0)] }), now).kind).toBe('none');
    expect(accessTo(orders, known({ grants: [grant(1, { activateBy: at(-1) })] }), now).kind).toBe('none');
  });
  it('never shows somebody else’s grant or request as one’s own', () => {
    const theirs = known({
      grants: [active(1, 30, { principal: people.bob })],
      requests: [request(2, { principal: people.bob })],
    });
    expect(accessTo(orders, theirs, now).kind).toBe('none');
  });
  it('waits for a pending request', () => {
    expect(accessTo(orders, known({ requests: [request(1)] }), now).kind).toBe('waiting');
  });
  it('uses what hangs on the resource until the lists say otherwise', () => {
    const hanging = resource('orders-db', { grant: active(1, 30), pending: request(2) });
    expect(accessTo(hanging, known(), now).kind).toBe('active');
    const ended = known({ grants: [active(1, 30, { state: 'revoked' })] });
    expect(accessTo(hanging, ended, now).kind).toBe('waiting');
    expect(accessTo(hanging, { ...ended, requests: [request(2, { state: 'cancelled' })] }, now).kind).toBe(
      'none',
    );
  });
  it('tells of a denial for a day, with who and why', () => {
    const denied = request(1, {
      state: 'denied',
      decidedAt: at(-60),
      reviews: [review(1, people.carol, 'deny', { reason: 'Use the export.' })],
    });
    expect(accessTo(orders, known({ requests: [denied] }), now)).toMatchObject({
      kind: 'denied',
      review: { reason: 'Use the export.' },
    });
    expect(accessTo(orders, known({ requests: [{ ...denied, decidedAt: at(-1441) }] }), now).kind).toBe(
      'none',
    );
  });
  it('forgets a denial once something newer was asked', () => {
    const denied = request(1, { state: 'denied', createdAt: at(-60), decidedAt: at(-50) });
    expect(
      accessTo(orders, known({ requests: [denied, request(2, { state: 'cancelled' })] }), now).kind,
    ).toBe('none');
  });
  it('knows where asking is forbidden altogether', () => {
    const shut = resource('vault', { profiles: [{ ...readProfile, access: 'denied' }] });
    expect(accessTo(shut, known(), now).kind).toBe('forbidden');
  });
});
