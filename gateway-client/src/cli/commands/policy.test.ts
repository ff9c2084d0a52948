import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicyAnswer, PolicyQuestion } from '@drawbridge/contract';
import { expect, test } from 'vitest';
import { useCli } from '../../../test-support/cli-harness.ts';
import { signInTo } from '../../../test-support/temporary-home.ts';

const it = useCli();

const answer: PolicyAnswer = {
  principal: { name: 'alice', groups: ['engineering'] },
  resource: 'orders-db',
  profile: 'write',
  verdict: 'needs',
  reason: 'needs approval of dba: deletes are looked at',
  steps: [
    {
      action: 'sql.write',
      object: 'public.orders',
      verdict: 'needs',
      reason: 'needs approval of dba: deletes are looked at',
      needs: [{ kind: 'approve', count: 1, groups: ['dba'], policy: 'deletes' }],
      policies: [{ id: 'deletes', effect: 'forbid', message: 'deletes are looked at' }],
    },
  ],
};

test('policy test asks what was asked, and shows the verdict with the policies that decided', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  let asked: PolicyQuestion | undefined;
  it.gateway.handlers.testPolicy = ({ body }) => {
    asked = body as PolicyQuestion;
    return answer;
  };
  const { status, stdout } = await it.cli(
    ...['policy', 'test', '--as', 'alice', '--resource', 'orders-db', '--profile', 'write'],
    ...['--for', '30m', '--sql', 'delete from orders', '--at', '2026-01-31T14:00:00Z'],
  );
  expect(asked).toMatchObject({
    ...{ as: 'alice', resource: 'orders-db', profile: 'write', sql: 'delete from orders' },
    ...{ duration: 1800, at: '2026-01-31T14:00:00.000Z', approved: false },
  });
  expect(status).toBe(0);
  expect(stdout).toBe(
    [
      '○ needs more: alice (engineering), orders-db, profile write',
      '  ○ sql.write public.orders',
      '      needs approval of dba: deletes are looked at',
      '      lifted by an approval from dba',
      '      forbid deletes',
      '',
    ].join('\n'),
  );
});

test('policy test --expect fails a script where the verdict is another one', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.testPolicy = () => answer;
  const ask = (verdict: string) =>
    it.cli('policy', 'test', '--resource', 'orders-db', '--sql', 'select 1', '--expect', verdict);
  expect(await ask('needs')).toMatchObject({ status: 0 });
  expect(await ask('deny')).toMatchObject({ status: 1, stderr: 'Expected deny, and it is needs.\n' });
  expect(await ask('maybe')).toMatchObject({ status: 2 });
});

test('policy validate names file, line and column of the YAML, and fails', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  const file = join(it.home.path, 'policies.yaml');
  const cedar = 'permit (principal, action, resource)\n    when { context.profil == "read" };';
  await writeFile(file, `# ours\nkind: Policy\nname: readers\ncedar: |\n  ${cedar.replace('\n', '\n  ')}\n`);
  it.gateway.handlers.validatePolicies = () => ({
    problems: [
      {
        ...{ document: 'readers', line: 2, column: 20, nearest: 'profile' },
        message: 'context has no profil, did you mean profile?',
      },
    ],
    policies: 0,
    warnings: [],
  });
  const { status, stdout } = await it.cli('policy', 'validate', '-f', file);
  expect(stdout).toBe(`${file}:6:22: context has no profil, did you mean profile?\n`);
  expect(status).toBe(1);
  const json = await it.cli('policy', 'validate', '-f', file, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ problems: [{ at: `${file}:6:22`, line: 2, column: 20 }] });
  expect(json.status).toBe(1);
});

test('policy validate needs no secrets, and says so where there is no policy', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.validatePolicies = () => ({ problems: [], policies: 2, warnings: ['look here'] });
  const resource =
    'kind: Resource\nname: db\nprotocol: postgres\ntarget: { host: db, database: d }\nprofiles:\n  read:\n    credential: { username: u, password: { env: NOT_SET } }\n    allow: [sql.read]\n';
  const policy = 'kind: Policy\nname: p\ncedar: permit (principal, action, resource);\n';
  expect(
    await it.run(['policy', 'validate', '-f', '-'], { input: `${resource}---\n${policy}` }),
  ).toMatchObject({
    status: 0,
    stdout: '! look here\n✓ 2 policies, nothing wrong.\n',
  });
  expect(await it.run(['policy', 'validate', '-f', '-'], { input: resource })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('there is no policy in -'),
  });
});

test('policy list and explain show what is applied, and completion knows the commands of policy', async () => {
  await signInTo(it.home, it.gateway, 'alice');
  it.gateway.handlers.listPolicies = () => ({
    policies: [
      {
        ...{ id: 'readers', document: 'readers', effect: 'permit', description: 'Engineers read.' },
        ...{ cedar: 'permit (principal, action, resource);', requirements: [] },
        ...{ resources: ['orders-db'], actions: ['sql.read', 'access.request'] },
      },
    ],
  });
  const [step] = answer.steps;
  if (!step) throw new Error('no step');
  it.gateway.handlers.explainAccess = () => ({
    principal: answer.principal,
    resource: 'orders-db',
    protocol: 'postgres',
    profiles: [{ name: 'write', access: step, actions: [step] }],
  });
  const listed = await it.cli('policy', 'list');
  expect(listed.stdout).toContain('readers');
  expect(listed.stdout).toContain('sql.read, access.request');
  expect((await it.cli('policy', 'list', '--resource', 'orders-db')).stdout).toContain(
    '    permit (principal, action, resource);',
  );
  const explained = await it.cli('policy', 'explain', '--resource', 'orders-db');
  expect(explained.stdout).toContain('Profile write\n  ○ access public.orders\n');
  expect((await it.cli('__complete', 'policy', '')).stdout).toMatch(/^test\t.*\nexplain\t/);
  expect((await it.cli('__complete', 'policy', 'test', '--sq')).stdout).toContain('--sql\t');
});
