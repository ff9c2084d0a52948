import type { Session } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { endingText, filterSessions, type SessionFilter, spanStart } from './filter-sessions.ts';

const now = Date.parse('2026-03-12T14:00:00Z');
const session = (id: string, more: Partial<Record<keyof Session, unknown>>): Session =>
  ({
    id,
    grantId: `grt_${id}`,
    principal: { kind: 'user', id: 'usr_1', name: 'alice', displayName: 'Alice Moreau' },
    resource: 'orders-db',
    profile: 'read',
    startedAt: '2026-03-12T10:00:00Z',
    refused: 0,
    ...more,
  }) as Session;
const sessions = [
  session('a', {}),
  session('b', { resource: 'ledger-db', refused: 2, startedAt: '2026-03-10T10:00:00Z' }),
  session('c', { startedAt: '2026-01-01T10:00:00Z', endReason: 'grant revoked' }),
];
const all: SessionFilter = { text: '', resource: undefined, span: 'any', refused: false };
const found = (filter: Partial<SessionFilter>) =>
  filterSessions(sessions, { ...all, ...filter }, new Map([['grt_b', 'INC-4182: double capture']]), now).map(
    ({ id }) => id,
  );

describe('filterSessions', () => {
  it.each([
    [{}, ['a', 'b', 'c']],
    [{ text: 'moreau ledger' }, ['b']],
    [{ text: 'inc-4182' }, ['b']],
    [{ text: 'revoked' }, ['c']],
    [{ resource: 'orders-db' }, ['a', 'c']],
    [{ refused: true }, ['b']],
    [{ span: 'today' as const }, ['a']],
    [{ span: 'week' as const }, ['a', 'b']],
  ])('%o', (filter, ids) => {
    expect(found(filter)).toEqual(ids);
  });
  it('begins today at midnight UTC', () => {
    expect(new Date(spanStart('today', now)).toISOString()).toBe('2026-03-12T00:00:00.000Z');
  });
});

it('names only endings that are news', () => {
  expect(endingText({ state: 'closed', endCode: 'client_closed' })).toBeUndefined();
  expect(endingText({ state: 'closed', endCode: 'grant_expired' })).toBe('grant expired');
});
