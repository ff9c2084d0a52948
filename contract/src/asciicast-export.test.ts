import { describe, expect, it } from 'vitest';
import { exportAsciicast, findTerminalChannel } from './asciicast-export.ts';
import { CommandReviewId } from './ids.ts';
import { type RecordingEventInput, RecordingHeader } from './recording.ts';
import type { ExportedPart } from './recording-export.ts';

const header = RecordingHeader.parse({
  version: 1,
  session: 'ses_01900000-0000-7000-8000-000000000001',
  grant: 'grt_01900000-0000-7000-8000-000000000001',
  gateway: 'gw_01900000-0000-7000-8000-000000000001',
  principal: {
    kind: 'user',
    id: 'usr_01900000-0000-7000-8000-000000000001',
    name: 'alice',
    displayName: 'Alice Moreau',
  },
  resource: 'build-box',
  profile: 'shell',
  protocol: 'ssh',
  reason: 'INC-4821',
  approvedBy: [],
  startedAt: '2026-11-22T10:00:00.000Z',
});

type Step = readonly [at: number, event: RecordingEventInput, payload?: string | Uint8Array];

async function* recording(...steps: readonly Step[]): AsyncGenerator<ExportedPart> {
  yield { kind: 'header', header };
  for (const [seq, [at, event, payload = '']] of steps.entries())
    yield {
      kind: 'event',
      event: { ...event, seq, at },
      payload: typeof payload === 'string' ? new TextEncoder().encode(payload) : payload,
    };
  yield { kind: 'manifest', jws: 'a.b.c' };
}

async function lines(steps: readonly Step[], channel = 1, version: 2 | 3 = 3): Promise<unknown[]> {
  let text = '';
  for await (const piece of exportAsciicast(recording(...steps), { channel, version })) text += piece;
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

const channel = (
  number: number,
  kind: 'shell' | 'exec' | 'sftp',
  more: Partial<Extract<RecordingEventInput, { type: 'channel' }>> = {},
): RecordingEventInput => ({
  type: 'channel',
  channel: number,
  kind,
  actions: [],
  decision: 'allow',
  ...more,
});
const shell = (number: number) =>
  channel(number, 'shell', { terminal: { term: 'xterm-256color', columns: 120, rows: 40 } });
const output = (number: number, stream: 'stdout' | 'stderr' = 'stdout'): RecordingEventInput => ({
  type: 'output',
  channel: number,
  stream,
});

describe('exportAsciicast', () => {
  const session: readonly Step[] = [
    [2000, shell(1)],
    [2100.5, output(1), '$ '],
    [2500, { type: 'input', channel: 1 }, 'ls\r'],
    [2500.25, output(1), 'ls\r\n'],
    [2600, output(2), 'another channel'],
    [3000, { type: 'resize', channel: 1, columns: 100, rows: 30 }],
    [3500, { type: 'input', channel: 1, withheld: 8 }],
    [4000, { type: 'exit', channel: 1, code: 3, bytesIn: 3, bytesOut: 6 }],
  ];

  it('writes version 3: a header, and each event with the time since the one before', async () => {
    expect(await lines(session)).toEqual([
      {
        version: 3,
        term: { cols: 120, rows: 40, type: 'xterm-256color' },
        timestamp: Date.parse('2026-11-22T10:00:02.000Z') / 1000,
        title: 'Alice Moreau on build-box (shell)',
      },
      [0.1005, 'o', '$ '],
      [0.3995, 'i', 'ls\r'],
      [0.00025, 'o', 'ls\r\n'],
      [0.49975, 'r', '100x30'],
      [1, 'x', '3'],
    ]);
  });

  it('writes version 2: times since the beginning, and no exit', async () => {
    expect(await lines(session, 1, 2)).toEqual([
      {
        version: 2,
        width: 120,
        height: 40,
        timestamp: Date.parse('2026-11-22T10:00:02.000Z') / 1000,
        title: 'Alice Moreau on build-box (shell)',
        env: { TERM: 'xterm-256color' },
      },
      [0.1005, 'o', '$ '],
      [0.5, 'i', 'ls\r'],
      [0.50025, 'o', 'ls\r\n'],
      [1, 'r', '100x30'],
    ]);
  });

  it('joins characters that were cut between two chunks, in each stream by itself', async () => {
    const bytes = new TextEncoder().encode('naïve 東');
    const cut = bytes.indexOf(0xc3) + 1;
    expect(
      await lines([
        [0, shell(1)],
        [1, output(1), bytes.subarray(0, cut)],
        [2, output(1, 'stderr'), 'between'],
        [3, output(1), bytes.subarray(cut, -1)],
        [4, output(1), bytes.subarray(-1)],
        [5, output(1), Uint8Array.of(0xe6)],
      ]).then((all) => all.slice(1)),
    ).toEqual([
      [0.001, 'o', 'na'],
      [0.001, 'o', 'between'],
      [0.001, 'o', 'ïve '],
      [0.001, 'o', '東'],
      [0, 'o', '\ufffd'],
    ]);
  });

  it('gives a command without a terminal a usual size, and the line ends that a terminal wants', async () => {
    const [head, ...events] = await lines([
      [0, channel(1, 'exec', { command: 'make' })],
      [0, output(1), 'a\nb\r\nc\r'],
      [0, output(1, 'stderr'), '\nd\n'],
      [0, { type: 'exit', channel: 1, signal: 'TERM', bytesIn: 0, bytesOut: 0 }],
    ]);
    expect(head).toMatchObject({ term: { cols: 80, rows: 24 }, command: 'make' });
    expect(events).toEqual([
      [0, 'o', 'a\r\nb\r\nc\r'],
      [0, 'o', '\nd\r\n'],
      [0, 'x', '143'],
    ]);
  });

  it('marks what was refused, on whatever channel', async () => {
    const denied = { decision: 'deny', reason: 'the profile shell allows no ssh.sftp.write' } as const;
    expect(
      await lines([
        [0, shell(1)],
        [5, channel(2, 'exec', { ...denied, command: 'rm -rf /', reason: 'never' })],
        [6, { type: 'file', channel: 3, operation: 'remove', path: '/etc/passwd', ...denied }],
      ]).then((all) => all.slice(1)),
    ).toEqual([
      [0.005, 'm', 'refused: rm -rf / (never)'],
      [0.001, 'm', 'refused: remove /etc/passwd (the profile shell allows no ssh.sftp.write)'],
    ]);
  });

  it('marks what was held and what people said, also before the channel began', async () => {
    const bob = {
      kind: 'user',
      id: 'usr_01900000-0000-7000-8000-000000000002',
      name: 'bob',
      displayName: 'Bob',
    };
    const by = RecordingHeader.shape.approvedBy.parse([bob]);
    const review = (end: string) => CommandReviewId.parse(`cmd_01900000-0000-7000-8000-00000000000${end}`);
    expect(
      await lines([
        [0, { type: 'review', review: review('1'), state: 'pending', text: 'a shell', groups: ['dba'] }],
        [4000, { type: 'review', review: review('1'), state: 'approved', by }],
        [4000, channel(1, 'shell', { review: review('1') })],
        [5000, { type: 'review', review: review('2'), state: 'pending', text: 'reboot' }],
        [6000, { type: 'review', review: review('2'), state: 'denied', by, reason: 'not today' }],
        [7000, { type: 'review', review: review('3'), state: 'pending', text: 'halt' }],
        [8000, { type: 'review', review: review('3'), state: 'approved', reason: 'fire', brokenGlass: true }],
        [9000, { type: 'review', review: review('4'), state: 'expired' }],
      ]).then((all) => all.slice(1)),
    ).toEqual([
      [0, 'm', 'approved by Bob: a shell'],
      [1, 'm', 'held: reboot'],
      [1, 'm', 'denied by Bob: reboot (not today)'],
      [1, 'm', 'held: halt'],
      [1, 'm', 'ran without approval: halt (fire)'],
      [1, 'm', 'expired'],
    ]);
  });

  it('marks masked output, once where much of it follows each other', async () => {
    const masked = (at: number): Step => [
      at,
      { type: 'output', channel: 1, stream: 'stdout', masked: 2 },
      '••••••',
    ];
    expect(
      await lines([[0, shell(1)], masked(10), masked(20), masked(1500)]).then((all) => all.slice(1)),
    ).toEqual([
      [0.01, 'o', '••••••'],
      [0, 'm', 'masked'],
      [0.01, 'o', '••••••'],
      [1.48, 'o', '••••••'],
      [0, 'm', 'masked'],
    ]);
  });

  it('is nothing where there is no such channel', async () => {
    expect(await lines(session, 7)).toEqual([]);
  });
});

describe('findTerminalChannel', () => {
  const find = (...steps: RecordingEventInput[]) =>
    findTerminalChannel(recording(...steps.map((event, i) => [i, event] as const)));

  it('prefers shells to commands, and what ran to what was refused', async () => {
    const pty = { terminal: { term: 'xterm', columns: 80, rows: 24 } };
    const refused = channel(1, 'shell', { decision: 'deny' });
    expect(await find(channel(1, 'exec'), channel(2, 'exec', pty), shell(3), shell(4))).toBe(3);
    expect(await find(channel(1, 'exec'), channel(2, 'exec', pty))).toBe(2);
    expect(await find(refused, channel(2, 'exec'))).toBe(2);
    expect(await find(refused)).toBe(1);
    expect(await find(channel(1, 'sftp'))).toBeUndefined();
  });
});
