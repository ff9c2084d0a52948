import { expect, test } from 'vitest';
import { Backlog } from './backlog.ts';

const text = (backlog: Backlog) => Buffer.from(backlog.bytes()).toString();

test('gives everything while it fits', () => {
  const backlog = new Backlog(100);
  backlog.add(Buffer.from('a prompt, '));
  backlog.add(Buffer.from('no newline'));
  expect(text(backlog)).toBe('a prompt, no newline');
});

test('keeps the last bytes, from the beginning of a line', () => {
  const backlog = new Backlog(20);
  for (let line = 0; line < 50; line += 1) backlog.add(Buffer.from(`line ${line} é\n`));
  expect(text(backlog)).toBe('line 49 é\n');
  backlog.add(Buffer.from(`${'x'.repeat(30)}\nend`));
  expect(text(backlog)).toBe('end');
});
