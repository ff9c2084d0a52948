import { readFile } from 'node:fs/promises';
import { ActionName, Document, type PolicyDocument } from '@drawbridge/contract';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
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
