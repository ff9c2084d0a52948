import { expect, it } from 'vitest';
import { collectText } from './collect-text.ts';

function* three() {
  yield 'a';
  yield 'b';
  yield 'c';
}

it('joins what comes, giving way in between', async () => {
  let time = 0;
  expect(await collectText(three(), 10, () => (time += 8))).toBe('abc');
});

it('gives up on more than it may hold', async () => {
  expect(await collectText(three(), 2)).toBeUndefined();
});
