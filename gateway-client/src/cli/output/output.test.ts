import { afterEach, expect, test, vi } from 'vitest';
import { printable, printableJson, printableLines } from './printable.ts';
import { matchId, shortId } from './short-id.ts';
import { createStyle, wantsColor } from './style.ts';
import { fit, table } from './table.ts';
import { clockTime, offset, relativeTime, span } from './time.ts';

afterEach(() => vi.unstubAllEnvs());

test('columns align with wide characters, combining ones and emoji', () => {
  const lines = table(
    [{ title: 'NAME' }, { title: 'N', align: 'right' }, { title: 'END' }],
    [
      [{ text: '東京' }, { text: '7' }, { text: 'x' }],
      [{ text: 'Zoë' }, { text: '1234' }, { text: 'y' }],
      [{ text: '👩‍🚀 a' }, { text: '1' }, { text: '' }],
    ],
  );
  expect(lines).toEqual(['NAME     N  END', '東京     7  x', 'Zoë   1234  y', '👩‍🚀 a     1']);
});

test('a narrow terminal shortens the columns that may be shortened', () => {
  const rows = [[{ text: 'req_00000001' }, { text: 'a reason that goes on and on' }]];
  expect(table([{ title: 'ID' }, { title: 'REASON', shrinkTo: 8 }], rows, { width: 30 })).toEqual([
    'ID            REASON',
    'req_00000001  a reason that g…',
  ]);
  expect(fit('東京都', 4)).toBe('東…');
  expect(fit('abc', 3)).toBe('abc');
});

test('colour does not disturb the alignment', () => {
  const { good } = createStyle(true);
  const [line = ''] = table([{ title: '' }, { title: '' }], [[{ text: 'ab', paint: good }, { text: 'c' }]]);
  expect(line).toBe(`${good('ab')}  c`);
});

test.each([
  ['clears the screen \u001b[2J', 'clears the screen \\e[2J'],
  ['C1 \u009b31m', 'C1 \\u{9b}31m'],
  ['over\rwrite\u0008', 'over\\rwrite\\u{8}'],
  ['right \u202e to left', 'right \\u{202e} to left'],
  ['two\nlines', 'two\\nlines'],
  ['Zoë 東京 👍', 'Zoë 東京 👍'],
])('%j is shown safely', (text, shown) => expect(printable(text)).toBe(shown));

test('several lines stay several, each of them safe', () => {
  expect(printableLines('select 1\r\n\tfrom \u001b[31mt')).toEqual(['select 1', '    from \\e[31mt']);
});

test('JSON keeps its value and is safe on a terminal', () => {
  const value = { text: 'a\u009b31m\u202e\u2028\u001b\n' };
  const json = printableJson(value, 2);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).not.toMatch(/[\u009b\u202e\u2028]/);
});

test('times are told relative to now', () => {
  const now = Date.parse('2026-11-22T10:00:00.000Z');
  const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
  expect(relativeTime(at(42 * 60), now)).toBe('in 42 min');
  expect(relativeTime(at(-3 * 60), now)).toBe('3 min ago');
  expect(relativeTime(at(-5), now)).toBe('5 s ago');
  expect(relativeTime(at(90 * 60), now)).toBe('in 1 h 30 min');
  expect(relativeTime(at(-3 * 86_400), now)).toBe('3 d ago');
  expect(relativeTime(at(0), now)).toBe('now');
  expect(span(119_700)).toBe('2 min');
  expect(span(3_599_900)).toBe('1 h');
  expect(offset(3_723_004.7)).toBe('1:02:03.004');
  expect(offset(4211)).toBe('00:04.211');
});

test('clock time has the day where it is another', () => {
  vi.stubEnv('TZ', 'UTC');
  const now = Date.parse('2026-11-22T10:00:00.000Z');
  expect(clockTime('2026-11-22T15:42:00.000Z', now)).toMatch(/^\d\d:\d\d$/);
  expect(clockTime('2026-11-25T15:42:00.000Z', now)).toMatch(/^2026-11-2\d \d\d:\d\d$/);
});

test('colour is for terminals, and the environment decides before that', () => {
  expect(wantsColor({ isTTY: true }, {})).toBe(true);
  expect(wantsColor({}, {})).toBe(false);
  expect(wantsColor({ isTTY: true }, { NO_COLOR: '1' })).toBe(false);
  expect(wantsColor({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
  expect(wantsColor({}, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(true);
  expect(wantsColor({ isTTY: true }, { FORCE_COLOR: '0' })).toBe(false);
});

test('ids are shown short and found by what was shown', () => {
  const ids = [
    'req_01900000-0000-7000-8000-00000000abcd',
    'req_01900000-0000-7000-8000-00009f3a1c2b',
    'grt_01900000-0000-7000-8000-00009f3a1c2b',
  ];
  expect(shortId(ids[1] ?? '')).toBe('req_9f3a1c2b');
  expect(matchId('req_9f3a1c2b', ids)).toBe(ids[1]);
  expect(matchId('abcd', ids)).toBe(ids[0]);
  expect(matchId(ids[2] ?? '', ids)).toBe(ids[2]);
  expect(() => matchId('9f3a1c2b', ids)).toThrow(expect.objectContaining({ code: 'ambiguous_id' }));
  expect(() => matchId('req_0190', ids)).toThrow(expect.objectContaining({ code: 'ambiguous_id' }));
  expect(matchId('req_ffff', ids)).toBeUndefined();
  expect(matchId('ab', ids)).toBeUndefined();
});
