import { expect, test } from 'vitest';
import type { TunnelState } from '../ipc/app-state.ts';
import type { QuitQuestion } from '../ipc/contract.ts';
import { type QuitAnswer, QuitFlow } from './quit-flow.ts';
import { quitDialogText, quitQuestion, quitSummary } from './quit-question.ts';

const tunnel = (id: string, connections: number): TunnelState => ({
  id,
  resource: 'orders-db',
  profile: 'read',
  grantId: 'grt',
  host: '127.0.0.1',
  port: 54_321,
  user: 'u',
  database: 'd',
  connections,
  openedAt: '',
});
const resources = [{ name: 'orders-db', labels: { env: 'prod' } }];

test('names what quitting closes', () => {
  const question = quitQuestion({
    consoles: [
      { resource: 'orders-db', tunnel: 't1', activity: 'transaction' },
      { resource: 'orders-db', tunnel: 't1', activity: 'closed' },
    ],
    terminals: [
      { target: { kind: 'ssh', resource: 'orders-db', profile: 'shell' }, foreground: undefined },
      { target: { kind: 'shell' }, foreground: 'vim' },
    ],
    tunnels: [tunnel('t1', 1), tunnel('t2', 2), tunnel('t3', 0)],
    resources,
  });
  expect(question).toEqual({
    sessions: [
      { kind: 'console', resource: 'orders-db', production: true, note: 'A transaction is open' },
      { kind: 'terminal', resource: 'orders-db', production: true, note: 'A shell is open' },
      { kind: 'terminal', resource: undefined, production: false, note: 'vim is running' },
    ],
    tunnels: [
      { port: 54_321, note: '2 connections' },
      { port: 54_321, note: 'Not in use now' },
    ],
  });
  expect(quitSummary(question as QuitQuestion)).toBe('Closes 3 sessions and 2 tunnels');
  const { detail } = quitDialogText(question as QuitQuestion);
  expect(detail).toContain('orders-db (production): A transaction is open');
  expect(detail).toContain('Local shell: vim is running');
});

test('has nothing to ask where nothing is open', () => {
  expect(quitQuestion({ consoles: [], terminals: [], tunnels: [], resources })).toBeUndefined();
});

const question: QuitQuestion = { sessions: [], tunnels: [{ port: 1, note: '' }] };
function flow(parts: { question?: QuitQuestion | undefined; window?: boolean; answer?: QuitAnswer }) {
  const log: string[] = [];
  const subject = new QuitFlow({
    question: () => parts.question,
    askWindow: () => {
      if (parts.window) log.push('asked in the window');
      return parts.window ?? false;
    },
    askNative: async () => {
      log.push('asked natively');
      return parts.answer ?? 'cancel';
    },
    hideWindow: () => log.push('hidden'),
    shutDown: async () => void log.push('shut down'),
    exit: () => log.push(`exit ${subject.mayExit}`),
  });
  return { subject, log };
}

test('quits without a question where nothing is open', async () => {
  const { subject, log } = flow({ question: undefined });
  await subject.request();
  await subject.request();
  expect(log).toEqual(['shut down', 'exit true']);
});

test('asks in the window, and does what is answered', async () => {
  const { subject, log } = flow({ question, window: true });
  await subject.request();
  expect(subject.mayExit).toBe(false);
  await subject.answer('cancel');
  await subject.request();
  await subject.answer('tray');
  await subject.request();
  await subject.answer('quit');
  expect(log).toEqual([
    'asked in the window',
    'asked in the window',
    'hidden',
    'asked in the window',
    'shut down',
    'exit true',
  ]);
});

test('asks natively without a window, and when the window owes its answer', async () => {
  const without = flow({ question, answer: 'quit' });
  await without.subject.request();
  expect(without.log).toEqual(['asked natively', 'shut down', 'exit true']);
  const hanging = flow({ question, window: true, answer: 'cancel' });
  await hanging.subject.request();
  await hanging.subject.request();
  expect(hanging.log).toEqual(['asked in the window', 'asked natively']);
});

test('leaves without a question when the system shuts down', async () => {
  const { subject, log } = flow({ question, window: true });
  await subject.leave();
  expect(log).toEqual(['shut down', 'exit true']);
});
