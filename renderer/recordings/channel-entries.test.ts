import type { RecordingEvent, RecordingEventInput } from '@drawbridge/contract';
import { expect, it } from 'vitest';
import { cellText } from '../sql/rows/grid-rows.ts';
import { channelName, exitTitle, exitWords, fileWords } from './entry-words.ts';
import { screenAt, screenName } from './terminal/screen-words.ts';
import { TerminalOutput } from './terminal/terminal-output.ts';
import { Timeline } from './timeline.ts';
import { entryMatches, markOf } from './timeline-entry.ts';

function sessionOf(...events: (RecordingEventInput & { at?: number })[]) {
  const timeline = new Timeline();
  const output = new TerminalOutput();
  for (const [seq, event] of events.entries()) {
    const recorded = { at: seq * 10, ...event, seq } as RecordingEvent;
    timeline.add(recorded);
    output.add(recorded);
  }
  return { timeline, output };
}
const allowed = { actions: ['ssh.exec'], decision: 'allow' as const };
const bytes = { bytesIn: 10, bytesOut: 41_000 };
const session = sessionOf(
  {
    type: 'channel',
    channel: 1,
    kind: 'shell',
    terminal: { term: 'xterm', columns: 80, rows: 24 },
    ...allowed,
  },
  {
    type: 'channel',
    channel: 2,
    kind: 'exec',
    command: 'sudo reboot',
    actions: [],
    decision: 'deny',
    reason: 'no',
  },
  { type: 'exit', channel: 2, code: 126, ...bytes },
  { type: 'channel', channel: 3, kind: 'sftp', ...allowed },
  { type: 'file', channel: 3, operation: 'stat', path: '/srv', decision: 'allow' },
  { type: 'file', channel: 3, operation: 'write', path: '/srv/a', bytes: 5, decision: 'allow' },
  { type: 'file', channel: 3, operation: 'remove', path: '/etc/b', decision: 'deny', reason: 'not there' },
  { type: 'channel', channel: 4, kind: 'exec', command: 'make', ...allowed },
  { type: 'exit', channel: 4, code: 2, ...bytes },
  {
    type: 'channel',
    channel: 5,
    kind: 'forward',
    destination: { host: 'db', port: 5432 },
    direction: 'out',
    ...allowed,
  },
  { type: 'signal', channel: 1, signal: 'INT' },
  { type: 'exit', channel: 1, signal: 'HUP', ...bytes },
);
const { entries } = session.timeline;

it('makes a line of each thing that was done, wanted or ended', () => {
  expect(entries.map((entry) => [entry.kind, markOf(entry)])).toEqual([
    ['channel', 'command'],
    ['channel', 'refused'],
    ['channel', 'command'],
    ['file', 'file'],
    ['file', 'refused'],
    ['channel', 'command'],
    ['exit', 'error'],
    ['channel', 'command'],
    ['signal', 'note'],
    ['exit', 'error'],
  ]);
  expect(session.timeline.length).toBe(110);
});

it('says what it was', () => {
  const words = entries.flatMap((entry) => {
    if (entry.kind === 'channel') return [channelName(entry)];
    if (entry.kind === 'file') return [fileWords(entry)];
    if (entry.kind === 'exit')
      return [`${exitTitle(entry.exit, entry.of?.what)}: ${exitWords(entry.exit, entry.of?.what)}`];
    return [];
  });
  expect(words).toEqual([
    'Shell',
    'Command',
    'File transfer',
    'Wrote /srv/a',
    'Remove /etc/b',
    'Command',
    'Command failed: exit status 2, 41 kB out, 10 B in',
    'Connection to db:5432',
    'Shell failed: killed by SIGHUP, 41 kB out, 10 B in',
  ]);
});

it('is found by command, path, place and reason', () => {
  const found = (wanted: string) => entries.filter((entry) => entryMatches(entry, wanted, cellText)).length;
  expect([found('reboot'), found('/srv/a'), found('db:5432'), found('not there'), found('else')]).toEqual([
    1, 1, 1, 1, 0,
  ]);
});

it('has a screen for each shell and command that ran, and shows the one that is open', () => {
  const { screens } = session.output;
  expect(screens.map((screen) => screenName(screens, screen))).toEqual(['Shell', 'make']);
  expect(screenAt(screens, 5)?.channel).toBe(1);
  expect(screenAt(screens, 75)?.channel).toBe(4);
  // The command is over, the shell goes on.
  expect(screenAt(screens, 95)?.channel).toBe(1);
  // All is over: what was opened last.
  expect(screenAt(screens, 500)?.channel).toBe(4);
});
