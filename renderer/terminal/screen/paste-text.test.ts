import { expect, it } from 'vitest';
import { lineCount, needsAsking, pasteable } from './paste-text.ts';

it('leaves lines and tabs, and nothing that a program could take for a key or the end of the paste', () => {
  expect(pasteable('a\tb\r\nc\rd\n')).toBe('a\tb\nc\nd\n');
  expect(pasteable('ls\x1b[201~\x03rm -rf ~\x9b201~\x7f')).toBe('ls[201~rm -rf ~201~');
  expect(pasteable('naïve 🙂')).toBe('naïve 🙂');
});

it('asks before several lines, and before a line that would run at once', () => {
  expect(needsAsking('ls -l')).toBe(false);
  expect(needsAsking('ls -l\n')).toBe(true);
  expect(lineCount('a\nb\nc')).toBe(3);
});
