import type { RecordingEventInput, TimelineEvent } from '@drawbridge/contract';
import { expect, test } from 'vitest';
import { createStyle } from '../output/style.ts';
import { ChannelLines } from './channel-lines.ts';

type Step = RecordingEventInput & { readonly data?: string };

function told(steps: readonly Step[], rows = 10): string[] {
  const lines = new ChannelLines(createStyle(false), rows);
  return steps.flatMap((step, seq) => {
    const event = { ...step, seq, at: seq } as TimelineEvent;
    if (!('channel' in event) || event.type === 'message') throw new Error('This test is of channels.');
    return lines.event(event, '00:00');
  });
}

const shell: Step = { type: 'channel', channel: 1, kind: 'shell', actions: [], decision: 'allow' };
const typed = (data: string, more: Partial<Extract<Step, { type: 'input' }>> = {}): Step => ({
  type: 'input',
  channel: 1,
  data,
  ...more,
});
const exit: Step = { type: 'exit', channel: 1, code: 0, bytesIn: 1, bytesOut: 2_000_000 };
const last = ['00:00  #1 ✓ exit 0, 1 byte in, 2.0 MB out', ''];

test('what is typed and echoed is a line, also where the echo comes after its end', () => {
  expect(
    told([
      shell,
      typed('', { withheld: 2 }),
      typed('ls', { echoed: true }),
      typed('\r'),
      typed('', { withheld: 3 }),
      typed('\n'),
      typed('pwd', { echoed: true }),
      typed('\n'),
      exit,
    ]),
  ).toEqual(['00:00  #1 shell', '           typed ls', '           typed pwd', ...last]);
});

test('of a password only its length is told', () => {
  expect(
    told([shell, ...Array.from({ length: 8 }, () => typed('', { withheld: 1 })), typed('\r'), exit]),
  ).toEqual(['00:00  #1 shell', '           typed 8 bytes that were not shown, and are not kept', ...last]);
});

test('output of a command is shown as far as rows go, harmless, each stream by its own lines', () => {
  const output = (stream: 'stdout' | 'stderr', data: string): Step => ({
    type: 'output',
    channel: 1,
    stream,
    data,
  });
  expect(
    told(
      [
        { type: 'channel', channel: 1, kind: 'exec', command: 'make\nall', actions: [], decision: 'allow' },
        output('stdout', 'on'),
        output('stderr', 'warning\n'),
        output('stdout', 'e\u001b[2J\r\ntwo\nthree\n'),
        output('stdout', 'four'),
        exit,
      ],
      3,
    ),
  ).toEqual([
    '00:00  #1 $ make',
    '           all',
    '           warning',
    '           one\\e[2J',
    '           two',
    '           … and 2 more lines',
    ...last,
  ]);
});

test('files tell what was done to them, and what says nothing is left out unless it was refused', () => {
  const file = (operation: 'read' | 'stat' | 'link', more: object = {}): Step => ({
    type: 'file',
    channel: 1,
    operation,
    path: '/srv/a b',
    decision: 'allow',
    ...more,
  });
  expect(
    told([
      file('stat'),
      file('read', { bytes: 10 }),
      file('link', { to: '/srv/c' }),
      file('stat', { decision: 'deny', reason: 'not this one', policies: ['p'] }),
    ]),
  ).toEqual([
    '00:00  #1 read /srv/a b (10 bytes)',
    '00:00  #1 link /srv/a b to /srv/c',
    '00:00  #1 stat /srv/a b',
    '           ✗ refused: not this one (p)',
  ]);
});
