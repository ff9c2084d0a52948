import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IncludeLine } from './include-line.ts';

let folder: string;
let include: IncludeLine;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-include-'));
  include = new IncludeLine(join(folder, '.ssh', 'config'), '/home/a b/ssh/config');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const text = () => readFile(include.file, 'utf8');

test('makes the file where there is none, for its owner alone', async () => {
  expect(await include.present()).toBe(false);
  await include.add();
  expect(await text()).toBe('Include "/home/a b/ssh/config"\n');
  expect((await stat(include.file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(folder, '.ssh'))).mode & 0o777).toBe(0o700);
  expect(await include.present()).toBe(true);
});

test('goes before everything, once, and leaves again without a trace', async () => {
  const own = '# mine\n\nHost x\n  User y';
  await mkdir(join(folder, '.ssh'));
  await writeFile(include.file, own);
  await chmod(include.file, 0o644);
  await include.add();
  await include.add();
  expect(await text()).toBe(`Include "/home/a b/ssh/config"\n\n${own}`);
  expect((await stat(include.file)).mode & 0o777).toBe(0o644);
  expect(await include.remove()).toBe(true);
  expect(await text()).toBe(own);
  expect(await include.remove()).toBe(false);
});

test('a configuration that is a link stays one', async () => {
  await mkdir(join(folder, '.ssh'));
  await writeFile(join(folder, 'dotfile'), 'Host x\n');
  await symlink(join(folder, 'dotfile'), include.file);
  await include.add();
  expect(await readFile(join(folder, 'dotfile'), 'utf8')).toBe(`${include.line}\n\nHost x\n`);
});
