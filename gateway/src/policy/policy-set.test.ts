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
      expect.objectContaining({ document: 'p', line: 1, message: expect.stringContaining(reason) }),
    ]);
  });

  it('refuses an approval that the forbid never asks for', () => {
    expect(problems('@approve("dba") forbid (principal, action, resource);')[0]?.message).toContain(
      'unless { context.approved }',
    );
  });

  it('refuses an approval on a permit', () => {
    expect(
      problems('@approve("dba") permit (principal, action, resource) when { context.approved };')[0]?.message,
    ).toContain('belongs on a forbid');
  });

  it('refuses an annotation it does not know, for it may be a misspelt requirement', () => {
    expect(
      problems('@aprove("dba") forbid (principal, action, resource) unless { context.approved };')[0]
        ?.message,
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

describe('requirements beside @approve', () => {
  const forbid = (annotations: string) =>
    compile(
      `${annotations}\nforbid (principal, action in Action::"sql", resource) unless { context.approved };`,
    );
  const requirement = (annotations: string) => {
    const compiled = forbid(annotations);
    return compiled.ok
      ? compiled.set.get('p')?.requirements
      : compiled.problems.map(({ message }) => message);
  };

  it('reads who is asked when nobody answers, and who is told when somebody does not wait', () => {
    expect(
      requirement('@approve("dba") @escalate("security, sre after 15m") @breakglass("security")'),
    ).toEqual([
      {
        ...{ kind: 'approve', count: 1, groups: ['dba'], policy: 'p' },
        escalate: { after: 900, groups: ['security', 'sre'] },
        breakGlass: ['security'],
      },
    ]);
  });

  it.each([
    ['@approve("dba") @escalate("security")', 'is not understood'],
    ['@approve("dba") @escalate("security after soon")', 'is not understood'],
    ['@approve("dba") @escalate("after 15m")', 'is not understood'],
    ['@approve("dba") @breakglass("a, a")', 'is not understood'],
    ['@approve("dba") @breakglass', 'needs a text'],
    ['@escalate("security after 15m")', 'belongs beside @approve'],
    ['@breakglass("security")', 'belongs beside @approve'],
    ['@approve("dba") @timeout("5m")', 'is not an annotation'],
  ])('refuses %s', (annotations, reason) => {
    expect(requirement(annotations)).toEqual([expect.stringContaining(reason)]);
  });

  it('refuses them on a permit', () => {
    const found = problems(
      '@approve("dba") @escalate("dba after 5m") @breakglass("dba") permit (principal, action, resource) when { context.approved };',
    );
    expect(found.map(({ column }) => column)).toEqual([1, 17, 43]);
    for (const { message } of found) expect(message).toContain('belongs on a forbid');
  });
});

describe('a forbid that meeting its requirement could never lift', () => {
  const about = (annotation: string, conditions: string) =>
    problems(
      `${annotation} forbid (principal, action == Action::"access.connect", resource) ${conditions};`,
    ).map(({ message }) => message);
  const APPROVE = '@approve("dba")';

  it.each([
    [APPROVE, 'when { context.profile == "write" }', 'does not ask for it'],
    [APPROVE, 'unless { context.hasTicket }', 'does not ask for it'],
    [APPROVE, 'when { context.approved || context.hour < 8 }', 'applies all the same'],
    [APPROVE, 'unless { context.approved && false }', 'applies all the same'],
    [APPROVE, 'when { context.approved || !context.approved }', 'applies all the same'],
    [APPROVE, 'when { if context.approved then true else context.hour < 8 }', 'applies all the same'],
    [APPROVE, 'when { context.approved } when { context.hour < 8 }', 'only applies once it is met'],
    [APPROVE, 'unless { !context.approved }', 'applies all the same'],
    ['@justify("ticket?")', 'unless { context.hasTicket }', 'does not ask for it'],
    ['@mfa("15m")', 'unless { context has mfaSeconds && context.mfaSeconds <= 300 }', 'applies all the same'],
    [`${APPROVE} @justify("ticket")`, 'unless { context.approved }', '@justify can never be met'],
  ])('is refused: %s %s', (annotation, conditions, why) => {
    expect(about(annotation, conditions)).toEqual([expect.stringContaining(why)]);
  });

  it.each([
    [APPROVE, 'unless { context.approved }'],
    [APPROVE, 'when { !context.approved }'],
    [APPROVE, 'when { context.profile == "write" } unless { context.approved && context.minutes <= 60 }'],
    [APPROVE, 'when { context.approved == false }'],
    [APPROVE, 'when { if context.approved then context.minutes > 60 else true }'],
    [APPROVE, 'unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) && context.approved }'],
    [APPROVE, 'unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) || context.approved }'],
    ['@justify("reason")', 'unless { context.hasReason }'],
    ['@justify("ticket")', 'unless { context.hasReason && context.hasTicket }'],
    ['@mfa("15m")', 'unless { context has mfaSeconds && context.mfaSeconds <= 900 }'],
    [`${APPROVE} @justify("ticket")`, 'unless { context.approved && context.hasTicket }'],
    [`${APPROVE} @justify("ticket")`, 'unless { context.approved || context.hasTicket }'],
  ])('is taken otherwise: %s %s', (annotation, conditions) => {
    expect(about(annotation, conditions)).toEqual([]);
  });
});

it('a forbid that was stored before goes on denying, though nobody could lift it', () => {
  const cedar = '@approve("dba") forbid (principal, action, resource);';
  expect(compilePolicies([{ name: 'p', cedar }], { stored: true })).toMatchObject({ ok: true });
  expect(compilePolicies([{ name: 'p', cedar }])).toMatchObject({ ok: false });
});

describe('reading again', () => {
  const A = { name: 'a', cedar: 'permit (principal, action, resource);' };
  const B = {
    name: 'b',
    cedar: 'forbid (principal, action, resource);\nforbid (principal, action, resource);',
  };
  const set = (...documents: Parameters<typeof compilePolicies>[0][number][]) => {
    const compiled = compilePolicies(documents);
    if (!compiled.ok) throw new Error('not compiled');
    return compiled.set;
  };

  it('takes over what is the same, and nothing else', () => {
    const before = set(A, B);
    const changed = { ...B, description: 'Now described.' };
    const after = compilePolicies([changed, A], { before });
    if (!after.ok) throw new Error('not compiled');
    expect([...after.set.keys()]).toEqual(['b#0', 'b#1', 'a']);
    expect(after.set.get('a')).toBe(before.get('a'));
    expect(after.set.get('b#1')?.description).toBe('Now described.');
    expect(after.set).toEqual(set(changed, A));
  });
});

describe('problems', () => {
  it('names document, line and reason of a syntax error', () => {
    expect(problems('permit (principal, action,\n  resource)\n  whan { true };')).toEqual([
      {
        ...{ document: 'p', line: 3, column: 3, nearest: 'when' },
        message: 'invalid policy condition: whan, did you mean when?',
      },
    ]);
  });

  it('counts lines, not bytes, after text that is not ASCII', () => {
    expect(problems('// äöü ✓ 日本\npermit (principal, action, resource) whan { true };')[0]?.line).toBe(2);
  });

  it('finds a name that the schema does not have once, in the policy it stands in', () => {
    const found = problems(
      'permit (principal, action, resource);\n\npermit (principal, action, resource)\n  when { context.profil == "read" };',
    );
    expect(found).toEqual([
      {
        ...{ document: 'p', line: 4, column: 18, nearest: 'profile' },
        message: 'context has no profil, did you mean profile?',
      },
    ]);
  });

  it.each([
    ['permit (principal in Grup::"a", action, resource);', 22, 'Group'],
    ['permit (principal, action == Action::"sql.raed", resource);', 30, 'Action::"sql.read"'],
    ['permit (principal, action, resource) when { principal.nme == "a" };', 55, 'name'],
    [
      'permit (principal, action, resource) when { context has ip && context.ip.isInRnge(ip("::1")) };',
      undefined,
      'isInRange',
    ],
    ['permt (principal, action, resource);', 1, 'permit'],
    ['permit (principle, action, resource);', 9, 'principal'],
    ['permit (principal, action, resource) when { contxt.profile == "a" };', 45, 'context'],
    ['@aprove("dba") forbid (principal, action, resource) unless { context.approved };', 1, '@approve'],
  ])('offers the nearest name: %s', (cedar, column, nearest) => {
    expect(problems(cedar)).toEqual([
      expect.objectContaining({
        ...{ line: 1, nearest, message: expect.stringContaining(`did you mean ${nearest}?`) },
        ...(column === undefined ? {} : { column }),
      }),
    ]);
  });

  it('offers nothing where nothing is near', () => {
    const [problem, ...others] = problems(
      'permit (principal, action == Action::"sql.read", resource) when { context.xyzzy };',
    );
    expect(others).toEqual([]);
    expect(problem).toEqual({ document: 'p', line: 1, column: 75, message: 'context has no xyzzy' });
  });

  it('says what a fact is known for, where a policy is about something else too', () => {
    expect(
      problems('forbid (principal, action == Action::"access.connect", resource) when { context.hasWhere };'),
    ).toEqual([
      {
        ...{ document: 'p', line: 1, column: 81 },
        message: 'context.hasWhere is only known for sql.*, data.*: let the policy be about these',
      },
    ]);
  });

  it('counts columns in characters, after text that is not ASCII', () => {
    const cedar =
      'permit (principal, action == Action::"sql.read", resource) when { context.profile == "日本✓" && context.profil == "x" };';
    expect(problems(cedar)).toMatchObject([{ line: 1, column: cedar.lastIndexOf('profil') + 1 }]);
  });

  it('refuses a policy that can never apply', () => {
    expect(
      problems('forbid (principal, action == Action::"access.connect", resource in Group::"dba");'),
    ).not.toEqual([]);
  });

  it('refuses templates and documents without a policy', () => {
    expect(problems('permit (principal == ?principal, action, resource);')[0]?.message).toContain(
      'templates',
    );
    expect(problems('// nothing here')[0]?.message).toContain('no policy');
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
