import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newId } from '../new-id.ts';
import type { Action, Answer } from '../policy/decision.ts';
import { type CountedUse, UseCounter } from './use-counter.ts';

const reads = (object: string): Action => ({ name: 'sql.read', object, context: {} });
const allow: Answer = { verdict: 'allow', policies: ['reads'] };
const deny: Answer = { verdict: 'deny', reason: 'no', policies: ['stop'] };
const newSession = () => ({
  id: newId('ses'),
  principal: { id: newId('usr') },
  resource: { name: 'orders-db' },
});
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
};

let clock: ManualClock;
let warnings: string[];
/** What the store holds, by session, minute and key. */
let stored: Map<string, Omit<CountedUse, 'reviews'> & { reviews: string[] }>;
let failure: Error | undefined;
let counter: UseCounter;

beforeEach(() => {
  clock = new ManualClock();
  warnings = [];
  stored = new Map();
  failure = undefined;
  counter = new UseCounter({
    clock,
    logger: { warn: (_fields: unknown, message?: string) => void warnings.push(message ?? '') },
    store: async (uses) => {
      if (failure) throw failure;
      for (const use of uses)
        stored.set(`${use.sessionId} ${use.minute} ${use.key}`, { ...use, reviews: [...use.reviews] });
    },
  });
});

const counts = () =>
  [...stored.values()].map(({ action, object, decision, count }) => [action, object, decision, count]);

describe('uses', () => {
  it('are added up by thing, answer and minute, with the first and the last time', async () => {
    const session = newSession();
    const actions = [reads('public.customers'), reads('public.orders'), reads('public.customers')];
    const start = clock.now();
    counter.used(session, actions, allow);
    clock.advance(900);
    counter.used(session, actions, allow);
    counter.used(session, [reads('public.customers')], { ...allow });
    counter.used(session, actions, deny);
    await counter.flush();
    expect(counts()).toEqual([
      ['sql.read', 'public.customers', 'allow', 3],
      ['sql.read', 'public.orders', 'allow', 2],
      ['sql.read', 'public.customers', 'deny', 1],
      ['sql.read', 'public.orders', 'deny', 1],
    ]);
    expect([...stored.values()][0]).toMatchObject({
      ...{ sessionId: session.id, userId: session.principal.id, resource: 'orders-db' },
      ...{ table: 'customers', policies: ['reads'], firstAt: start, lastAt: start + 900 },
    });
    clock.advance(60_000);
    counter.used(session, actions, allow);
    await counter.flush();
    expect(counts().filter(([, object]) => object === 'public.customers')).toEqual([
      ['sql.read', 'public.customers', 'allow', 3],
      ['sql.read', 'public.customers', 'deny', 1],
      ['sql.read', 'public.customers', 'allow', 1],
    ]);
  });

  it('keep which command reviews they waited for', async () => {
    const session = newSession();
    const actions = [reads('public.customers')];
    const [first, second] = [newId('cmd'), newId('cmd')];
    counter.used(session, actions, { ...allow, review: first });
    counter.used(session, actions, { ...allow, review: second });
    await counter.flush();
    expect([...stored.values()]).toMatchObject([{ count: 2, reviews: [first, second] }]);
  });

  it('are written every two seconds while there are any, and then no more', async () => {
    const session = newSession();
    counter.used(session, [reads('public.customers')], allow);
    clock.advance(1_999);
    await settle();
    expect(stored.size).toBe(0);
    clock.advance(1);
    await settle();
    expect(stored.size).toBe(1);
    stored.clear();
    clock.advance(10_000);
    await settle();
    expect(stored.size).toBe(0);
  });

  it('are all written when the end of their session is awaited', async () => {
    const session = newSession();
    counter.used(session, [reads('public.customers')], allow);
    await counter.end(session);
    expect(counts()).toEqual([['sql.read', 'public.customers', 'allow', 1]]);
  });

  it('wait while the store is away, and are counted once all the same', async () => {
    const session = newSession();
    const actions = [reads('public.customers')];
    failure = new Error('connection refused');
    counter.used(session, actions, allow);
    await counter.end(session);
    expect(warnings).toEqual(['uses could not be stored; they are kept for now']);
    failure = undefined;
    clock.advance(2_000);
    await settle();
    expect(counts()).toEqual([['sql.read', 'public.customers', 'allow', 1]]);
  });

  it('that the store refuses do not hold up the others', async () => {
    failure = Object.assign(new Error('invalid byte sequence'), { code: '22021' });
    counter.used(newSession(), [reads('public.broken')], allow);
    await counter.flush();
    failure = undefined;
    counter.used(newSession(), [reads('public.customers')], allow);
    await counter.flush();
    expect(counts()).toEqual([['sql.read', 'public.customers', 'allow', 1]]);
  });

  it('are bounded while the store is away, which is said', async () => {
    const session = newSession();
    failure = new Error('connection refused');
    for (let number = 0; number < 20_010; number += 1)
      counter.used(session, [reads(`public.t${number}`)], allow);
    await counter.flush();
    expect(warnings).toContain('uses were not counted, as the store has not taken those before');
    failure = undefined;
    await counter.flush();
    expect(stored.size).toBe(20_000);
    clock.advance(60_000);
    await counter.flush();
    counter.used(session, [reads('public.customers')], allow);
    await counter.flush();
    expect(stored.size).toBe(20_001);
  });

  it.each([
    [
      { name: 'ssh.exec', context: { program: 'systemctl', command: 'systemctl stop x' } },
      'systemctl',
      undefined,
    ],
    [
      { name: 'ssh.sftp.read', context: { operation: 'open', path: '/etc/passwd' } },
      '/etc/passwd',
      undefined,
    ],
    [{ name: 'ssh.forward', context: { host: 'db', port: 5432, direction: 'out' } }, 'db:5432', undefined],
    [{ name: 'ssh.shell', context: { program: '', command: '' } }, undefined, undefined],
    [
      { name: 'data.reveal', object: 'public.customers.ssn', context: {} },
      'public.customers.ssn',
      'customers',
    ],
    [{ name: 'sql.session', context: {} }, undefined, undefined],
  ] as const)('name what they were done to: %j', async (action, object, table) => {
    counter.used(newSession(), [action], allow);
    await counter.flush();
    expect([...stored.values()]).toMatchObject([{ object, table }]);
  });
});
