import { expect, it } from 'vitest';
import { endsWhole } from './ends-whole.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

it.each([
  '',
  'plain',
  'a\x1b[31m',
  'a\x1b[31mred',
  '\x1b]0;title\x07',
  '\x1b]0;title\x1b\\',
  '\x1bPq~\x1b\\',
  '\x1b(B',
  '\x1bM',
  '\x1b7',
  'é and more',
])('can begin anew after %j', (text) => expect(endsWhole(bytes(text))).toBe(true));

it.each(['\x1b', 'a\x1b[', 'a\x1b[31', 'a\x1b[?1049', '\x1b]0;tit', '\x1bPq~', '\x1b(', '\x1b_G', 'é'])(
  'can not begin anew after %j',
  (text) => expect(endsWhole(bytes(text))).toBe(false),
);
