import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  all,
  CARD,
  COLOUR,
  cuts,
  DOTS,
  masker,
  run,
  split,
  TOKEN,
} from '../../../../test/support/text-masking.ts';

describe('in a terminal', () => {
  const terminal = (...chunks: string[]) => run(chunks, all, true);

  test('a match is found with colours in it, and the colours stay', () => {
    expect(terminal('\x1b[31m4111\x1b[1m 1111\x1b[K 1111 11\x1b[0m11 ok')).toBe(
      `\x1b[31m${DOTS}\x1b[1m\x1b[K\x1b[0m ok`,
    );
  });

  test('numbers at different places of the screen are not one', () => {
    const text = '\x1b[5;1H4111 1111\x1b[6;1H1111 1111 ';
    expect(terminal(text)).toBe(text);
  });

  test('a move to the right is a blank', () => {
    expect(terminal('4111\x1b[C1111\x1b[C1111\x1b[C1111 ')).toBe(`${DOTS}\x1b[C\x1b[C\x1b[C `);
  });

  test('a line that readline wraps is one', () => {
    expect(terminal('$ echo 41111111 \r11111111\r\n')).toBe(`$ echo ${DOTS}\r\n`);
    expect(terminal('4111 \r\n1111 1111 1111')).toBe('4111 \r\n1111 1111 1111');
  });

  test('titles and links are text', () => {
    expect(terminal(`\x1b]0;bob@example.org\x07x`)).toBe(`\x1b]0;${DOTS}\x07x`);
  });

  test('what holds no match comes out as it went in, wherever it is cut', () => {
    const piece = fc.constantFrom(
      ...'ab .;[m\x1b\r\n\b',
      ' \r',
      '\x1b[3',
      '\x1b[1;31m',
      '\x1b[H',
      '\x1b]0;',
      '\x07',
      '12',
      'é',
    );
    const text = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.from(pieces.join('')));
    fc.assert(
      fc.property(text, cuts, fc.boolean(), (bytes, at, silent) => {
        const stream = masker(all, true);
        const out = split(bytes, at).flatMap((chunk) => [
          stream.push(chunk),
          ...(silent ? [stream.flush()] : []),
        ]);
        expect(Buffer.concat([...out, stream.flush()])).toEqual(bytes);
      }),
      { numRuns: 10000 },
    );
  });

  test('no secret comes out whole, whatever control sequences are around it and wherever it is cut', () => {
    const control = fc.constantFrom(
      ...['\x1b[m', '\x1b[1;31m', '\x1b[K', '\x1b[?25l', '\x1b(B', ' \r', '\x1b[H', '\r\n', ' ', '\b'],
    );
    const other = fc.constantFrom('a', '@', '-----BEGIN ', '-', `${TOKEN} `);
    const around = fc.array(fc.oneof(control, control, other), { maxLength: 8 });
    fc.assert(
      fc.property(around, around, cuts, (before, after, at) => {
        const bytes = Buffer.from([...before, '4111111111111111', ...after].join(''));
        const out = run(split(bytes, at), all, true);
        expect(out).not.toContain(TOKEN);
        expect(out).not.toContain('4111111111111111');
      }),
      { numRuns: 10000 },
    );
  });

  test('wherever it is cut, no more than the first letters of a match show', () => {
    const coloured = [...CARD].map((digit) => `\x1b[3${digit.trim() || 0}m${digit}`).join('');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 8, maxLength: 8 }), (sizes) => {
        const text = Buffer.from(`ab\r\n${coloured}\x1b[m\r\nalice@example.com$ `);
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < text.length; i += 1) {
          const size = sizes[i % sizes.length] ?? 1;
          chunks.push(text.subarray(at, at + size));
          at += size;
        }
        const shown = run(chunks, all, true).replaceAll(COLOUR, '');
        expect(shown).toMatch(/^ab\r\n(?:4|41|411)?••••••\r\n[alice]{0,5}••••••\$ $/);
      }),
    );
  });
});
