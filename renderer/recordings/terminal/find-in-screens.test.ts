import { describe, expect, it } from 'vitest';
import { findInScreens, MOST_FOUND } from './find-in-screens.ts';
import { PlainText } from './plain-text.ts';
import { TerminalOutput } from './terminal-output.ts';

const encoder = new TextEncoder();
const never = new AbortController().signal;
const event = (type: string, at: number, more: object) => ({ seq: 0, at, type, ...more }) as never;

function screensOf(...written: readonly (readonly [channel: number, at: number, text: string])[]) {
  const output = new TerminalOutput();
  for (const channel of new Set(written.map(([channel]) => channel)))
    output.add(event('channel', 0, { channel, kind: 'exec', command: 'x', actions: [], decision: 'allow' }));
  for (const [channel, at, text] of written)
    output.add(event('output', at, { channel, stream: 'stdout' }), encoder.encode(text));
  return output.screens;
}

describe('looking for text', () => {
  it('finds the moment at which it was whole, over pieces, colours and letters’ case', async () => {
    const screens = screensOf(
      [1, 10, 'ab \x1b[3'],
      [1, 20, '1mERR'],
      [1, 30, 'or\x1b[0m: no'],
      [1, 40, ' space'],
    );
    expect(await findInScreens(screens, 'error', never)).toEqual([{ channel: 1, at: 30 }]);
    expect(await findInScreens(screens, 'no SPACE', never)).toEqual([{ channel: 1, at: 40 }]);
    expect(await findInScreens(screens, '31m', never)).toEqual([]);
  });

  it('finds what was cleared and scrolled away, in order of time over all screens', async () => {
    const screens = screensOf([1, 10, 'needle\x1b[2J'], [2, 5, 'a needle'], [1, 90, 'needle needle']);
    expect(await findInScreens(screens, 'needle', never)).toEqual([
      { channel: 2, at: 5 },
      { channel: 1, at: 10 },
      { channel: 1, at: 90 },
      { channel: 1, at: 90 },
    ]);
  });

  it('finds each once where matches could overlap, and none twice over two pieces', async () => {
    const screens = screensOf([1, 1, 'aaa'], [1, 2, 'aaa']);
    expect(await findInScreens(screens, 'aa', never)).toEqual([
      { channel: 1, at: 1 },
      { channel: 1, at: 2 },
      { channel: 1, at: 2 },
    ]);
  });

  it('tells no more than can be looked at, and nothing for nothing', async () => {
    const screens = screensOf([1, 1, 'x'.repeat(5_000)]);
    expect(await findInScreens(screens, 'x', never)).toHaveLength(MOST_FOUND);
    expect(await findInScreens(screens, '', never)).toEqual([]);
  });

  it('stops when nobody waits for it any more', async () => {
    const big = 'y'.repeat(1_100_000);
    const screens = screensOf([1, 1, big], [1, 2, `${big}needle`]);
    const ending = new AbortController();
    const looking = findInScreens(screens, 'needle', ending.signal);
    ending.abort();
    expect(await looking).toEqual([]);
  });
});

describe('the plain text of output', () => {
  it('leaves out every kind of escape sequence, however they are cut', () => {
    const text =
      'a\x1b[1;31mb\x1b]0;title\x07c\x1b]8;;https://x\x1b\\d\x1bPq~\x1b\\e\x1b(Bf\x1b=g\u009b2Jh\x1b_G\x1b\\i\r\n\tj\bk';
    const bytes = encoder.encode(text);
    const whole = new PlainText();
    expect(whole.push(bytes)).toBe('abcdefghi\n jk');
    const pieces = new PlainText();
    expect([...bytes].map((byte) => pieces.push(new Uint8Array([byte]))).join('')).toBe('abcdefghi\n jk');
  });

  it('keeps letters that take several bytes', () => {
    const plain = new PlainText();
    const bytes = encoder.encode('größer 😀');
    expect([...bytes].map((byte) => plain.push(new Uint8Array([byte]))).join('')).toBe('größer 😀');
  });
});
