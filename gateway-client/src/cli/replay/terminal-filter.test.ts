import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TerminalFilter } from './terminal-filter.ts';

const filtered = (text: string): string => new TerminalFilter().push(text);

describe('what draws passes', () => {
  test.each([
    'plain text, ünïcode 東京 🙂\r\n\ttabs\u0007\b',
    '\u001b[1;38;2;255;0;0mred\u001b[0m \u001b[38:5:12mblue\u001b[m',
    '\u001b[2J\u001b[H\u001b[10;20H\u001b[K\u001b[3A\u001b[5;20r\u001b[4h\u001b[4l',
    '\u001b[?1049h\u001b[?25l\u001b[?25h\u001b[?1049l\u001b[?7;25h',
    '\u001b7\u001b8\u001bD\u001bM\u001b=\u001b>\u001b(0lqqk\u001b(B',
    '\u001b[2 q\u001b[!p',
  ])('%j', (text) => {
    expect(filtered(text)).toBe(text);
  });
});

describe('what acts on the terminal or the computer does not', () => {
  test.each([
    ['the clipboard', '\u001b]52;c;cm0gLXJmIC8=\u0007'],
    ['the clipboard, ended by ST', '\u001b]52;c;cm0gLXJmIC8=\u001b\\'],
    ['the clipboard, in C1 controls', '\u009d52;c;cm0gLXJmIC8=\u009c'],
    ['the title', '\u001b]0;root@prod\u0007\u001b]1;x\u0007\u001b]2;x\u001b\\'],
    ['a link', '\u001b]8;;https://evil.example\u001b\\\u001b]8;;\u001b\\'],
    ['a device control string', '\u001bP$qm\u001b\\\u0090+q544e\u009c'],
    ['an application command', '\u001b_Gf=100;AAAA\u001b\\'],
    ['a privacy message', '\u001b^secret\u001b\\\u009esecret\u009c'],
    ['a start of string', '\u001bXabc\u001b\\'],
    ['who are you', '\u001b[c\u001b[>c\u001b[=c\u001bZ\u0005\u001b[>q'],
    ['where is the cursor', '\u001b[6n\u001b[5n\u001b[?6n'],
    ['the window', '\u001b[21t\u001b[8;500;500t\u001b[3;0;0t'],
    ['the printer', '\u001b[5i\u001b[?5i\u001b[4i'],
    ['the mouse and pasting', '\u001b[?1000h\u001b[?1003;1006h\u001b[?2004h\u001b[?1004h'],
    ['asking for modes', '\u001b[?25$p\u001b[?u\u001b[>4;2m'],
    ['another character set', '\u001b%@\u001bn\u001b|'],
    ['answerback and NUL', '\u0005\u0000\u007f'],
  ])('%s', (_what, text) => {
    expect(filtered(`a${text}b`)).toBe('ab');
  });

  test('of several modes those that draw are kept', () => {
    expect(filtered('\u001b[?1000;25;2004h')).toBe('\u001b[?25h');
  });

  test('a full reset leaves the person’s scrollback', () => {
    expect(filtered('\u001bc')).toBe('\u001b[!p\u001b[2J\u001b[H');
  });

  test('a sequence that is broken off ends where a terminal ends it, and none of it shows', () => {
    expect(filtered('\u001b]0;title\u001b[31mred')).toBe('\u001b[31mred');
    expect(filtered('\u001b[31\u0018red')).toBe('red');
    expect(filtered(`\u001b[${'1;'.repeat(500)}mred`)).toBe('red');
    expect(filtered('\u001b]52;c;never ended')).toBe('');
  });
});

const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      '\u001b',
      '\u001b[',
      '\u001b]',
      '\u001bP',
      '\u001b_',
      '\u009b',
      '\u009d',
      '\u0090',
      '\u009c',
    ),
    fc.constantFrom(
      '52;c;AA',
      '?1000h',
      '6n',
      '31m',
      '\u0007',
      '\u001b\\',
      '\u0018',
      '>',
      '$',
      'c',
      '%@',
      ';',
    ),
    fc.string({ unit: 'binary', maxLength: 5 }),
  ),
  { maxLength: 30 },
);

test('cut anywhere, it is the same', () => {
  fc.assert(
    fc.property(hostile, (pieces) => {
      const filter = new TerminalFilter();
      expect(pieces.map((piece) => filter.push(piece)).join('')).toBe(filtered(pieces.join('')));
    }),
  );
});

test('whatever comes, only sequences that draw go out, and filtering again changes nothing', () => {
  const drawing =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
    /\u001b(?:\[[\d;:]*[@-Z`abdefgmrsu]|\[4[hl]|\[\?[\d;]+[hl]|\[\?[0-3]?[JK]|\[!p|\[[0-6]? q|[78DEHM=>]|[()*+][0AB])/gu;
  fc.assert(
    fc.property(hostile, (pieces) => {
      const out = filtered(pieces.join(''));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
      expect(out.replaceAll(drawing, '')).not.toMatch(/[\u0000-\u0006\u0010-\u001f\u007f-\u009f]/u);
      expect(filtered(out)).toBe(out);
    }),
    { numRuns: 2_000 },
  );
});
