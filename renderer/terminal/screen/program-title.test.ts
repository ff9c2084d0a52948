import { expect, it } from 'vitest';
import { programTitle } from './program-title.ts';

it('keeps a plain title', () => {
  expect(programTitle('vim déjà-vu.txt')).toBe('vim déjà-vu.txt');
});

it('takes out what could change how a tab reads', () => {
  expect(programTitle('a\x1b]52;c;aGk=\x07b\r\nc')).toBe('a ]52;c;aGk= b c');
  expect(programTitle('or\u202eved\u200bers\u2066-db\u{e0041}')).toBe('or ved ers -db');
  expect(programTitle(' \x00\u200f ')).toBe('');
});

it('cuts a long one, between characters', () => {
  expect(programTitle('x'.repeat(1000))).toBe(`${'x'.repeat(39)}…`);
  expect([...programTitle('🙂'.repeat(50))]).toHaveLength(40);
});
