import { PassThrough } from 'node:stream';
import type { RecordingEventInput } from '@drawbridge/contract';
import { expect, test } from 'vitest';
import type { ClientClock } from '../../clock.ts';
import { type PlayOptions, playTerminal } from './play-terminal.ts';

type Step = readonly [at: number, event: RecordingEventInput, payload?: string];

const shell: Step = [
  0,
  {
    type: 'channel',
    channel: 1,
    kind: 'shell',
    terminal: { term: 'xterm', columns: 80, rows: 24 },
    actions: [],
    decision: 'allow',
  },
];
const output = (at: number, text: string, channel = 1): Step => [
  at,
  { type: 'output', channel, stream: 'stdout' },
  text,
];

async function* parts(steps: readonly Step[]) {
  for (const [seq, [at, event, payload = '']] of steps.entries())
    yield { kind: 'event', event: { ...event, seq, at }, payload: Buffer.from(payload) } as const;
}

/** A terminal with a keyboard. */
function terminal() {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (on: boolean) => raw.push(on),
  });
  const stdout = Object.assign(new PassThrough(), { isTTY: true });
  let written = '';
  stdout.on('data', (chunk: Buffer) => {
    written += chunk.toString('utf8');
  });
  return { stdin, stdout, raw, written: () => written };
}

function play(
  screen: ReturnType<typeof terminal>,
  clock: ClientClock,
  steps: readonly Step[],
  options: Partial<PlayOptions> = {},
) {
  return playTerminal({ stdin: screen.stdin as never, stdout: screen.stdout as never, clock }, parts(steps), {
    channel: 1,
    speed: 1,
    idleLimit: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
    ...options,
  });
}

/** Time that passes as it is slept. */
const quick = (slept: number[] = []): ClientClock => {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
  };
};

test('plays one channel in its time, filtered, and leaves the terminal as a shell wants it', async () => {
  const screen = terminal();
  const slept: number[] = [];
  const steps = [
    shell,
    output(500, '\u001b]0;evil\u0007\u001b[?1049hvim'),
    output(600, 'other', 2),
    output(1_000, '\u001b]52;c;AA', 1),
    output(1_500, 'AA\u0007done'),
    [2_000, { type: 'exit', channel: 1, code: 3, bytesIn: 0, bytesOut: 0 }],
  ] as const satisfies readonly Step[];
  expect(await play(screen, quick(slept), steps, { idleLimit: 400 })).toEqual({ kind: 'end', exit: 3 });
  expect(slept).toEqual([400, 400, 400, 400]);
  expect(screen.written().startsWith('\u001b[?1049hvimdone\u001b[?1049l')).toBe(true);
  expect(screen.written()).toContain('\u001b[?25h');
  expect(screen.raw).toEqual([true, false]);
});

test.each(['q', '\u0003'])('%j stops it', async (key) => {
  const screen = terminal();
  const clock: ClientClock = {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        screen.stdin.write(key);
      }),
  };
  expect(await play(screen, clock, [shell, output(5_000, 'never')])).toEqual({ kind: 'stopped' });
  expect(screen.written()).not.toContain('never');
  expect(screen.raw).toEqual([true, false]);
});

test('says where there is no such channel', async () => {
  expect(await play(terminal(), quick(), [shell], { channel: 4 })).toEqual({ kind: 'nothing' });
});
