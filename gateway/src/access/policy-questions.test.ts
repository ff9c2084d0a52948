import { PolicyQuestion } from '@drawbridge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AccessWorld, createAccessWorld, resourceDocument } from '../../../test/support/access-world.ts';
import type { Action } from '../policy/decision.ts';
import { createPolicyEngine } from '../policy/engine.ts';
import { Authorizer } from './authorizer.ts';
import type { Caller } from './caller.ts';
import { Configuration } from './configuration.ts';
import { PolicyQuestions } from './policy-questions.ts';
import { Resources } from './resources.ts';

const policy = (name: string, cedar: string, description?: string) => ({
  ...{ kind: 'Policy', name, cedar },
  ...(description === undefined ? {} : { description }),
});

const POLICIES = [
  policy(
    'engineers-read',
    'permit (principal in Group::"engineering", action in [Action::"access", Action::"sql"], resource in Label::"env:prod") unless { action == Action::"access.review" };',
    'Engineers work on production.',
  ),
  policy(
    'deletes-are-reviewed',
    '@approve("dba") @message("deletes in production are looked at") forbid (principal, action == Action::"sql.write", resource in Label::"env:prod") when { context.verb == "delete" } unless { context.approved };',
  ),
  policy(
    'salaries',
    '@message("salaries are nobody\'s business") forbid (principal, action in Action::"sql", resource in Table::"orders-db/public.salaries");',
  ),
  policy(
    'not-at-night',
    '@message("nobody connects at night") forbid (principal, action == Action::"access.connect", resource) when { context.hour < 6 };',
  ),
  policy(
    'from-the-office',
    'forbid (principal, action == Action::"access.connect", resource == Resource::"vault-db") unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) };',
  ),
  policy('platform', 'permit (principal in Group::"platform", action in Action::"admin", resource);'),
];

/** Stands for the analysis of PostgreSQL: each word after the first is a table. */
const analyze = (protocol: string, text: string): Promise<readonly Action[]> | undefined => {
  if (protocol !== 'postgres') return undefined;
  const [verb = '', ...tables] = text.split(' ');
  const name = verb === 'select' ? 'sql.read' : verb === 'drop' ? 'sql.ddl' : 'sql.write';
  return Promise.resolve(tables.map((object) => ({ name, object, context: { verb } })));
};

let world: AccessWorld;
let questions: PolicyQuestions;
let alice: Caller;
let dan: Caller;
let erin: Caller;

beforeAll(async () => {
  world = await createAccessWorld();
  const engine = createPolicyEngine({ clock: world.clock });
  const configuration = new Configuration(world.store, engine);
  const authorizer = new Authorizer(engine);
  const { db, clock } = world;
  const resources = new Resources({ db, clock, authorizer, configuration });
  questions = new PolicyQuestions({ db, engine, configuration, authorizer, resources, analyze });
  await world.access.documents.bootstrap([
    ...POLICIES,
    resourceDocument('orders-db', { env: 'prod' }),
    resourceDocument('vault-db', { env: 'prod' }),
    resourceDocument('staging-db', { env: 'staging' }),
  ]);
  alice = await world.person('alice', 'engineering');
  dan = await world.person('dan');
  erin = await world.person('erin', 'platform');
});
afterAll(() => world.close());

const test = (caller: Caller, question: object) => questions.test(caller, PolicyQuestion.parse(question));

describe('what policy would say', () => {
  it('answers each action of a statement, with the policies that decided, in words', async () => {
    const asked = { resource: 'orders-db', profile: 'write', sql: 'delete public.orders' };
    const answer = await test(alice, asked);
    expect(answer).toMatchObject({
      ...{ resource: 'orders-db', profile: 'write', verdict: 'needs' },
      principal: { name: 'alice', groups: ['engineering'] },
      reason: 'needs approval of dba: deletes in production are looked at',
    });
    expect(answer.steps).toEqual([
      {
        ...{ action: 'sql.write', object: 'public.orders', verdict: 'needs' },
        reason: 'needs approval of dba: deletes in production are looked at',
        needs: [expect.objectContaining({ kind: 'approve', groups: ['dba'] })],
        policies: [
          { id: 'deletes-are-reviewed', effect: 'forbid', message: 'deletes in production are looked at' },
        ],
      },
    ]);
    expect(await test(alice, { ...asked, approved: true })).toMatchObject({
      verdict: 'allow',
      reason: 'allowed: Engineers work on production.',
    });
  });

  it('denies where one of several actions is denied, for its reason', async () => {
    const answer = await test(alice, {
      ...{ resource: 'orders-db', profile: 'read', sql: 'select public.orders public.salaries' },
    });
    expect(answer.steps.map(({ verdict }) => verdict)).toEqual(['allow', 'deny']);
    expect(answer).toMatchObject({ verdict: 'deny', reason: "salaries are nobody's business" });
  });

  it("counts the profile's own limits: what it allows, and for how long", async () => {
    const drop = await test(alice, { resource: 'orders-db', profile: 'write', sql: 'drop public.orders' });
    expect(drop.steps).toEqual([
      {
        ...{ action: 'sql.ddl', object: 'public.orders', verdict: 'deny', profile: true },
        reason: "the write profile of orders-db doesn't allow sql.ddl",
        ...{ needs: [], policies: [] },
      },
    ]);
    const long = await test(alice, { resource: 'orders-db', profile: 'write', duration: 7200 });
    expect(long).toMatchObject({
      verdict: 'deny',
      reason: 'the write profile of orders-db is given for 30m at most',
    });
    expect(await test(alice, { resource: 'orders-db', profile: 'write' })).toMatchObject({
      verdict: 'allow',
    });
  });

  it('answers as if it were another time, or came from elsewhere', async () => {
    const asked = { resource: 'orders-db', profile: 'read' };
    expect(await test(alice, asked)).toMatchObject({ verdict: 'allow' });
    expect(await test(alice, { ...asked, at: '2025-06-02T03:00:00.000Z' })).toMatchObject({
      ...{ verdict: 'deny', reason: 'nobody connects at night' },
    });
    const vault = { resource: 'vault-db', profile: 'read' };
    expect(await test(erin, { ...vault, as: 'alice' })).toMatchObject({ verdict: 'deny' });
    expect(await test(erin, { ...vault, as: 'alice', ip: '10.1.2.3' })).toMatchObject({ verdict: 'allow' });
  });

  it('answers one action, also about the gateway itself', async () => {
    const asked = { resource: 'orders-db', profile: 'read' };
    expect(await test(alice, { ...asked, action: 'sql.read', object: 'public.salaries' })).toMatchObject({
      verdict: 'deny',
    });
    expect(await test(erin, { ...asked, action: 'admin.apply' })).toMatchObject({ verdict: 'allow' });
    expect(await test(alice, { ...asked, action: 'admin.apply' })).toMatchObject({ verdict: 'deny' });
    expect(await test(alice, { ...asked, action: 'access.review' })).toMatchObject({ verdict: 'deny' });
  });

  it('tells whoever may read policies which almost would have let it happen, and nobody else', async () => {
    const asked = { resource: 'orders-db', profile: 'read', action: 'access.review' };
    const plain = 'no policy lets alice review requests for orders-db with profile read';
    expect((await test(alice, asked)).reason).toBe(plain);
    expect((await test(erin, { ...asked, as: 'alice' })).reason).toBe(
      `${plain}; the conditions of engineers-read do not hold`,
    );
    expect((await test(erin, { ...asked, as: 'dan', action: 'sql.read' })).reason).toBe(
      'no policy lets dan read orders-db with profile read; engineers-read permits it to the group engineering',
    );
  });

  it('says what else has to be said', async () => {
    await expect(test(alice, { resource: 'orders-db' })).rejects.toMatchObject({
      ...{ code: 'invalid_request', details: { hint: 'Name one of read, write.' } },
    });
    await expect(test(alice, { resource: 'orders-db', profile: 'admin' })).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(
      test(alice, { resource: 'orders-db', profile: 'read', command: 'ls' }),
    ).rejects.toMatchObject({ code: 'invalid_request', message: 'orders-db does not speak commands' });
  });
});

describe('whom it is about', () => {
  const asked = { resource: 'orders-db', profile: 'read' };

  it('is oneself for everybody, and others for whoever may read the configuration', async () => {
    expect(await test(alice, { ...asked, as: 'alice' })).toMatchObject({ verdict: 'allow' });
    await expect(test(alice, { ...asked, as: 'dan' })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(test(alice, { ...asked, groups: ['dba'] })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await test(erin, { ...asked, as: 'alice' })).toMatchObject({
      ...{ verdict: 'allow', principal: { name: 'alice', groups: ['engineering'] } },
    });
    expect(await test(erin, { ...asked, as: 'dan' })).toMatchObject({ verdict: 'deny' });
  });

  it('is somebody who need not exist where groups are named', async () => {
    expect(await test(erin, { ...asked, as: 'zoe', groups: ['engineering'] })).toMatchObject({
      ...{ verdict: 'allow', principal: { name: 'zoe', groups: ['engineering'] } },
    });
    expect(await test(erin, { ...asked, as: 'alice', groups: [] })).toMatchObject({ verdict: 'deny' });
    await expect(test(erin, { ...asked, as: 'zoe' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('tells nobody of a resource that they may not see', async () => {
    const hidden = await test(dan, asked).catch((error: unknown) => error);
    const missing = await test(dan, { ...asked, resource: 'nothing' }).catch((error: unknown) => error);
    expect(hidden).toMatchObject({
      code: 'not_found',
      message: 'there is no resource orders-db that you may use',
    });
    expect(missing).toMatchObject({
      code: 'not_found',
      message: 'there is no resource nothing that you may use',
    });
    expect(await test(erin, { resource: 'staging-db', profile: 'read' })).toMatchObject({ verdict: 'deny' });
  });
});

describe('what somebody could do', () => {
  it('goes through the profiles and what they allow, and the tables that policies name', async () => {
    const { principal, profiles } = await questions.explain(erin, { resource: 'orders-db', as: 'alice' });
    expect(principal).toEqual({ id: alice.user.id, name: 'alice', groups: ['engineering'] });
    expect(profiles.map(({ name, access }) => [name, access.verdict])).toEqual([
      ['read', 'allow'],
      ['write', 'allow'],
    ]);
    const [read] = profiles;
    expect(read?.actions.map(({ action, object, verdict }) => [action, object, verdict])).toEqual([
      ['sql.read', undefined, 'allow'],
      ['sql.read', 'public.salaries', 'deny'],
      ['sql.session', undefined, 'allow'],
      ['sql.session', 'public.salaries', 'deny'],
    ]);
    const write = profiles[1]?.actions.find(({ action }) => action === 'sql.write');
    expect(write?.reason).toContain(
      'as far as can be said without context.verb, which deletes-are-reviewed asks for',
    );
  });

  it('needs admin.read about others', async () => {
    await expect(questions.explain(alice, { resource: 'orders-db', as: 'erin' })).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(await questions.explain(alice, { resource: 'orders-db' })).toMatchObject({
      principal: { name: 'alice' },
    });
  });
});

describe('policies as applied', () => {
  it('come with what they can be about', async () => {
    const views = await questions.policies(erin, {});
    const of = (id: string) => views.find((view) => view.id === id);
    expect(of('engineers-read')).toMatchObject({
      ...{ document: 'engineers-read', effect: 'permit', resources: ['orders-db', 'vault-db'] },
      actions: expect.arrayContaining(['access.request', 'sql.read']),
    });
    expect(of('salaries')).toMatchObject({ resources: ['orders-db'] });
    expect(of('deletes-are-reviewed')).toMatchObject({
      ...{ actions: ['sql.write'], requirements: [{ kind: 'approve', groups: ['dba'] }] },
    });
    expect(of('platform')).not.toHaveProperty('resources');
    expect(of('platform')?.actions).toEqual(['admin.apply', 'admin.read']);
    const about = await questions.policies(erin, { resource: 'vault-db' });
    expect(about.map(({ id }) => id).sort()).toEqual(
      ['deletes-are-reviewed', 'engineers-read', 'from-the-office', 'not-at-night'].sort(),
    );
  });

  it('are for whoever may read the configuration, and so are people', async () => {
    await expect(questions.policies(alice, {})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(questions.people(alice, { limit: 10 })).rejects.toMatchObject({ code: 'forbidden' });
    expect((await questions.people(erin, { limit: 2 })).map(({ name, groups }) => [name, groups])).toEqual([
      ['alice', ['engineering']],
      ['dan', []],
    ]);
  });
});

describe('validate', () => {
  it('finds what apply would, and what looks like a slip', async () => {
    const found = await questions.validate(erin, [
      policy('one', 'permit (principal, action == Action::"sql.raed", resource);'),
      policy('two', 'permit (principal, action == Action::"sql.read", resource in Label::"env:prd");'),
      { kind: 'Policy', name: 'three' },
    ]);
    expect(found.problems).toEqual([
      expect.objectContaining({ document: 'Policy/three.cedar', line: 1, column: 1 }),
      expect.objectContaining({ document: 'one', line: 1, column: 30, nearest: 'Action::"sql.read"' }),
    ]);
    const fine = await questions.validate(erin, [
      policy('two', 'permit (principal, action == Action::"sql.read", resource in Label::"env:prd");'),
    ]);
    expect(fine).toEqual({
      ...{ problems: [], policies: 1 },
      warnings: ['Policy/two is about Label::"env:prd", which no resource has yet, did you mean env:prod?'],
    });
  });

  it('is for whoever may read or change the configuration, and changes nothing', async () => {
    await expect(questions.validate(alice, [])).rejects.toMatchObject({ code: 'forbidden' });
    expect((await questions.policies(erin, {})).length).toBe(POLICIES.length);
  });
});
