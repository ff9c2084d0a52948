import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { validatePolicyFiles } from './policy-command.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-policies-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function validate(text: string) {
  const file = join(folder, 'policies.yaml');
  await writeFile(file, text);
  const { problems, policies } = await validatePolicyFiles([file]);
  return { problems: problems.map((problem) => problem.replace(`${file}:`, '')), policies };
}

test('counts the policies of all documents, and passes over other kinds', async () => {
  const twice = 'permit (principal, action, resource);\n  forbid (principal, action, resource);';
  expect(
    await validate(
      `kind: DataRule\nname: x\n---\nkind: Policy\nname: a\ncedar: |\n  ${twice}\n---\nkind: Policy\nname: b\ncedar: permit (principal, action, resource);\n`,
    ),
  ).toEqual({ problems: [], policies: 3 });
});

test('names line and column of the file, also within a block and on one line', async () => {
  const wrong = 'permit (principal, action == Action::"sql.raed", resource);';
  const { problems } = await validate(
    `# ours\nkind: Policy\nname: block\ncedar: |\n  // what engineers do\n  ${wrong}\n---\nkind: Policy\nname: line\ncedar: ${wrong}\n`,
  );
  const message = 'unrecognized action `Action::"sql.raed"`, did you mean Action::"sql.read"?';
  expect(problems).toEqual([`6:32: ${message}`, `10:37: ${message}`]);
});

test('names what is no document, and what is there twice', async () => {
  const policy = 'kind: Policy\nname: a\ncedar: permit (principal, action, resource);\n';
  expect((await validate(`${policy}---\n${policy}`)).problems).toEqual(['7:8: Policy/a is there twice']);
  expect((await validate('kind: Policy\nname: a\n')).problems).toEqual([
    expect.stringMatching(/^1:1: cedar: /),
  ]);
  expect((await validate('kind: [Policy\n')).problems).toEqual([expect.stringMatching(/^2:1: /)]);
});
