import { type User, UserId } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { createPolicyEngine } from './engine.ts';
import { compilePolicies, noPolicies } from './policy-set.ts';
import type { Facts, Question } from './question.ts';

const NOON_MONDAY = Date.UTC(2025, 5, 2, 12);

function engineOf(cedar: string, now = NOON_MONDAY) {
  const compiled = compilePolicies([{ name: 'p', cedar }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return createPolicyEngine({ clock: { now: () => now }, policies: compiled.set });
}

const person = (name: string, groups: string[]): User => ({
  kind: 'user',
  id: UserId.parse('usr_01977f2e-0000-7000-8000-000000000001'),
  provider: 'demo',
  subject: name,
  name,
  displayName: name,
  groups,
});

const connect = (
  facts: Facts = {},
  groups = ['engineering'],
  action: Question['action'] = 'access.connect',
): Question => ({
  principal: person('alice', groups),
  action,
  resource: { name: 'orders-db', protocol: 'postgres', labels: { env: 'prod' } },
  facts: { profile: 'read', duration: 1800, hasReason: true, ...facts },
});

const PERMIT =
  'permit (principal in Group::"engineering", action in Action::"access", resource in Label::"env:prod") when { context.profile == "read" && context.minutes <= 60 };\n';
const NEEDS_DBA =
  '@approve("dba") forbid (principal, action == Action::"access.connect", resource in Label::"env:prod") unless { context.approved };\n';
const NEEDS_TICKET =
  '@justify("ticket") forbid (principal, action == Action::"access.connect", resource) unless { context.hasTicket };\n';

describe('decide', () => {
  it('denies everything without policies', () => {
    const decision = createPolicyEngine({ clock: { now: () => 0 }, policies: noPolicies }).decide(connect());
    expect(decision).toEqual({
      verdict: 'deny',
      reason: 'no policy lets alice connect to orders-db with profile read',
      policies: [],
      unpermitted: true,
    });
  });

  it('allows what a policy permits and names it', () => {
    expect(engineOf(PERMIT).decide(connect())).toEqual({ verdict: 'allow', policies: ['p'] });
  });

  it.each<[string, Question]>([
    ['another group', connect({}, ['dba'])],
    ['another profile', connect({ profile: 'write' })],
    ['one second more than the policy gives', connect({ duration: 3601 })],
    [
      'another label',
      { ...connect(), resource: { name: 'x', protocol: 'postgres', labels: { env: 'staging' } } },
    ],
  ])('denies %s', (_, question) => {
    expect(engineOf(PERMIT).decide(question).verdict).toBe('deny');
  });

  it('needs what the only forbid in the way asks for', () => {
    expect(engineOf(PERMIT + NEEDS_DBA).decide(connect())).toEqual({
      verdict: 'needs',
      requirements: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'p#1' }],
      policies: ['p#1'],
    });
  });

  it('allows once the requirement is met', () => {
    expect(engineOf(PERMIT + NEEDS_DBA).decide(connect({ approved: true }))).toEqual({
      verdict: 'allow',
      policies: ['p#0'],
    });
  });

  it('gathers the requirements of all forbids in the way, in the order they are written', () => {
    const decision = engineOf(PERMIT + NEEDS_TICKET + NEEDS_DBA).decide(connect());
    expect(decision.verdict === 'needs' && decision.requirements.map(({ kind }) => kind)).toEqual([
      'justify',
      'approve',
    ]);
    expect(decision.policies).toEqual(['p#1', 'p#2']);
  });

  it('denies where no permit stands behind the requirement: an approval alone permits nothing', () => {
    const decision = engineOf(NEEDS_DBA).decide(connect());
    expect(decision).toEqual({
      verdict: 'deny',
      reason: expect.stringContaining('no policy lets alice'),
      policies: [],
      unpermitted: true,
      requirements: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'p' }],
    });
  });

  it('denies where a forbid without a requirement decided too, and names only that', () => {
    const decision = engineOf(
      `${PERMIT}${NEEDS_DBA}@message("frozen for the audit") forbid (principal, action, resource);`,
    ).decide(connect());
    expect(decision).toEqual({ verdict: 'deny', reason: 'frozen for the audit', policies: ['p#2'] });
  });

  it('denies where meeting the requirement would bring in another forbid', () => {
    const decision = engineOf(
      `${PERMIT}${NEEDS_DBA}forbid (principal, action, resource) when { context.approved };`,
    ).decide(connect());
    expect(decision.verdict).toBe('deny');
  });

  it('denies @mfa with the reason that it cannot be met yet', () => {
    const mfa =
      '@mfa("15m") forbid (principal, action == Action::"access.connect", resource) unless { context has mfaSeconds && context.mfaSeconds <= 900 };';
    const decision = engineOf(PERMIT + mfa).decide(connect());
    expect(decision).toEqual({
      verdict: 'deny',
      reason: expect.stringContaining('multi-factor'),
      policies: ['p#1'],
    });
  });

  it('denies where a forbid fails while it is evaluated, which Cedar alone would pass over', () => {
    const overflow =
      'forbid (principal, action, resource) when { context has mfaSeconds && context.mfaSeconds * 9223372036854775807 > 0 };';
    const engine = engineOf(`permit (principal, action, resource);\n${overflow}`);
    expect(engine.decide(connect({ mfaSeconds: 2 }))).toEqual({
      verdict: 'deny',
      reason: expect.stringContaining('could not be evaluated'),
      policies: ['p#1'],
    });
  });

  it('denies what it cannot understand', () => {
    const decision = engineOf('permit (principal, action, resource);').decide(
      connect({ action: { verb: 7 } }, [], 'sql.read'),
    );
    expect(decision).toEqual({
      verdict: 'deny',
      reason: expect.stringContaining('could not decide'),
      policies: [],
    });
  });

  it('knows the hour and the weekday in UTC', () => {
    const cedar =
      'permit (principal, action, resource) when { context.weekday == "mon" && context.hour == 12 };';
    expect(engineOf(cedar).decide(connect()).verdict).toBe('allow');
    expect(engineOf(cedar, NOON_MONDAY + 3_600_000).decide(connect()).verdict).toBe('deny');
    expect(engineOf(cedar, NOON_MONDAY + 86_400_000).decide(connect()).verdict).toBe('deny');
  });

  it('knows the address, also where IPv4 arrives mapped into IPv6', () => {
    const cedar =
      'permit (principal, action, resource) when { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) };';
    expect(engineOf(cedar).decide(connect({ ip: '::ffff:10.1.2.3' })).verdict).toBe('allow');
    expect(engineOf(cedar).decide(connect({ ip: '192.0.2.1' })).verdict).toBe('deny');
    expect(engineOf(cedar).decide(connect({ ip: 'not an address' })).verdict).toBe('deny');
  });

  it('decides a statement by the table it touches, inside the labels of the resource', () => {
    const engine = engineOf(
      'permit (principal, action == Action::"sql.read", resource in Label::"env:prod") unless { resource is Table && resource.name == "public.salaries" };',
    );
    const read = (object: string): Question => ({
      ...connect({}, [], 'sql.read'),
      resource: { name: 'orders-db', protocol: 'postgres', labels: { env: 'prod' }, object },
    });
    expect(engine.decide(read('public.orders')).verdict).toBe('allow');
    expect(engine.decide(read('public.salaries')).verdict).toBe('deny');
  });

  it('takes what a statement does not say as what permits least', () => {
    const engine = engineOf(
      'permit (principal, action, resource); forbid (principal, action == Action::"sql.write", resource) unless { context.hasWhere };',
    );
    expect(engine.decide(connect({ action: { verb: 'delete' } }, [], 'sql.write')).verdict).toBe('deny');
    expect(
      engine.decide(connect({ action: { verb: 'delete', hasWhere: true } }, [], 'sql.write')).verdict,
    ).toBe('allow');
  });

  it('decides on the gateway itself without a resource', () => {
    const engine = engineOf('permit (principal in Group::"platform", action in Action::"admin", resource);');
    const apply = (groups: string[]): Question => ({
      principal: person('erin', groups),
      action: 'admin.apply',
      facts: {},
    });
    expect(engine.allows(apply(['platform']))).toBe(true);
    expect(engine.allows(apply(['engineering']))).toBe(false);
  });
});

describe('replace', () => {
  it('forgets every answer of the set before', () => {
    const engine = engineOf(PERMIT);
    expect(engine.decide(connect()).verdict).toBe('allow');
    engine.replace(noPolicies);
    expect(engine.decide(connect()).verdict).toBe('deny');
  });

  it('leaves other engines of the process alone', () => {
    const one = engineOf(PERMIT);
    const other = engineOf(PERMIT);
    other.replace(noPolicies);
    expect(one.decide(connect({ duration: 60 })).verdict).toBe('allow');
  });
});

describe('explain', () => {
  it('gives the policies that decided, in words', () => {
    const engine = engineOf(
      `${PERMIT}@description("Production needs a second pair of eyes") @message("ask a dba") ${NEEDS_DBA}`,
    );
    expect(engine.explain(engine.decide(connect()))).toEqual([
      {
        id: 'p#1',
        effect: 'forbid',
        description: 'Production needs a second pair of eyes',
        message: 'ask a dba',
      },
    ]);
  });
});

describe('answers that are kept', () => {
  const question = (): Question => ({
    ...connect({ ip: '10.0.0.1', action: { verb: 'select' } }),
    action: 'sql.read',
  });
  const base = question();

  it('are found again by what was asked, whoever asks', () => {
    const engine = engineOf('permit (principal, action, resource);');
    expect(engine.decide(question())).toBe(engine.decide(question()));
  });

  it.each<[string, Question]>([
    ['another person', { ...base, principal: { ...base.principal, name: 'bob' } }],
    ['other groups', { ...base, principal: { ...base.principal, groups: ['engineering', 'dba'] } }],
    ['an address of e-mail', { ...base, principal: { ...base.principal, email: 'a@example.com' } }],
    ['another action', { ...base, action: 'sql.write' }],
    [
      'another table',
      {
        ...base,
        resource: { name: 'orders-db', protocol: 'postgres', labels: { env: 'prod' }, object: 'a.b' },
      },
    ],
    [
      'another label',
      { ...base, resource: { name: 'orders-db', protocol: 'postgres', labels: { env: 'dev' } } },
    ],
    [
      'another protocol',
      { ...base, resource: { name: 'orders-db', protocol: 'ssh', labels: { env: 'prod' } } },
    ],
    ['no resource', { principal: base.principal, action: 'admin.read', facts: {} }],
    ['another fact of the statement', { ...base, facts: { ...base.facts, action: { verb: 'delete' } } }],
    ['another address', { ...base, facts: { ...base.facts, ip: '10.0.0.2' } }],
    ['an approval', { ...base, facts: { ...base.facts, approved: true } }],
    ['another hour', { ...base, at: NOON_MONDAY + 3_600_000 }],
    ['the same hour of another day', { ...base, at: NOON_MONDAY + 86_400_000 }],
  ])('are not those to %s', (_, other) => {
    const engine = engineOf('permit (principal, action, resource);');
    expect(engine.decide(other)).not.toBe(engine.decide(question()));
  });

  it('have a version, which goes up with each change and each hour', () => {
    let now = NOON_MONDAY;
    const engine = createPolicyEngine({ clock: { now: () => now } });
    const versions = [engine.version];
    now += 59 * 60_000;
    expect(engine.version).toBe(versions[0]);
    now += 60_000;
    versions.push(engine.version);
    engine.replace(noPolicies);
    versions.push(engine.version);
    expect(versions.toSorted((a, b) => a - b)).toEqual([...new Set(versions)]);
    expect(versions).toHaveLength(3);
  });
});
