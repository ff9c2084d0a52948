import { describe, expect, it } from 'vitest';
import { compilePolicies } from './policy-set.ts';

const compile = (cedar: string, name = 'p') => compilePolicies([{ name, cedar }]);
const problems = (cedar: string) => {
  const compiled = compile(cedar);
  return compiled.ok ? [] : compiled.problems;
};

describe('policy ids', () => {
  it('is the document name where the document holds one policy', () => {
    const compiled = compile('permit (principal, action, resource);', 'everything');
    expect(compiled.ok && [...compiled.set.keys()]).toEqual(['everything']);
  });

  it('numbers several policies in the order they are written, also beyond ten', () => {
    const cedar = Array.from(
      { length: 12 },
      (_, n) => `permit (principal in Group::"g${n}", action, resource);`,
    ).join('\n');
    const compiled = compile(cedar, 'many');
    if (!compiled.ok) throw new Error('not compiled');
    expect([...compiled.set.keys()]).toEqual(Array.from({ length: 12 }, (_, n) => `many#${n}`));
    expect(compiled.set.get('many#10')?.cedar).toContain('Group::"g10"');
    expect(compiled.set.get('many#2')?.cedar).toContain('Group::"g2"');
  });

  it('tells equal policies apart', () => {
    const twice = 'permit (principal, action, resource);\n'.repeat(2);
    const compiled = compile(twice, 'twice');
    expect(compiled.ok && [...compiled.set.keys()]).toEqual(['twice#0', 'twice#1']);
  });
});

describe('annotations', () => {
  const approve = (text: string) =>
    `@approve("${text}")\nforbid (principal, action == Action::"access.connect", resource) unless { context.approved };`;
  const requirements = (cedar: string) => {
    const compiled = compile(cedar);
    return compiled.ok ? compiled.set.get('p')?.requirements : compiled.problems;
  };

  it('reads one group as one approval', () => {
    expect(requirements(approve('dba'))).toEqual([
      { kind: 'approve', count: 1, groups: ['dba'], policy: 'p' },
    ]);
  });

  it('reads a quorum over groups', () => {
    expect(requirements(approve('2 of dba, security'))).toEqual([
      { kind: 'approve', count: 2, groups: ['dba', 'security'], policy: 'p' },
    ]);
  });

  it('carries the message with the requirement', () => {
    expect(requirements(`@message("ask a dba")\n${approve('dba')}`)).toEqual([
      { kind: 'approve', count: 1, groups: ['dba'], policy: 'p', message: 'ask a dba' },
    ]);
  });

  it.each([
    ['0 of dba', 'is not understood'],
    ['dba,', 'is not understood'],
    ['2 of dba, dba', 'is not understood'],
    ['', 'needs a text'],
  ])('refuses @approve("%s")', (text, reason) => {
    expect(problems(approve(text))).toEqual([
      expect.objectContaining({ document: 'p', line: 1, reason: expect.stringContaining(reason) }),
    ]);
  });

  it('refuses an approval that the forbid never asks for', () => {
    expect(problems('@approve("dba") forbid (principal, action, resource);')[0]?.reason).toContain(
      'unless { context.approved }',
    );
  });

  it('refuses an approval on a permit', () => {
    expect(
      problems('@approve("dba") permit (principal, action, resource) when { context.approved };')[0]?.reason,
    ).toContain('belongs on a forbid');
  });

  it('refuses an annotation it does not know, for it may be a misspelt requirement', () => {
    expect(
      problems('@aprove("dba") forbid (principal, action, resource) unless { context.approved };')[0]?.reason,
    ).toContain('@aprove');
  });

  it.each(['soon', '15'])('refuses @mfa("%s")', (text) => {
    expect(
      problems(
        `@mfa("${text}") forbid (principal, action, resource) unless { context has mfaSeconds && context.mfaSeconds < 900 };`,
      ),
    ).toHaveLength(1);
  });
});

describe('problems', () => {
  it('names document, line and reason of a syntax error', () => {
    expect(problems('permit (principal, action,\n  resource)\n  whan { true };')).toEqual([
      { document: 'p', line: 3, reason: expect.stringContaining('whan') },
    ]);
  });

  it('counts lines, not bytes, after text that is not ASCII', () => {
    expect(problems('// äöü ✓ 日本\npermit (principal, action, resource) whan { true };')[0]?.line).toBe(2);
  });

  it('finds a name that the schema does not have once, in the policy it stands in', () => {
    const found = problems(
      'permit (principal, action, resource);\n\npermit (principal, action, resource)\n  when { context.profil == "read" };',
    );
    expect(found).toEqual([{ document: 'p', line: 4, reason: expect.stringContaining('profil') }]);
  });

  it('refuses a policy that can never apply', () => {
    expect(
      problems('forbid (principal, action == Action::"access.connect", resource in Group::"dba");'),
    ).not.toEqual([]);
  });

  it('refuses templates and documents without a policy', () => {
    expect(problems('permit (principal == ?principal, action, resource);')[0]?.reason).toContain('templates');
    expect(problems('// nothing here')[0]?.reason).toContain('no policy');
  });

  it('reports the problems of all documents at once', () => {
    const compiled = compilePolicies([
      { name: 'a', cedar: 'permit (' },
      { name: 'b', cedar: 'permit (principal, action, resource);' },
      { name: 'c', cedar: '@what permit (principal, action, resource);' },
    ]);
    expect(compiled.ok ? [] : compiled.problems.map(({ document }) => document)).toEqual(['a', 'c']);
  });
});
