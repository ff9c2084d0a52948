import { SerializeAddon } from '@xterm/addon-serialize';
import { Terminal } from '@xterm/headless';
import { expect, it } from 'vitest';
import { KEYFRAME_EVERY, Keyframes, type OffScreen } from './keyframes.ts';
import { type HiddenTerminal, offScreen } from './off-screen.ts';
import { ScreenReplay } from './screen-replay.ts';
import { piecesUntil, type RecordedScreen, TerminalOutput } from './terminal-output.ts';

const encoder = new TextEncoder();
const event = (type: string, at: number, more: object) => ({ seq: 0, at, type, ...more }) as never;

/** A shell whose output is given with its times. */
function shell(
  pieces: readonly (readonly [at: number, what: string | readonly [number, number]])[],
): RecordedScreen {
  const output = new TerminalOutput();
  const terminal = { term: 'xterm', columns: 40, rows: 10 };
  output.add(event('channel', 0, { channel: 1, kind: 'shell', terminal, actions: [], decision: 'allow' }));
  for (const [at, what] of pieces)
    if (typeof what === 'string')
      output.add(event('output', at, { channel: 1, stream: 'stdout' }), encoder.encode(what));
    else output.add(event('resize', at, { channel: 1, columns: what[0], rows: what[1] }));
  return output.screens[0] ?? expect.fail('There is no screen.');
}

function terminal() {
  const headless = new Terminal({ allowProposedApi: true, scrollback: 1000 });
  const addon = new SerializeAddon();
  // The addon's types are those of the terminal that shows itself; it needs nothing else of it.
  headless.loadAddon(addon as never);
  let written = 0;
  const hidden = offScreen(headless as unknown as HiddenTerminal, addon);
  const counted: OffScreen = {
    get cols() {
      return hidden.cols;
    },
    get rows() {
      return hidden.rows;
    },
    write: (data, done) => {
      written += data.length;
      hidden.write(data, done);
    },
    resize: hidden.resize,
    reset: hidden.reset,
    serialize: hidden.serialize,
    dispose: hidden.dispose,
  };
  const lines = () =>
    Array.from({ length: headless.rows }, (_, row) =>
      headless.buffer.active
        .getLine(headless.buffer.active.baseY + row)
        ?.translateToString(true)
        .trimEnd(),
    );
  const state = () => ({
    lines: lines(),
    cursor: [headless.buffer.active.cursorX, headless.buffer.active.cursorY],
    size: [headless.cols, headless.rows],
    buffer: headless.buffer.active.type,
  });
  return { offScreen: counted, state, lines, written: () => written };
}
const none = { before: () => undefined };

it('shows a screen as it was at any moment, in any order', async () => {
  const screen = shell([
    [0, '$ '],
    [100, 'l'],
    [200, 's\r\nfile\r\n$ '],
    [300, [60, 5]],
    [400, '\x1b[2J\x1b[Hclean'],
  ]);
  const { offScreen: shown, lines, state } = terminal();
  const replay = new ScreenReplay(shown, screen, none);
  const at = async (moment: number) => {
    await replay.show(moment);
    return lines().filter((line) => line !== '');
  };
  expect(await at(150)).toEqual(['$ l']);
  expect(await at(1_000)).toEqual(['clean']);
  expect(state().size).toEqual([60, 5]);
  expect(await at(250)).toEqual(['$ ls', 'file', '$']);
  expect(state().size).toEqual([40, 10]);
  expect(await at(-1)).toEqual([]);
});

it('turns to the moment that was asked for last', async () => {
  const screen = shell(Array.from({ length: 100 }, (_, index) => [index, `${index}\r\n`] as const));
  const { offScreen: shown, lines } = terminal();
  const replay = new ScreenReplay(shown, screen, none);
  await Promise.all([replay.show(99), replay.show(3), replay.show(50), replay.show(7)]);
  expect(lines()).toEqual([...['0', '1', '2', '3', '4', '5', '6', '7'], '', '']);
});

/** What full-screen programs do: another buffer, colours, places, a part that scrolls. */
function busyScreen(): RecordedScreen {
  const draw = (step: number) =>
    `${step % 3_000 === 0 ? '\x1b[?1049h\x1b[2;8r' : ''}\x1b[${(step % 8) + 1};${(step % 30) + 1}H\x1b[3${step % 8}mstep ${step}\x1b[0m\x1b[8;1H\n`;
  const filler = 'x'.repeat(60);
  return shell(
    Array.from({ length: 9_000 }, (_, index) => {
      const at = index * 100;
      if (index % 3_000 === 2_999) return [at, '\x1b[?1049l\x1b[r$ left the editor\r\n'] as const;
      if (index % 2_000 === 1_999) return [at, [50 + (index % 7), 12] as const] as const;
      if (index % 2_000 === 0 && index > 0) return [at, '\x1b[2;8r'] as const;
      return [at, `${draw(index)}\x1b[5;1H${filler}${filler}`] as const;
    }),
  );
}

it('comes by keyframes to what a replay from the start shows, and writes far less', async () => {
  const screen = busyScreen();
  const indexing = terminal();
  const keyframes = new Keyframes(screen, () => indexing.offScreen);
  await keyframes.advance();
  const seeking = terminal();
  const replay = new ScreenReplay(seeking.offScreen, screen, keyframes);
  for (const moment of [890_000, 120_050, 640_000, 299_950, 899_900]) {
    const before = seeking.written();
    await replay.show(moment);
    expect(seeking.written() - before).toBeLessThan(KEYFRAME_EVERY + 200_000);
    const whole = terminal();
    await new ScreenReplay(whole.offScreen, screen, none).show(moment);
    expect(seeking.state()).toEqual(whole.state());
  }
  keyframes.close();
}, 60_000);

it.each([
  ['on the screen it began with', '1\r\n2\r\n3\r\n4\r\n5\x1b[2;4r'],
  ['on another screen', '\x1b[?1049h\x1b[H1\r\n2\r\n3\r\n4\r\n5\x1b[2;4r'],
])('remembers which part of the screen scrolls: %s', async (_where, first) => {
  const filler = `\x1b[1;1H${'='.repeat(30)}`.repeat(50);
  const screen = shell([
    [0, first],
    ...Array.from({ length: 300 }, (_, index) => [index + 1, filler] as const),
    [1_000, '\x1b[4;1H\nscrolled'],
  ]);
  const indexing = terminal();
  const keyframes = new Keyframes(screen, () => indexing.offScreen);
  await keyframes.advance();
  expect(keyframes.before(300)).toBeDefined();
  const seeking = terminal();
  await new ScreenReplay(seeking.offScreen, screen, keyframes).show(1_000);
  expect(seeking.lines().slice(0, 5)).toEqual(['='.repeat(30), '3', '4', 'scrolled', '5']);
  const whole = terminal();
  await new ScreenReplay(whole.offScreen, screen, none).show(1_000);
  expect(seeking.state()).toEqual(whole.state());
});

it('takes no keyframe in the middle of a sequence', async () => {
  const half = 'x'.repeat(1_000);
  const screen = shell(
    Array.from({ length: 1_400 }, (_, index) => [
      index,
      index % 2 === 0 ? `${half}\x1b[3` : `1mred\x1b[0m\r\n`,
    ]),
  );
  const indexing = terminal();
  const keyframes = new Keyframes(screen, () => indexing.offScreen);
  await keyframes.advance();
  const frame = keyframes.before(1_400);
  expect(frame?.pieces).toBeGreaterThan(0);
  expect((frame?.pieces ?? 1) % 2).toBe(0);
  const seeking = terminal();
  await new ScreenReplay(seeking.offScreen, screen, keyframes).show(frame?.pieces ?? 0);
  expect(seeking.lines().join('\n')).not.toContain('1mred');
});

it('keeps no keyframes of what is short', async () => {
  const screen = shell([[0, 'short']]);
  const keyframes = new Keyframes(screen, () => expect.fail('It was replayed off the screen.'));
  await keyframes.advance();
  expect(keyframes.before(10)).toBeUndefined();
});

it('takes a size that is not known, or can not be, for one that can be shown', () => {
  const sizeOf = (columns: number, rows: number) => {
    const output = new TerminalOutput();
    const terminal = { term: 'xterm', columns, rows };
    output.add(event('channel', 0, { channel: 1, kind: 'shell', terminal, actions: [], decision: 'allow' }));
    return output.screens.map((screen) => [screen.columns, screen.rows]);
  };
  expect(sizeOf(0, 0)).toEqual([[100, 24]]);
  expect(sizeOf(1, 1)).toEqual([[2, 1]]);
  expect(sizeOf(4_000_000_000, 4_000_000_000)).toEqual([[500, 300]]);
});

it('holds no more than it may, and says how much is left out', () => {
  const output = new TerminalOutput(1_000);
  const channel = { channel: 1, kind: 'exec', command: 'yes', actions: [], decision: 'allow' };
  output.add(event('channel', 0, channel));
  for (let at = 0; at < 10; at++)
    output.add(event('output', at, { channel: 1, stream: 'stdout' }), new Uint8Array(300));
  const [screen] = output.screens;
  expect(screen).toMatchObject({ bytes: 600, omitted: 2_400, columns: 100, rows: 24, terminal: false });
  expect(screen && piecesUntil(screen.pieces, 0)).toBe(1);
});
