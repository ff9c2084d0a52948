import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBootstrapFiles } from './bootstrap-files.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-bootstrap-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const write = async (name: string, text: string) => {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
};
const RESOURCE = (password: string) =>
  `kind: Resource\nname: x\nprofiles:\n  read:\n    credential: { username: u, password: ${password} }\n`;
const passwordOf = (document: unknown) =>
  (document as { profiles: { read: { credential: { password: unknown } } } }).profiles.read.credential
    .password;

describe('readBootstrapFiles', () => {
  it('reads every document of every file, in order', async () => {
    const one = await write('one.yaml', 'kind: Policy\nname: a\n---\nkind: Policy\nname: b\n');
    const two = await write('two.yaml', '# nothing but a comment\n---\nkind: Policy\nname: c\n');
    expect(await readBootstrapFiles([one, two], {})).toEqual(
      ['a', 'b', 'c'].map((name) => ({ kind: 'Policy', name })),
    );
  });

  it('puts in passwords from the environment and from files beside the document', async () => {
    await write('password.txt', 'from-file\n');
    const env = await write('env.yaml', RESOURCE('{ env: PW }'));
    const file = await write('file.yaml', RESOURCE('{ file: password.txt }'));
    const documents = await readBootstrapFiles([env, file], { PW: 'from-env' });
    expect(documents.map(passwordOf)).toEqual([{ value: 'from-env' }, { value: 'from-file' }]);
  });

  it('puts in private keys as well', async () => {
    const file = await write('host.yaml', RESOURCE('x').replace('password: x', 'privateKey: { env: KEY }'));
    const [document] = await readBootstrapFiles([file], { KEY: 'from-env' });
    expect(document).toMatchObject({
      profiles: { read: { credential: { username: 'u', privateKey: { value: 'from-env' } } } },
    });
  });

  it('names everything that is missing, at once', async () => {
    const bad = await write(
      'bad.yaml',
      `${RESOURCE('{ env: MISSING }')}---\n${RESOURCE('{ file: missing.txt }')}---\na: [\n`,
    );
    const error = await readBootstrapFiles([bad, join(folder, 'none.yaml')], {}).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject({ code: 'invalid_document' });
    const { message } = error as Error;
    for (const part of ['MISSING', 'missing.txt', 'none.yaml', 'is not YAML'])
      expect(message).toContain(part);
  });
});
