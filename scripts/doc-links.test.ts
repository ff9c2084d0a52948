import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './root.ts';

/** Targets of links to files of this repository; addresses and anchors within a page are left out. */
const localLinks = (markdown: string) =>
  [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target.split('#')[0] ?? '')
    .filter((target) => target !== '' && !/^[a-z]+:/.test(target));

async function pages(): Promise<string[]> {
  const here = async (folder: string) =>
    (await readdir(join(root, folder)))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name));
  return [...(await here('.')), ...(await here('docs'))];
}

describe('the documentation', () => {
  it('links only to what is there', async () => {
    const dead: string[] = [];
    for (const page of await pages()) {
      for (const target of localLinks(await readFile(join(root, page), 'utf8'))) {
        if (!existsSync(join(root, dirname(page), target))) dead.push(`${page} -> ${target}`);
      }
    }
    expect(dead).toEqual([]);
  });
});
