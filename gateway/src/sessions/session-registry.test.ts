import { type Grant, ResourceDocument, type SignInId } from '@drawbridge/contract';
import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/support/manual-clock.ts';
import { newId } from '../new-id.ts';
import { LiveSession } from './live-session.ts';
import type { SessionEnd } from './session.ts';
import { type RegistryChecks, SessionRegistry } from './session-registry.ts';

const resource = ResourceDocument.parse({
  kind: 'Resource',
  name: 'orders-db',
  protocol: 'postgres',
  target: { host: 'db.example', database: 'orders' },
  profiles: {
    read: {
      credential: { username: 'app', password: { value: 'unused' } },
      allow: ['sql.read', 'sql.session'],
    },
  },
});
const person = { kind: 'user', id: newId('usr'), name: 'alice', displayName: 'Alice' } as const;
const silent = { debug() {}, info() {}, warn() {}, error() {}, fatal() {} };

let clock: ManualClock;
let grant: Grant;
let signedIn: boolean;
let allowed: Awaited<ReturnType<RegistryChecks['stillAllowed']>>;
let asToday: boolean;
let termination: SessionEnd | undefined;
let storeAway: boolean;
let registry: SessionRegistry;

const look =
  <T>(value: () => T) =>
  async (): Promise<T> => {
    if (storeAway) throw new Error('connection refused');
    return value();
  };

beforeEach(() => {
  clock = new ManualClock();
  grant = {
    id: newId('grt'),
    requestId: newId('req'),
    principal: person,
    resource: 'orders-db',
    profile: 'read',
    state: 'active',
    duration: 600,
    reason: 'INC-1',
    approvedBy: [],
    createdAt: new Date(clock.now()).toISOString(),
    activateBy: new Date(clock.now()).toISOString(),
    expiresAt: new Date(clock.now() + 600_000).toISOString(),
  };
  signedIn = true;
  allowed = 'allowed';
  asToday = true;
  termination = undefined;
  storeAway = false;
  registry = new SessionRegistry({
    clock,
    logger: silent,
    storeGrace: 5_000,
    count: async () => undefined,
    checks: {
      grant: look(() => grant),
      signInOpen: look(() => signedIn),
      stillAllowed: look(() => allowed),
      isAsToday: look(() => asToday),
      terminationOf: look(() => termination),
    },
  });
});

function session(signInId: SignInId = newId('sgn')): LiveSession {
  return new LiveSession({
    id: newId('ses'),
    principal: { ...person, provider: 'idp', subject: '1', groups: [] },
    signInId,
    grantId: grant.id,
    profile: 'read',
    resource,
    rules: { columns: [], text: [] },
    clientAddress: undefined,
    clientKey: undefined,
    scope: undefined,
    policy: () => ({ verdict: 'allow', policies: [] }),
    decisionVersion: () => 0,
    reviewing: () => {
      throw new Error('nothing is held in this test');
    },
    used: () => undefined,
    begin: async () => {
      throw new Error('not begun in this test');
    },
  });
}

async function live(signInId?: SignInId): Promise<LiveSession> {
  const started = session(signInId);
  await registry.add(started, grant);
  expect(started.signal.aborted).toBe(false);
  return started;
}

describe('the session registry', () => {
  it('lets a session go on when its grant was extended, to the very end of that', async () => {
    const started = await live();
    clock.advance(300_000);
    grant = { ...grant, expiresAt: new Date(clock.now() + 900_000).toISOString() };
    await registry.grantChanged(grant.id);
    clock.advance(899_999);
    expect(started.signal.aborted).toBe(false);
    clock.advance(1);
    expect(started.signal.reason).toMatchObject({ code: 'grant_expired' });
  });

  it('takes the later of two ends, in whatever order they are heard of', async () => {
    const started = await live();
    const before = grant;
    grant = { ...grant, expiresAt: new Date(clock.now() + 900_000).toISOString() };
    await registry.grantChanged(grant.id);
    grant = before;
    await registry.grantChanged(grant.id);
    clock.advance(899_999);
    expect(started.signal.aborted).toBe(false);
  });

  it('ends a session at the very end of its grant, not before', async () => {
    const started = await live();
    clock.advance(599_999);
    expect(started.signal.aborted).toBe(false);
    clock.advance(1);
    expect(started.signal.reason).toEqual({
      code: 'grant_expired',
      message: 'access to orders-db ended: grant expired',
    });
  });

  it('gives a session opened late only what is left', async () => {
    clock.advance(599_000);
    const started = await live();
    clock.advance(1_000);
    expect(started.signal.reason).toMatchObject({ code: 'grant_expired' });
  });

  it('ends sessions of a revoked grant, with the reason', async () => {
    const started = await live();
    grant = { ...grant, state: 'revoked', endReason: 'wrong database' };
    await registry.grantChanged(grant.id);
    expect(started.signal.reason).toEqual({
      code: 'grant_revoked',
      message: 'access to orders-db ended: grant revoked (wrong database)',
    });
  });

  it('leaves sessions of other grants alone', async () => {
    const started = await live();
    grant = { ...grant, state: 'revoked' };
    await registry.grantChanged(newId('grt'));
    expect(started.signal.aborted).toBe(false);
  });

  it('ends only the sessions of the sign-in that ended', async () => {
    const one = newId('sgn');
    const first = await live(one);
    const second = await live();
    signedIn = false;
    await registry.signInChanged(one);
    expect(first.signal.reason).toMatchObject({ code: 'signed_out' });
    expect(second.signal.aborted).toBe(false);
  });

  it.each(['policy_changed', 'resource_removed'] as const)('ends sessions on %s', async (change) => {
    const started = await live();
    allowed = change;
    await registry.configurationChanged();
    expect(started.signal.reason).toMatchObject({ code: change });
  });

  it('ends a session that was opened under other limits or masking rules than there are now', async () => {
    const started = await live();
    const none = { columns: [], text: [] };
    expect(started.isAsToday(resource, none)).toBe(true);
    const rule = { rule: 'pii', schema: 'public', table: 'customers', column: 'ssn', mask: 'full' } as const;
    expect(started.isAsToday(resource, { columns: [rule], text: [] })).toBe(false);
    expect(started.isAsToday({ ...resource, profiles: { read: { allow: ['sql.read'] } } }, none)).toBe(false);
    asToday = false;
    await registry.configurationChanged();
    expect(started.signal.reason).toEqual({
      code: 'policy_changed',
      message: 'access to orders-db ended: what it allows or masks was changed; connect again',
    });
  });

  it('ends a session that somebody terminated, saying what they said', async () => {
    const started = await live();
    termination = { code: 'terminated', message: 'terminated by carol: too many rows' };
    await registry.sessionChanged(started.id);
    expect(started.signal.reason).toEqual({
      code: 'terminated',
      message: 'access to orders-db ended: terminated by carol: too many rows',
    });
  });

  it('does not start a session whose grant was revoked while it was being opened', async () => {
    grant = { ...grant, state: 'revoked' };
    const late = session();
    await registry.add(late, grant);
    expect(late.signal.reason).toMatchObject({ code: 'grant_revoked' });
  });

  it('outlives a short loss of the store and looks up what it missed', async () => {
    const started = await live();
    registry.storeLost();
    expect(registry.connected).toBe(false);
    clock.advance(4_999);
    expect(started.signal.aborted).toBe(false);
    grant = { ...grant, state: 'revoked' };
    await registry.storeRestored();
    expect(started.signal.reason).toMatchObject({ code: 'grant_revoked' });
  });

  it('ends everything when the store stays away', async () => {
    const started = await live();
    registry.storeLost();
    clock.advance(5_000);
    expect(started.signal.reason).toMatchObject({ code: 'store_lost' });
  });

  it('ends a session about which nothing can be looked up', async () => {
    const started = await live();
    storeAway = true;
    await registry.grantChanged(grant.id);
    expect(started.signal.reason).toMatchObject({ code: 'store_lost' });
  });

  it('says that the resource was removed, whichever of the two changes is heard first', async () => {
    for (const change of ['grantChanged', 'configurationChanged'] as const) {
      const started = await live();
      grant = { ...grant, state: 'revoked', endReason: 'orders-db was removed' };
      allowed = 'resource_removed';
      await (change === 'grantChanged' ? registry.grantChanged(grant.id) : registry.configurationChanged());
      expect(started.signal.reason).toMatchObject({ code: 'resource_removed' });
      grant = { ...grant, state: 'active' };
      allowed = 'allowed';
    }
  });

  it('keeps the first reason', async () => {
    const started = await live();
    registry.endAll('gateway_shutdown', 'the gateway is shutting down');
    clock.advance(600_000);
    expect(started.signal.reason).toMatchObject({ code: 'gateway_shutdown' });
  });

  it('forgets a session that was removed', async () => {
    const started = await live();
    registry.remove(started);
    clock.advance(600_000);
    expect(started.signal.aborted).toBe(false);
    expect(registry.size).toBe(0);
  });
});

describe('a live session', () => {
  it('allows what its profile allows, and nothing else', () => {
    const started = session();
    expect(started.decide([{ name: 'sql.read', object: 'public.orders', context: {} }])).toEqual({
      verdict: 'allow',
      policies: [],
    });
    expect(
      started.decide([
        { name: 'sql.read', context: {} },
        { name: 'sql.write', object: 'public.orders', context: {} },
      ]),
    ).toMatchObject({
      verdict: 'deny',
      reason: "the read profile of orders-db doesn't allow sql.write on public.orders",
    });
    expect(started.decide([{ name: 'sql.unanalyzable', context: {} }])).toMatchObject({ verdict: 'deny' });
  });

  it('records nothing before it began', () => {
    expect(() => session().record([{ event: { type: 'cancel' } }])).toThrow(/before the session began/);
  });
});
