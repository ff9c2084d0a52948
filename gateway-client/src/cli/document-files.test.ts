import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrawbridgeError } from '@drawbridge/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDocuments, relocate } from './document-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-documents-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const GOOD = `# resources
kind: Resource
name: orders-db
protocol: postgres
target: { host: db.internal, database: orders }
profiles:
  read:
    credential: { username: app_ro, password: { env: RO_PASSWORD } }
    allow: [sql.read]
    maxDuration: 1h
  write:
    credential:
      username: app_rw
      password: { file: rw.secret }
    allow: [sql.write]
---
kind: Policy
name: everybody
cedar: |
  permit (principal, action, resource)
    when { true };
`;

const load = (text: string, env: NodeJS.ProcessEnv = {}) =>
  loadDocuments(['-'], { env, readStdin: () => Promise.resolve(text) });

test('reads many documents and puts secrets in their place', async () => {
  const file = join(folder, 'resources.yaml');
  await writeFile(file, GOOD);
  await writeFile(join(folder, 'rw.secret'), 'hunter2\n');
  const documents = await loadDocuments([file], {
    env: { RO_PASSWORD: 's3cret' },
    readStdin: () => Promise.reject(new Error('not asked')),
  });
  expect(documents.map(({ value }) => [value.kind, value.name])).toEqual([
    ['Resource', 'orders-db'],
    ['Policy', 'everybody'],
  ]);
  expect(documents[0]?.value).toMatchObject({
    profiles: {
      read: { credential: { password: { value: 's3cret' } }, maxDuration: '1h' },
      write: { credential: { password: { value: 'hunter2' } } },
    },
  });
});

test('names every mistake with file and line, at once', async () => {
  const broken = GOOD.replace('host: db.internal', 'hots: db.internal')
    .replace('maxDuration: 1h', 'maxDuration: soon')
    .replace('name: everybody', 'nmae: everybody');
  const error = await load(broken).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    code: 'invalid_document',
    message: expect.stringContaining('nothing was applied'),
  });
  const issues = (error as DrawbridgeError).details.issues ?? [];
  expect(issues.map(({ path }) => path)).toEqual(expect.arrayContaining(['stdin:5', 'stdin:10', 'stdin:18']));
  expect(issues.find(({ path }) => path === 'stdin:10')?.message).toContain(
    'profiles.read.maxDuration: must be a duration',
  );
});

test('a secret that is not there is named with its line, never with a value', async () => {
  const error = await load(GOOD, {}).catch((caught: unknown) => caught);
  expect((error as DrawbridgeError).details.issues).toEqual([
    { path: 'stdin:8', message: 'the environment variable RO_PASSWORD is not set' },
    { path: 'stdin:14', message: "the file rw.secret can't be read (ENOENT)" },
  ]);
});

test.each([
  ['bad YAML', 'kind: [Resource', 'stdin:1'],
  ['a list', '- a\n- b\n', 'stdin:1'],
  ['nothing', '# only a comment\n', '-'],
])('refuses %s', async (_name, text, path) => {
  const error = await load(text).catch((caught: unknown) => caught);
  expect((error as DrawbridgeError).details.issues?.[0]?.path).toBe(path);
});

test('what the gateway finds wrong is shown at its line', async () => {
  const documents = await load(GOOD.replace('{ file: rw.secret }', '{ value: x }'), { RO_PASSWORD: 'x' });
  const issues = [
    { path: 'Policy/everybody.cedar:2', message: 'unknown action' },
    { path: 'Policy/everybody.cedar:2:10', message: 'unknown attribute' },
    { path: 'Resource/orders-db.profiles.read.maxDuration', message: 'too long' },
    { path: 'documents.0.profiles.write.allow.0', message: 'not here' },
    { path: 'somewhere', message: 'else' },
  ];
  expect(
    (relocate(new DrawbridgeError('invalid_document', 'x', { issues }), documents) as DrawbridgeError).details
      .issues,
  ).toEqual([
    { path: 'stdin:21', message: 'cedar: unknown action' },
    // The block's text stands two characters to the right.
    { path: 'stdin:21:12', message: 'cedar: unknown attribute' },
    { path: 'stdin:10', message: 'profiles.read.maxDuration: too long' },
    { path: 'stdin:15', message: 'profiles.write.allow.0: not here' },
    { path: 'somewhere', message: 'else' },
  ]);
});

test('a file that is not there is named', async () => {
  await expect(
    loadDocuments([join(folder, 'none.yaml')], { env: {}, readStdin: () => Promise.resolve('') }),
  ).rejects.toMatchObject({ code: 'file_unreadable' });
});
