import { ActionName, UserId } from '@drawbridge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAuthorized } from './cedar.ts';
import { createPolicyEngine } from './engine.ts';
import { compilePolicies, type PolicySet } from './policy-set.ts';
import { type Question, toCedar } from './question.ts';
import { POLICY_SCHEMA } from './schema.ts';
import { askedIn } from './scope.ts';
import { Shards } from './shards.ts';
import { vocabulary } from './vocabulary.ts';

const GROUPS = ['engineering', 'dba', 'security'];
const RESOURCES = ['orders-db', 'users-db'];
const LABELS = ['env:prod', 'env:dev', 'team:shop'];
const TABLES = ['orders-db/public.orders', 'users-db/public.people'];
const ACTIONS = ['access.connect', 'sql.read', 'sql.write', 'ssh.exec', 'data.reveal', 'admin.read'] as const;
const ID = 'usr_01977f2e-0000-7000-8000-000000000001';

const name = (type: string, names: readonly string[]) =>
  fc.constantFrom(...names.map((id) => `${type}::"${id}"`));
const principal = fc.oneof(
  fc.constant('principal'),
  name('Group', GROUPS).map((group) => `principal in ${group}`),
  name('Group', GROUPS).map((group) => `principal is User in ${group}`),
  fc.constantFrom('principal is User', 'principal is Workload', `principal == User::"${ID}"`),
);
const action = fc.oneof(
  fc.constant('action'),
  fc.constantFrom(...ACTIONS).map((id) => `action == Action::"${id}"`),
  fc.constantFrom('sql', 'access', 'ssh', 'data', 'admin').map((group) => `action in Action::"${group}"`),
  fc
    .subarray([...ACTIONS], { minLength: 1 })
    .map((ids) => `action in [${ids.map((id) => `Action::"${id}"`).join(', ')}]`),
);
const resource = fc.oneof(
  fc.constantFrom('resource', 'resource is Table', 'resource is Resource'),
  fc
    .oneof(name('Resource', RESOURCES), name('Label', LABELS), name('Table', TABLES))
    .map((within) => `resource in ${within}`),
  name('Label', LABELS).map((label) => `resource is Resource in ${label}`),
  name('Resource', RESOURCES).map((one) => `resource is Table in ${one}`),
  fc.oneof(name('Resource', RESOURCES), name('Table', TABLES)).map((one) => `resource == ${one}`),
);
const condition = fc.constantFrom(
  '',
  ' when { context.hour < 12 }',
  ' unless { context.approved }',
  ' when { resource in Label::"env:prod" }',
  ' when { context has mfaSeconds && context.mfaSeconds * 9223372036854775807 > 0 }',
);
const policy = fc
  .tuple(fc.constantFrom('permit', 'forbid'), principal, action, resource, condition)
  .map(([effect, who, does, what, when]) => `${effect} (${who}, ${does}, ${what})${when};`);

const question: fc.Arbitrary<Question> = fc
  .record({
    groups: fc.subarray(GROUPS),
    action: fc.constantFrom(...ACTIONS),
    resource: fc.constantFrom(...RESOURCES),
    labels: fc.subarray(LABELS),
    object: fc.constantFrom(undefined, 'public.orders', 'public.people.name'),
    approved: fc.boolean(),
    mfaSeconds: fc.constantFrom(undefined, 0, 2),
    at: fc.constantFrom(0, 13 * 3_600_000),
  })
  .map(({ groups, action: does, resource: on, labels, object, approved, mfaSeconds, at }) => ({
    principal: {
      ...{ kind: 'user', provider: 'p', subject: 'alice', name: 'alice', displayName: 'Alice' },
      ...{ id: UserId.parse(ID), groups },
    },
    action: does,
    ...(does.startsWith('admin.')
      ? {}
      : {
          resource: {
            ...{ name: on, protocol: 'postgres' },
            labels: Object.fromEntries(labels.map((label) => label.split(':'))),
            ...(object === undefined || !/^(?:sql|data)/.test(does) ? {} : { object }),
          },
        }),
    facts: { profile: 'read', approved, ...(mfaSeconds === undefined ? {} : { mfaSeconds }) },
    at,
  }));

/** A set of all that are valid: policies that could never apply are refused. */
function compile(texts: readonly string[]): PolicySet {
  const documents = texts.map((cedar, index) => ({ name: `p${index}`, cedar }));
  const all = compilePolicies(documents);
  if (all.ok) return all.set;
  const wrong = new Set(all.problems.map(({ document }) => document));
  const rest = compilePolicies(documents.filter(({ name: each }) => !wrong.has(each)));
  if (!rest.ok) throw new Error(JSON.stringify(rest.problems));
  return rest.set;
}

/** What Cedar says with every policy in the set, in the engine's words. */
function unsharded(set: PolicySet, asked: Question) {
  const answer = isAuthorized({
    ...toCedar(asked, asked.at ?? 0),
    policies: { staticPolicies: Object.fromEntries([...set].map(([id, { cedar }]) => [id, cedar])) },
    schema: POLICY_SCHEMA,
    validateRequest: true,
  });
  if (answer.type === 'failure') throw new Error(JSON.stringify(answer.errors));
  const { decision, diagnostics } = answer.response;
  const lost = diagnostics.errors
    .map(({ policyId }) => policyId)
    .filter((id) => set.get(id)?.effect === 'forbid');
  return lost.length > 0
    ? { verdict: 'deny', policies: new Set(lost) }
    : { verdict: decision, policies: new Set(diagnostics.reason) };
}

describe('shards', () => {
  it('never change an answer: with the candidates alone Cedar says what it says with all policies', () => {
    fc.assert(
      fc.property(
        fc.array(policy, { minLength: 1, maxLength: 12 }),
        fc.array(question, { minLength: 5, maxLength: 10 }),
        (texts, questions) => {
          const set = compile(texts);
          const engine = createPolicyEngine({ clock: { now: () => 0 }, policies: set });
          for (const asked of questions) {
            const { verdict, policies } = engine.decide(asked);
            expect({ verdict, policies: new Set(policies) }).toEqual(unsharded(set, asked));
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('hold only what can have a say, so that others cost nothing', () => {
    const set = compile(
      Array.from(
        { length: 50 },
        (_, n) => `permit (principal in Group::"g${n}", action in Action::"sql", resource);`,
      ),
    );
    const shards = new Shards();
    shards.replace(set);
    const request = toCedar(
      {
        principal: {
          ...{ kind: 'user', provider: 'p', subject: 'alice', name: 'alice', displayName: 'Alice' },
          ...{ id: UserId.parse(ID), groups: ['g7', 'g30', 'other'] },
        },
        action: 'sql.read',
        resource: { name: 'orders-db', protocol: 'postgres', labels: {} },
        facts: {},
      },
      0,
    );
    const found = shards.of(askedIn(request, 'sql'));
    expect(found.policies.map(({ id }) => id)).toEqual(['p7', 'p30']);
    expect(shards.of(askedIn({ ...request, action: { type: 'Action', id: 'ssh.exec' } }, 'ssh'))).toEqual({
      policies: [],
    });
  });

  it('are as many as there are kinds of questions, and use their names again', () => {
    const shards = new Shards();
    const groups = Array.from({ length: 300 }, (_, n) => `g${n}`);
    const set = compile(groups.map((group) => `permit (principal in Group::"${group}", action, resource);`));
    const slots = (round: number) =>
      groups.map((group) => {
        const request = toCedar(
          {
            principal: {
              ...{ kind: 'user', provider: 'p', subject: 'a', name: 'a', displayName: 'A' },
              ...{ id: UserId.parse(ID), groups: [group, `round-${round}`] },
            },
            action: 'sql.read',
            resource: { name: 'orders-db', protocol: 'postgres', labels: {} },
            facts: {},
          },
          0,
        );
        const found = shards.of(askedIn(request, 'sql'));
        expect(found.policies.map(({ cedar }) => cedar)).toEqual([expect.stringContaining(`"${group}"`)]);
        return found.slot;
      });
    shards.replace(set);
    const first = new Set(slots(1));
    shards.replace(set);
    const second = new Set(slots(2));
    expect(first.size).toBeLessThan(260);
    expect([...second].filter((slot) => !first.has(slot))).toEqual([]);
  });
});

it('every action has a group that policies can name', () => {
  for (const action of ActionName.options)
    expect(vocabulary.actions.get(action)?.group).toMatch(/^[a-z0-9]+$/);
});
