import { readFile } from 'node:fs/promises';
import { ActionName, Document, type PolicyDocument, UserId } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createPolicyEngine } from './engine.ts';
import { compilePolicies } from './policy-set.ts';
import { actionContext, POLICY_SCHEMA } from './schema.ts';

const page = await readFile(new URL('../../../docs/policy.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`^( *)\`\`\`${language}\n([\\s\\S]*?)\n\\1\`\`\``, 'gm'))].map(
    ([, , text]) => text ?? '',
  );
const policies = blocks('yaml').flatMap((text) =>
  parseAllDocuments(text).map((document) => Document.parse(document.toJS()) as PolicyDocument),
);

function engineOf(name: string) {
  const compiled = compilePolicies(policies.filter((document) => document.name === name));
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return createPolicyEngine({ clock: { now: () => 0 }, policies: compiled.set });
}

describe('docs/policy.md', () => {
  it('has examples', () => {
    expect(policies.length).toBeGreaterThanOrEqual(8);
    expect(blocks('cedar').length).toBe(3);
  });

  it.each(policies)('$name is taken', (document) => {
    expect(compilePolicies([document])).toMatchObject({ ok: true });
  });

  it.each(blocks('cedar'))('%s is refused', (cedar) => {
    expect(compilePolicies([{ name: 'refused', cedar }])).toMatchObject({ ok: false });
  });

  it('gives single tables and what tools read, as it says', () => {
    const engine = engineOf('support-reads-orders');
    const read = (object?: string) =>
      engine.allows({
        principal: {
          ...{ kind: 'user', provider: 'p', subject: 'zoe', name: 'zoe', displayName: 'Zoe' },
          ...{ id: UserId.parse('usr_01977f2e-0000-7000-8000-000000000001'), groups: ['support'] },
        },
        action: 'sql.read',
        resource: {
          ...{ name: 'orders-db', protocol: 'postgres', labels: {} },
          ...(object === undefined ? {} : { object }),
        },
        facts: { profile: 'read' },
      });
    const tables = [undefined, 'public.orders', 'pg_catalog.pg_class', 'public.customers', 'pg_catalogue.x'];
    expect(tables.map(read)).toEqual([true, true, true, false, false]);
  });

  it('names every action and every field of the context', () => {
    for (const action of ActionName.options) expect(page).toContain(`\`${action}\``);
    const fields = [...POLICY_SCHEMA.matchAll(/^ {2}(\w+)\??: /gm)].map(([, name]) => name);
    expect(fields.length).toBeGreaterThan(10);
    for (const field of fields) expect(page).toContain(`\`${field}\``);
  });
});

it('every action of the contract is in the schema', () => {
  for (const action of ActionName.options) expect(POLICY_SCHEMA).toContain(`"${action}"`);
  expect(Object.keys(actionContext).sort()).toEqual([...ActionName.options].sort());
});
