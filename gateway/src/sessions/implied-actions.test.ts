import type { AccessScope, ActionName } from '@drawbridge/contract';
import { expect, it } from 'vitest';
import { newId } from '../new-id.ts';
import type { Action, Decision } from '../policy/decision.ts';
import { createPolicyEngine } from '../policy/engine.ts';
import { compilePolicies } from '../policy/policy-set.ts';
import { LiveSession } from './live-session.ts';

const alice = {
  kind: 'user' as const,
  id: newId('usr'),
  name: 'alice',
  displayName: 'Alice',
  provider: 'test',
  subject: 'alice',
  groups: ['support'],
};
const resource = { name: 'orders-db', protocol: 'postgres' as const, labels: { env: 'prod' } };
const context = { verb: 'select', tables: [], hasWhere: false, functions: [] };
const view: Action = { name: 'sql.read', object: 'reporting.revenue', context };
const implied: Action = { name: 'sql.read', object: 'public.orders', context, implied: true };

const PERMIT_VIEW =
  'permit (principal, action == Action::"sql.read", resource == Table::"orders-db/reporting.revenue");';
const forbid = (annotation: string, unless: string) =>
  `${annotation} forbid (principal, action, resource == Table::"orders-db/public.orders") ${unless};`;

function decide(
  cedar: string,
  actions: readonly Action[],
  { allow = ['sql.read'], scope }: { allow?: readonly ActionName[]; scope?: AccessScope } = {},
): Decision {
  const compiled = compilePolicies([{ name: 'p', cedar }]);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  const engine = createPolicyEngine({ clock: { now: () => 0 }, policies: compiled.set });
  const session = new LiveSession({
    id: newId('ses'),
    principal: alice,
    signInId: newId('sgn'),
    grantId: newId('grt'),
    profile: 'read',
    resource: { ...resource, profiles: { read: { allow } } } as never,
    rules: { columns: [], text: [] },
    clientAddress: undefined,
    clientKey: undefined,
    scope,
    policy: ({ name, object, context: about }, { approved }) =>
      engine.decide({
        principal: alice,
        action: name,
        resource: { ...resource, ...(object !== undefined && { object }) },
        facts: { profile: 'read', approved, action: about },
      }),
    decisionVersion: () => 0,
    reviewing: () => {
      throw new Error('nobody is asked');
    },
    used: () => undefined,
    begin: () => Promise.reject(new Error('it need not begin')),
  });
  return session.decide(actions);
}

it('a permit for a view is enough to read it', () => {
  expect(decide(PERMIT_VIEW, [view, implied])).toMatchObject({ verdict: 'allow' });
});

it('what is asked for itself needs a permit of its own', () => {
  const { implied: _along, ...itself } = implied;
  expect(decide(PERMIT_VIEW, [view, itself])).toMatchObject({
    verdict: 'deny',
    reason: expect.stringContaining('orders-db/public.orders'),
  });
});

it('nothing that happens along may be forbidden', () => {
  const cedar = `${PERMIT_VIEW} ${forbid('@message("not these")', '')}`;
  expect(decide(cedar, [view, implied])).toMatchObject({ verdict: 'deny', reason: 'not these' });
});

it('what needs approval needs it along, too', () => {
  const permitted = 'permit (principal, action == Action::"sql.read", resource);';
  const cedar = `${permitted} ${forbid('@approve("dba")', 'unless { context.approved }')}`;
  expect(decide(cedar, [view, implied])).toMatchObject({ verdict: 'needs' });
});

it('an approval asked for what happens along is asked for, where only the view is permitted', () => {
  const cedar = `${PERMIT_VIEW} ${forbid('@approve("dba")', 'unless { context.approved }')}`;
  expect(decide(cedar, [view, implied])).toMatchObject({
    verdict: 'needs',
    requirements: [{ kind: 'approve', groups: ['dba'] }],
  });
  const { implied: _along, ...itself } = implied;
  expect(decide(cedar, [view, itself])).toMatchObject({ verdict: 'deny' });
});

it('a second factor asked for along, which nothing can show yet, is a no', () => {
  const cedar = `${PERMIT_VIEW} ${forbid('@mfa("15m")', 'unless { context has mfaSeconds && context.mfaSeconds <= 900 }')}`;
  expect(decide(cedar, [view, implied])).toMatchObject({ verdict: 'deny' });
});

it('a policy that fails to be decided is a no', () => {
  const cedar = `${PERMIT_VIEW} forbid (principal, action == Action::"sql.read", resource) when { (context.minutes + 2) * 9223372036854775807 > 1 };`;
  expect(decide(cedar, [implied])).toMatchObject({ verdict: 'deny' });
});

it('the ceiling of the profile holds for it, the scope of the grant is about what is asked for', () => {
  const write: Action = { ...implied, name: 'sql.write' };
  expect(decide(PERMIT_VIEW, [view, write])).toMatchObject({ verdict: 'deny' });
  const scope: AccessScope = { tables: ['reporting.revenue'] };
  expect(decide(PERMIT_VIEW, [view, implied], { scope })).toMatchObject({ verdict: 'allow' });
});

it('what does nothing that is known is a no', () => {
  expect(decide('permit (principal, action, resource);', [])).toMatchObject({ verdict: 'deny' });
});
