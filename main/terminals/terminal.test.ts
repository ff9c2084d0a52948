import { beforeEach, expect, test } from 'vitest';
import { AppError } from '../app-error.ts';
import { INTERNAL_FAILURE, ipcFailure } from '../ipc/ipc-failure.ts';
import { TERMINAL_CREDIT, TERMINAL_INPUT, type TerminalEvent } from '../ipc/terminal-port.ts';
import { manualClock } from '../test-support/manual-clock.ts';
import { Terminal, type TerminalPort } from './terminal.ts';
import type { ProcessEvents, TerminalProcess } from './terminal-process.ts';

const SIZE = { columns: 80, rows: 24 };

/** A program that does what the test says, and remembers what was done to it. */
class FakeProgram implements TerminalProcess {
  readonly environment = undefined;
  readonly foreground = undefined;
  readonly log: string[] = [];
  readonly events: ProcessEvents;
  constructor(events: ProcessEvents) {
    this.events = events;
  }
  write(data: Uint8Array): void {
    this.log.push(`write ${Buffer.from(data).toString()}`);
  }
  resize({ columns, rows }: { columns: number; rows: number }): void {
    this.log.push(`resize ${columns}x${rows}`);
  }
  pause(): void {
    this.log.push('pause');
  }
  resume(): void {
    this.log.push('resume');
  }
  end(): void {
    this.log.push('end');
  }
}

class FakePort implements TerminalPort {
  readonly events: TerminalEvent[] = [];
  open = true;
  #message: (message: unknown) => void = () => undefined;
  #close: () => void = () => undefined;
  send(event: TerminalEvent): void {
    this.events.push(event);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onClose(listener: () => void): void {
    this.#close = listener;
  }
  close(): void {
    this.open = false;
  }
  say(message: unknown): void {
    this.#message(message);
  }
  crash(): void {
    this.#close();
  }
  get text(): string {
    return this.events
      .map((event) =>
        event.type === 'output'
          ? Buffer.from(event.data).toString()
          : event.type === 'attached'
            ? Buffer.from(event.replay).toString()
            : '',
      )
      .join('');
  }
  get statuses(): string[] {
    return this.events.flatMap((event) => ('status' in event ? [event.status.status] : []));
  }
}

let programs: FakeProgram[];
let failing: Error | undefined;
let port: FakePort;
let terminal: Terminal;
const settled = () => new Promise((resolve) => setImmediate(resolve));
const program = () => {
  const last = programs.at(-1);
  if (last === undefined) throw new Error('nothing was started');
  return last;
};

beforeEach(async () => {
  programs = [];
  failing = undefined;
  port = new FakePort();
  terminal = new Terminal(
    {
      clock: manualClock(),
      failure: (error) => ipcFailure(error) ?? INTERNAL_FAILURE,
      soon: (task) => task(),
      start: async (_size, events) => {
        if (failing) throw failing;
        programs.push(new FakeProgram(events));
        return program();
      },
    },
    SIZE,
  );
  terminal.attach(port, SIZE);
  await settled();
});

test('hands what is typed to the program, and what it writes to the page', () => {
  port.say({ type: 'input', data: Buffer.from('ls\r') });
  port.say({ type: 'resize', columns: 100, rows: 30 });
  program().events.output(Buffer.from('one\r\n'));
  expect(program().log).toEqual(['resize 80x24', 'write ls\r', 'resize 100x30']);
  expect(port.text).toBe('one\r\n');
  expect(port.statuses).toEqual(['connecting', 'live']);
});

test('tells a page what changed while it was told how things stand', () => {
  const opening = new FakePort();
  const { send } = opening;
  opening.send = function (this: FakePort, event) {
    opening.send = send;
    program().events.ended({ status: 'exited', code: 1 });
    send.call(opening, event);
  };
  terminal.attach(opening, SIZE);
  expect(opening.events.every(({ type }) => type === 'attached')).toBe(true);
  expect(opening.statuses.at(-1)).toBe('exited');
  expect(opening.text).toContain('exited with status 1');
});

test('hears only what the schema lets through', () => {
  const before = [...program().log];
  for (const message of [
    undefined,
    'input',
    { type: 'input', data: 'text' },
    { type: 'input', data: new Uint8Array(TERMINAL_INPUT + 1) },
    { type: 'input', data: new Uint8Array(1), more: true },
    { type: 'resize', columns: 0, rows: 10 },
    { type: 'resize', columns: 1e9, rows: 10 },
    { type: 'ack', bytes: -1 },
    { type: 'exec', command: 'id' },
  ])
    port.say(message);
  expect(program().log).toEqual(before);
});

test('stops a flood until the page has shown it', () => {
  const flood = new Uint8Array(TERMINAL_CREDIT);
  program().events.output(flood);
  expect(program().log.at(-1)).toBe('pause');
  port.say({ type: 'ack', bytes: flood.length });
  expect(program().log.at(-1)).toBe('resume');
});

test('goes on without a page, and gives the next one what was written', () => {
  program().events.output(Buffer.from('before\r\n'));
  port.crash();
  program().events.output(Buffer.alloc(TERMINAL_CREDIT, 'x\n'));
  expect(program().log).not.toContain('pause');
  program().events.output(Buffer.from('after\r\n'));
  const next = new FakePort();
  terminal.attach(next, { columns: 90, rows: 24 });
  expect(next.text.endsWith('after\r\n')).toBe(true);
  expect(next.text.length).toBeLessThanOrEqual(256 * 1024);
  expect(next.statuses).toEqual(['live']);
  expect(program().log.at(-1)).toBe('resize 90x24');
});

test('hears a page no more when another took its place', () => {
  const next = new FakePort();
  terminal.attach(next, SIZE);
  port.say({ type: 'input', data: Buffer.from('x') });
  expect(port.open).toBe(false);
  expect(program().log).not.toContain('write x');
});

test('says how the program ended in the terminal, on a plain screen, and starts another one when told', async () => {
  program().events.ended({ status: 'lost', at: '2026-11-22T14:03:10.000Z' });
  expect(port.text).toContain('\x1b[?1047l');
  expect(port.text).toContain('— connection lost at 14:03 UTC —');
  expect(terminal.running).toBe(false);
  port.say({ type: 'connect' });
  await settled();
  expect(programs).toHaveLength(2);
  expect(port.text).toContain('— a new session, begun at 10:00 UTC —');
  expect(port.statuses).toEqual(['connecting', 'live', 'lost', 'connecting', 'live']);
});

test('writes reasons without what a terminal would take for a command', () => {
  program().events.ended({ status: 'ended', message: 'over\x1b]52;c;aGk=\x07\x9b31m\u202e' });
  const line = port.text.slice(port.text.indexOf('— '));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
  expect(line.replace('\x1b[0m\r\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test('says why it did not start, and tries again', async () => {
  program().events.ended({ status: 'exited', code: 1 });
  failing = new AppError('shell_failed', 'no way', 'Try again.');
  port.say({ type: 'connect' });
  await settled();
  expect(terminal.status).toEqual({
    status: 'refused',
    code: 'shell_failed',
    message: 'no way',
    hint: 'Try again.',
  });
  failing = undefined;
  port.say({ type: 'connect' });
  await settled();
  expect(terminal.status.status).toBe('live');
});

test('ends the program when the person does, and takes nothing from it any more', () => {
  port.say({ type: 'end' });
  expect(program().log.at(-1)).toBe('end');
  program().events.output(Buffer.from('late'));
  program().events.ended({ status: 'exited', code: 0 });
  expect(port.text).not.toContain('late');
  expect(terminal.status).toEqual({ status: 'closed' });
});

test('ends a program that starts after its terminal was closed', async () => {
  program().events.ended({ status: 'exited' });
  terminal.connect();
  terminal.close();
  await settled();
  expect(program().log).toEqual(['end']);
  expect(port.open).toBe(false);
});
