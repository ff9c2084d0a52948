import { beforeEach, expect, test } from 'vitest';
import { TERMINAL_CREDIT } from '../ipc/terminal-port.ts';
import { OutputFlow } from './output-flow.ts';

let sent: Uint8Array[];
let log: string[];
let soon: (() => void)[];
let flow: OutputFlow;

beforeEach(() => {
  sent = [];
  log = [];
  soon = [];
  flow = new OutputFlow({
    send: (data) => sent.push(data),
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
    soon: (task) => soon.push(task),
  });
});
const turn = () => {
  for (const task of soon.splice(0)) task();
};

test('sends what comes in one turn as one message, in order', () => {
  flow.add(Buffer.from('one '));
  flow.add(Buffer.from('two'));
  expect(sent).toEqual([]);
  turn();
  flow.add(Buffer.from(' three'));
  turn();
  expect(sent.map((data) => Buffer.from(data).toString())).toEqual(['one two', ' three']);
});

test('has the program wait while more is under way than the page has shown', () => {
  const chunk = new Uint8Array(64 * 1024);
  for (let bytes = 0; bytes < TERMINAL_CREDIT; bytes += chunk.length) {
    expect(flow.paused).toBe(false);
    flow.add(chunk);
  }
  expect(log).toEqual(['pause']);
  flow.acknowledge(chunk.length);
  expect(log).toEqual(['pause']);
  flow.acknowledge(TERMINAL_CREDIT / 2);
  expect(log).toEqual(['pause', 'resume']);
});

test('counts what a page acknowledges that it never got as nothing', () => {
  flow.acknowledge(1_000_000_000);
  flow.add(new Uint8Array(TERMINAL_CREDIT));
  expect(flow.paused).toBe(true);
});

test('lets the program go on when the page is gone', () => {
  flow.add(new Uint8Array(TERMINAL_CREDIT));
  flow.reset();
  turn();
  expect(log).toEqual(['pause', 'resume']);
  flow.add(new Uint8Array(10));
  expect(flow.paused).toBe(false);
});
